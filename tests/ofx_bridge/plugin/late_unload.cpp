// Loads the plug-in named on the command line and unloads it from an exit handler that was set before it came, as hosts
// do from the destructors of static objects. Exits with 0 when the plug-in is whole until then.
#include <dlfcn.h>
#include <ofx/ofxImageEffect.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

OfxPlugin* plugin = nullptr;
std::string* identifier = nullptr;

const void* fetch_suite(OfxPropertySetHandle, const char* name, int version) {
    static const OfxPropertySuiteV1 property{};
    static const OfxImageEffectSuiteV1 effect{};
    static const OfxParameterSuiteV1 parameter{};
    if (version != 1) return nullptr;
    if (std::strcmp(name, kOfxPropertySuite) == 0) return &property;
    if (std::strcmp(name, kOfxImageEffectSuite) == 0) return &effect;
    if (std::strcmp(name, kOfxParameterSuite) == 0) return &parameter;
    return nullptr;
}

void unload() {
    const bool whole = plugin != nullptr && *identifier == plugin->pluginIdentifier;
    const bool unloaded = whole && plugin->mainEntry(kOfxActionUnload, nullptr, nullptr, nullptr) == kOfxStatOK;
    if (!whole) std::fputs("the plug-in's strings are gone\n", stderr);
    if (whole && !unloaded) std::fputs("Unload failed\n", stderr);
    if (!unloaded) _exit(1);
}

}  // namespace

int main(int count, char** arguments) {
    std::atexit(unload);
    void* library = count == 2 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : nullptr;
    if (library == nullptr) {
        std::fprintf(stderr, "usage: late_unload PLUGIN (%s)\n", count == 2 ? dlerror() : "one argument");
        return 1;
    }
    const auto get = reinterpret_cast<OfxPlugin* (*)(int)>(dlsym(library, "OfxGetPlugin"));
    plugin = get(0);
    identifier = new std::string(plugin->pluginIdentifier);
    static OfxHost host{reinterpret_cast<OfxPropertySetHandle>(&host), fetch_suite};
    plugin->setHost(&host);
    return plugin->mainEntry(kOfxActionLoad, nullptr, nullptr, nullptr) == kOfxStatOK ? 0 : 1;
}
