// The three functions that a host finds in the binary, and the effects behind them.
#include <ofx/ofxImageEffect.h>
#include <ofxpp/guard.h>

#include <array>
#include <deque>
#include <utility>
#include <vector>

#include "actions.h"
#include "engine_pool.h"
#include "lasting.h"

namespace reelmend::plugin {

namespace {

// Each effect needs an entry function of its own: the host doesn't say which effect it means.
constexpr size_t kMostEffects = 16;

// Shown in a host's list when the bundle can't say what it holds; its Describe then says why.
constexpr const char* kFallbackIdentifier = "org.reelmend.Deflicker";

class Bundle {
  public:
    Bundle() {
        const OfxStatus status =
            ofxpp::guarded([&] { return read(), kOfxStatOK; }, [&](const char* reason) { break_down(reason); });
        if (status == kOfxStatOK && effects_.empty()) break_down("the bundle holds no effect");
        for (size_t i = 0; i < effects_.size(); ++i) plugins_.push_back(plugin(i));
    }

    std::vector<OfxPlugin>& plugins() { return plugins_; }
    std::deque<BundledEffect>& effects() { return effects_; }

  private:
    void read();
    void break_down(const std::string& reason) {
        effects_.clear();
        BundledEffect& broken = effects_.emplace_back();
        broken.definition.identifier = kFallbackIdentifier;
        broken.definition.label = "Reelmend";
        broken.defect = reason;
    }
    OfxPlugin plugin(size_t index);

    std::deque<BundledEffect> effects_;  // a deque: they don't move
    std::vector<OfxPlugin> plugins_;
};

// Read when first asked for: once a process, and never from a connection.
Lasting<Bundle> the_bundle;
Bundle& bundle() {
    return the_bundle.get();
}

// 102: before the C++ runtime goes (runtime.cpp). A host that exits without having unloaded may still be rendering.
__attribute__((destructor(102))) void drop_bundle() {
    if (!EnginePool::shared().in_use()) the_bundle.destroy();
}

template <size_t Index>
void set_host(OfxHost* host) {
    ofxpp::guarded([&] { return bundle().effects()[Index].host.set(host), kOfxStatOK; }, [](const char*) {});
}

template <size_t Index>
OfxStatus main_entry(const char* action, const void* handle, OfxPropertySetHandle in_args,
                     OfxPropertySetHandle out_args) {
    return perform(bundle().effects()[Index], action, handle, in_args, out_args);
}

struct Entry {
    void (*set_host)(OfxHost*);
    OfxPluginEntryPoint* main_entry;
};

template <size_t... Index>
constexpr std::array<Entry, sizeof...(Index)> entries(std::index_sequence<Index...>) {
    return {Entry{set_host<Index>, main_entry<Index>}...};
}

void Bundle::read() {
    const auto file = resources_folder() / "effects.json";
    const auto text = read_text(file);
    if (!text)
        throw ofxpp::Error(kOfxStatFailed,
                           file.string() + " is missing; put the bundle back with 'reelmend ofx install'");
    auto definitions = parse_effects(*text, file.string());
    if (definitions.size() > kMostEffects)
        throw ofxpp::Error(kOfxStatFailed, file.string() + " lists more than 16 effects");
    for (auto& definition : definitions) effects_.emplace_back().definition = std::move(definition);
}

OfxPlugin Bundle::plugin(size_t index) {
    static constexpr auto kEntries = entries(std::make_index_sequence<kMostEffects>());
    const EffectDefinition& definition = effects_[index].definition;
    OfxPlugin plugin{};
    plugin.pluginApi = kOfxImageEffectPluginApi;
    plugin.apiVersion = kOfxImageEffectPluginApiVersion;
    plugin.pluginIdentifier = definition.identifier.c_str();
    plugin.pluginVersionMajor = definition.version_major;
    plugin.pluginVersionMinor = definition.version_minor;
    plugin.setHost = kEntries[index].set_host;
    plugin.mainEntry = kEntries[index].main_entry;
    return plugin;
}

// The bundle, or null when there is no memory for it.
Bundle* bundle_or_null() {
    Bundle* found = nullptr;
    ofxpp::guarded([&] { return found = &bundle(), kOfxStatOK; }, [](const char*) {});
    return found;
}

}  // namespace

}  // namespace reelmend::plugin

using reelmend::plugin::bundle_or_null;

int OfxGetNumberOfPlugins() {
    auto* bundle = bundle_or_null();
    return bundle == nullptr ? 0 : static_cast<int>(bundle->plugins().size());
}

OfxPlugin* OfxGetPlugin(int nth) {
    auto* bundle = bundle_or_null();
    if (bundle == nullptr || nth < 0 || nth >= static_cast<int>(bundle->plugins().size())) return nullptr;
    return &bundle->plugins()[static_cast<size_t>(nth)];
}

// Hosts that know this call make it first, and may then leave out setHost.
OfxStatus OfxSetHost(const OfxHost* host) {
    auto* bundle = bundle_or_null();
    if (bundle == nullptr || host == nullptr) return kOfxStatFailed;
    for (auto& effect : bundle->effects()) effect.host.set(host);
    return kOfxStatOK;
}
