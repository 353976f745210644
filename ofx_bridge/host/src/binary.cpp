#include "binary.h"

#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "action.h"
#include "action_statuses.h"
#include "contains.h"
#include "library_file.h"

namespace ofxhost {

namespace {

using GetNumberOfPlugins = int (*)();
using GetPlugin = OfxPlugin* (*)(int);
using SetHost = OfxStatus (*)(const OfxHost*);

// A plug-in keeps one host pointer per file, so a file can be open once only.
std::mutex open_files_mutex;
std::set<std::string> open_files;

void claim(const std::string& path) {
    std::lock_guard lock(open_files_mutex);
    if (!open_files.insert(path).second) {
        throw LoadError("'" + path + "' is already loaded in this process; close that bundle first");
    }
}

void disclaim(const std::string& path) {
    std::lock_guard lock(open_files_mutex);
    open_files.erase(path);
}

}  // namespace

Plugin::Plugin(Binary& binary, OfxPlugin& table) : binary_(binary), table_(table) {}

Listener* Plugin::listener() const {
    return binary_.listener();
}

OfxStatus Plugin::call(Action& action, const void* handle, PropertySet* in, PropertySet* out) const {
    if (action.listener == nullptr) action.listener = binary_.listener();
    action.temper = &binary_.host().options().temper;
    action.strings = &binary_.strings();
    if (in != nullptr) in->setKind("in arguments", Access::ReadOnly);
    if (out != nullptr) out->setKind("out arguments");
    const ActionScope scope(&action);
    const auto begin = std::chrono::steady_clock::now();
    OfxStatus status = kOfxStatFailed;
    try {
        status = table_.mainEntry(action.name.c_str(), handle, in ? in->ofx() : nullptr, out ? out->ofx() : nullptr);
    } catch (const std::exception& error) {
        report(Severity::Error, "exception",
               action.name + " threw an exception across the interface, which ends most hosts: " + error.what());
    } catch (...) {
        report(Severity::Error, "exception",
               action.name + " threw an exception across the interface, which ends most hosts");
    }
    if (action.listener != nullptr && action.listener->answered) {
        const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
        action.listener->answered(action.name, handle, status, spent.count());
    }
    checkAnswer(action, status);
    return status;
}

void Plugin::checkAnswer(const Action& action, OfxStatus status) const {
    const Temper& temper = *action.temper;
    if (temper.strict) {
        const std::string defect = statusDefect(action.name, status);
        if (!defect.empty()) report(Severity::Error, "status", defect);
    }
    if (!temper.watchesStrings()) return;
    static const std::set<std::string> looks = {kOfxActionCreateInstance, kOfxActionDestroyInstance,
                                                kOfxImageEffectActionRender, kOfxActionUnload};
    if (looks.count(action.name) == 0) return;
    for (const auto& where : action.strings->changed()) {
        report(temper.watch_strings ? Severity::Error : Severity::Warning, "string-lifetime",
               "the string given for " + where + " did not live on; hosts that keep the pointer read garbage");
    }
}

void Plugin::load() {
    if (loaded_) return;
    Action action;
    action.name = kOfxActionLoad;
    action.listener = binary_.listener();
    action.temper = &binary_.host().options().temper;
    {
        const ActionScope scope(&action);
        table_.setHost(binary_.host().ofxHost());
    }
    const OfxStatus status = call(action, nullptr, nullptr, nullptr);
    if (!accepted(status)) throw StatusError(status, "plug-in '" + identifier() + "' refused the Load action");
    loaded_ = true;
}

EffectDescriptor& Plugin::describe() {
    std::lock_guard lock(mutex_);
    if (general_) return *general_;
    load();
    auto descriptor = std::make_unique<EffectDescriptor>(identifier(), binary_.bundlePath(), binary_.listener());
    Action action;
    action.name = kOfxActionDescribe;
    const OfxStatus status = call(action, descriptor->ofx(), nullptr, nullptr);
    if (!accepted(status)) throw StatusError(status, "plug-in '" + identifier() + "' failed to describe itself");
    general_ = std::move(descriptor);
    return *general_;
}

EffectDescriptor& Plugin::describeInContext(const std::string& context) {
    std::lock_guard lock(mutex_);
    auto& kept = contexts_[context];
    if (kept) return *kept;
    const auto supported = describe().props.getTexts(kOfxImageEffectPropSupportedContexts);
    if (!contains(supported, context)) {
        std::string listed;
        for (const auto& name : supported) listed += (listed.empty() ? "" : ", ") + name;
        throw StatusError(kOfxStatErrUnsupported,
                          "plug-in '" + identifier() + "' does not support " + context + "; it supports " + listed);
    }
    const auto& offered = binary_.host().options().contexts;
    if (!contains(offered, context)) {
        throw StatusError(kOfxStatErrUnsupported, "this host does not offer " + context);
    }
    auto descriptor = std::make_unique<EffectDescriptor>(*general_, context);
    PropertySet in;
    in.defineText(kOfxImageEffectPropContext, {context});
    Action action;
    action.name = kOfxImageEffectActionDescribeInContext;
    const OfxStatus status = call(action, descriptor->ofx(), &in, nullptr);
    if (!accepted(status)) {
        throw StatusError(status, "plug-in '" + identifier() + "' failed to describe itself in " + context);
    }
    descriptor->checkComplete();
    kept = std::move(descriptor);
    return *kept;
}

std::string Plugin::threadSafety() {
    return describe().props.getText(kOfxImageEffectPluginRenderThreadSafety);
}

void Plugin::unload() {
    std::lock_guard lock(mutex_);
    contexts_.clear();
    general_.reset();
    if (!loaded_) return;
    loaded_ = false;
    Action action;
    action.name = kOfxActionUnload;
    call(action, nullptr, nullptr, nullptr);
}

Binary::Binary(const std::string& file_path, const std::string& bundle_path, const HostOptions& options,
               std::shared_ptr<Listener> listener)
    : file_path_(file_path), bundle_path_(bundle_path), host_(options), listener_(std::move(listener)) {
    claim(file_path_);
    try {
        open();
        readPlugins();
    } catch (...) {
        if (library_ != nullptr) dlclose(library_);
        disclaim(file_path_);
        throw;
    }
}

Binary::~Binary() {
    for (const auto& plugin : plugins_) plugin->unload();
    plugins_.clear();
    dlclose(library_);
    disclaim(file_path_);
}

void Binary::open() {
    const std::string defect = libraryDefect(file_path_);
    if (!defect.empty()) throw LoadError("cannot load '" + file_path_ + "': " + defect);
    library_ = dlopen(file_path_.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library_ == nullptr) throw LoadError("cannot load '" + file_path_ + "': " + dlerror());
}

void* Binary::symbol(const char* name) const {
    return dlsym(library_, name);
}

void Binary::readPlugins() {
    const auto count = reinterpret_cast<GetNumberOfPlugins>(symbol("OfxGetNumberOfPlugins"));
    const auto get = reinterpret_cast<GetPlugin>(symbol("OfxGetPlugin"));
    if (count == nullptr || get == nullptr) {
        throw LoadError("'" + file_path_ +
                        "' is no OpenFX plug-in: it does not export OfxGetNumberOfPlugins and OfxGetPlugin");
    }
    const auto set_host = reinterpret_cast<SetHost>(symbol("OfxSetHost"));
    if (set_host != nullptr && host_.options().temper.set_host_export) {
        const OfxStatus status = set_host(host_.ofxHost());
        if (!accepted(status)) throw LoadError("'" + file_path_ + "' refused this host in OfxSetHost");
    }
    const int plugin_count = count();
    for (int i = 0; i < plugin_count; ++i) {
        OfxPlugin* table = get(i);
        if (table == nullptr || table->mainEntry == nullptr || table->setHost == nullptr) continue;
        // Files may also hold plug-ins of other interfaces; they are none of this host's business.
        if (std::string(table->pluginApi) != kOfxImageEffectPluginApi) continue;
        if (table->apiVersion != kOfxImageEffectPluginApiVersion) continue;
        plugins_.push_back(std::make_shared<Plugin>(*this, *table));
    }
    if (plugins_.empty()) throw LoadError("'" + file_path_ + "' holds no image effect plug-in");
}

bool isResident(const std::string& file_path) {
    void* library = dlopen(file_path.c_str(), RTLD_NOW | RTLD_NOLOAD | RTLD_LOCAL);
    if (library == nullptr) return false;
    dlclose(library);
    return true;
}

}  // namespace ofxhost
