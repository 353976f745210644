#include "effect.h"
#include "ofx/ofxColour.h"
#include "ofx/ofxGPURender.h"

namespace ofxhost {

EffectDescriptor::EffectDescriptor(const std::string& identifier, const std::string& file_path, Listener* listener)
    : Effect(listener) {
    props.setKind("effect descriptor");
    props.defineText(kOfxPropType, {kOfxTypeImageEffect});
    props.defineText(kOfxPropLabel, {identifier});
    props.defineText(kOfxPropShortLabel, {identifier});
    props.defineText(kOfxPropLongLabel, {identifier});
    props.defineIntN(kOfxPropVersion, {0});
    props.defineText(kOfxPropVersionLabel);
    props.defineText(kOfxPropIcon, {"", ""});
    props.defineText(kOfxPropPluginDescription);
    props.defineTextN(kOfxImageEffectPropSupportedContexts);
    props.defineText(kOfxImageEffectPluginPropGrouping);
    props.defineInt(kOfxImageEffectPluginPropSingleInstance);
    props.defineText(kOfxImageEffectPluginRenderThreadSafety, {kOfxImageEffectRenderInstanceSafe});
    props.defineInt(kOfxImageEffectPluginPropHostFrameThreading, {1});
    props.definePointer(kOfxImageEffectPluginPropOverlayInteractV1);
    props.definePointer(kOfxImageEffectPluginPropOverlayInteractV2);
    props.defineInt(kOfxImageEffectPropSupportsMultiResolution, {1});
    props.defineInt(kOfxImageEffectPropSupportsTiles, {1});
    props.defineInt(kOfxImageEffectPropTemporalClipAccess);
    props.defineTextN(kOfxImageEffectPropSupportedPixelDepths);
    props.defineInt(kOfxImageEffectPluginPropFieldRenderTwiceAlways, {1});
    props.defineInt(kOfxImageEffectPropSupportsMultipleClipDepths);
    props.defineInt(kOfxImageEffectPropSupportsMultipleClipPARs);
    props.defineTextN(kOfxImageEffectPropClipPreferencesSlaveParam);
    props.defineInt(kOfxImageEffectInstancePropSequentialRender);
    props.defineInt(kOfxImageEffectPluginPropObsolete);
    props.defineText(kOfxImageEffectPropCPURenderSupported, {"true"});
    props.defineText(kOfxImageEffectPropNoSpatialAwareness, {"false"});
    props.defineText(kOfxImageEffectPropOpenGLRenderSupported, {"false"});
    props.defineText(kOfxImageEffectPropCudaRenderSupported, {"false"});
    props.defineText(kOfxImageEffectPropCudaStreamSupported, {"false"});
    props.defineText(kOfxImageEffectPropMetalRenderSupported, {"false"});
    props.defineText(kOfxImageEffectPropOpenCLRenderSupported, {"false"});
    props.defineText(kOfxImageEffectPropOpenCLSupported, {"false"});
    props.defineText(kOfxImageEffectPropColourManagementStyle, {kOfxImageEffectColourManagementNone});
    props.defineTextN(kOfxImageEffectPropColourManagementAvailableConfigs);
    props.defineText(kOfxPluginPropFilePath, {file_path});
}

EffectDescriptor::EffectDescriptor(const EffectDescriptor& general, const std::string& context)
    : Effect(general.props, general.listener()), context_(context) {
    props.defineText(kOfxImageEffectPropContext, {context});
}

ClipDescriptor& EffectDescriptor::defineClip(const std::string& name) {
    if (context_.empty()) throw StatusError(kOfxStatErrBadHandle, "clips are defined in DescribeInContext only");
    if (name.empty()) throw StatusError(kOfxStatErrValue, "a clip needs a name");
    if (findClip(name) != nullptr) throw StatusError(kOfxStatErrExists, "clip already defined: " + name);
    return clips_.emplace_back(name);
}

const ClipDescriptor* EffectDescriptor::findClip(const std::string& name) const {
    for (const auto& clip : clips_) {
        if (clip.name == name) return &clip;
    }
    return nullptr;
}

void EffectDescriptor::checkComplete() const {
    const auto require = [&](const char* clip) {
        if (findClip(clip) != nullptr) return;
        throw StatusError(kOfxStatFailed,
                          "DescribeInContext defined no clip '" + std::string(clip) + "' for " + context_);
    };
    const auto requireParam = [&](const char* param) {
        const Param* found = params_.find(param);
        if (found != nullptr && std::string(found->type().name) == kOfxParamTypeDouble) return;
        throw StatusError(kOfxStatFailed,
                          "DescribeInContext defined no double '" + std::string(param) + "' for " + context_);
    };
    require(kOfxImageEffectOutputClipName);
    if (context_ == kOfxImageEffectContextFilter || context_ == kOfxImageEffectContextRetimer) {
        require(kOfxImageEffectSimpleSourceClipName);
    }
    if (context_ == kOfxImageEffectContextRetimer) requireParam(kOfxImageEffectRetimerParamName);
    if (context_ == kOfxImageEffectContextTransition) {
        require(kOfxImageEffectTransitionSourceFromClipName);
        require(kOfxImageEffectTransitionSourceToClipName);
        requireParam(kOfxImageEffectTransitionParamName);
    }
}

}  // namespace ofxhost
