// Plug-ins that no host should die of: one crashes when described, one when rendering, one never returns, one throws,
// one refuses every frame.
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include "ofx/ofxImageEffect.h"
#include "ofx/ofxMessage.h"
#include "ofx/ofxProperty.h"

namespace {

const OfxHost* the_host = nullptr;

void setHost(OfxHost* host) {
    the_host = host;
}

template <class Suite>
const Suite* suite(const char* name) {
    return static_cast<const Suite*>(the_host->fetchSuite(the_host->host, name, 1));
}

OfxStatus describe(OfxImageEffectHandle effect) {
    const auto* properties = suite<OfxPropertySuiteV1>(kOfxPropertySuite);
    const auto* effects = suite<OfxImageEffectSuiteV1>(kOfxImageEffectSuite);
    OfxPropertySetHandle props = nullptr;
    effects->getPropertySet(effect, &props);
    properties->propSetString(props, kOfxPropLabel, 0, "Broken");
    properties->propSetString(props, kOfxImageEffectPluginPropGrouping, 0, "Reelmend Tests");
    properties->propSetString(props, kOfxImageEffectPropSupportedContexts, 0, kOfxImageEffectContextFilter);
    properties->propSetString(props, kOfxImageEffectPropSupportedPixelDepths, 0, kOfxBitDepthFloat);
    return kOfxStatOK;
}

OfxStatus describeInContext(OfxImageEffectHandle effect) {
    const auto* properties = suite<OfxPropertySuiteV1>(kOfxPropertySuite);
    const auto* effects = suite<OfxImageEffectSuiteV1>(kOfxImageEffectSuite);
    for (const char* name : {kOfxImageEffectSimpleSourceClipName, kOfxImageEffectOutputClipName}) {
        OfxPropertySetHandle props = nullptr;
        effects->clipDefine(effect, name, &props);
        properties->propSetString(props, kOfxImageEffectPropSupportedComponents, 0, kOfxImageComponentRGBA);
    }
    return kOfxStatOK;
}

OfxStatus fail(OfxImageEffectHandle effect) {
    suite<OfxMessageSuiteV1>(kOfxMessageSuite)->message(effect, kOfxMessageError, "refused", "not in %s", "here");
    return kOfxStatFailed;
}

enum class Fault { CrashInDescribe, CrashInRender, HangInRender, ThrowInRender, ExitInCreate, FailInRender };

template <Fault fault>
OfxStatus entry(const char* name, const void* handle, OfxPropertySetHandle, OfxPropertySetHandle) {
    const std::string action = name;
    auto* effect = static_cast<OfxImageEffectHandle>(const_cast<void*>(handle));
    if (action == kOfxActionDescribe) {
        if (fault == Fault::CrashInDescribe) std::abort();
        return describe(effect);
    }
    if (action == kOfxImageEffectActionDescribeInContext) return describeInContext(effect);
    if (action == kOfxActionCreateInstance) {
        if (fault == Fault::ExitInCreate) std::_Exit(7);
        return kOfxStatOK;
    }
    if (action == kOfxImageEffectActionRender) {
        volatile int* nowhere = nullptr;
        if (fault == Fault::CrashInRender) *nowhere = 1;
        while (fault == Fault::HangInRender) std::this_thread::sleep_for(std::chrono::seconds(1));
        if (fault == Fault::ThrowInRender) throw std::runtime_error("across the border");
        if (fault == Fault::FailInRender) return fail(effect);
    }
    return kOfxStatReplyDefault;
}

OfxPlugin plugins[] = {
    {kOfxImageEffectPluginApi, 1, "org.reelmend.test.CrashInDescribe", 1, 0, setHost, entry<Fault::CrashInDescribe>},
    {kOfxImageEffectPluginApi, 1, "org.reelmend.test.CrashInRender", 1, 0, setHost, entry<Fault::CrashInRender>},
    {kOfxImageEffectPluginApi, 1, "org.reelmend.test.HangInRender", 1, 0, setHost, entry<Fault::HangInRender>},
    {kOfxImageEffectPluginApi, 1, "org.reelmend.test.ThrowInRender", 1, 0, setHost, entry<Fault::ThrowInRender>},
    {kOfxImageEffectPluginApi, 1, "org.reelmend.test.ExitInCreate", 1, 0, setHost, entry<Fault::ExitInCreate>},
    {kOfxImageEffectPluginApi, 1, "org.reelmend.test.FailInRender", 1, 0, setHost, entry<Fault::FailInRender>},
};

}  // namespace

extern "C" {
OfxExport int OfxGetNumberOfPlugins(void) {
    return 6;
}
OfxExport OfxPlugin* OfxGetPlugin(int nth) {
    return nth >= 0 && nth < 6 ? &plugins[nth] : nullptr;
}
}
