#include "describe.h"

#include <ofx/ofxGPURender.h>

#include "params.h"

namespace reelmend::plugin {

namespace {

ofxpp::PropertySet define_clip(const ofxpp::Effect& effect, const char* name,
                               std::initializer_list<const char*> components) {
    const auto properties = effect.define_clip(name);
    int index = 0;
    for (const char* component : components) properties.set(kOfxImageEffectPropSupportedComponents, component, index++);
    properties.offer(kOfxImageEffectPropSupportsTiles, 0);
    properties.offer(kOfxImageEffectPropTemporalClipAccess, 1);
    // Whole frames, both fields: half a picture would get another name, and another flicker.
    properties.offer(kOfxImageClipPropFieldExtraction, kOfxImageFieldBoth);
    return properties;
}

void define_mask(const ofxpp::Effect& effect, const MaskInput& input) {
    const auto mask =
        define_clip(effect, input.clip, {kOfxImageComponentAlpha, kOfxImageComponentRGBA, kOfxImageComponentRGB});
    mask.offer(kOfxImageClipPropOptional, 1);
    mask.offer(kOfxImageClipPropIsMask, 1);
}

}  // namespace

void describe(const EffectDefinition& definition, const ofxpp::Effect& effect) {
    const auto properties = effect.properties();
    for (const char* name : {kOfxPropLabel, kOfxPropShortLabel, kOfxPropLongLabel})
        properties.offer(name, definition.label.c_str());
    properties.offer(kOfxImageEffectPluginPropGrouping, definition.grouping.c_str());
    properties.offer(kOfxPropPluginDescription, definition.description.c_str());
    properties.offer(kOfxPropVersion, static_cast<int>(definition.version_major), 0);
    properties.offer(kOfxPropVersion, static_cast<int>(definition.version_minor), 1);
    properties.set(kOfxImageEffectPropSupportedContexts, kOfxImageEffectContextFilter, 0);
    properties.set(kOfxImageEffectPropSupportedContexts, kOfxImageEffectContextGeneral, 1);
    const char* const depths[] = {kOfxBitDepthFloat, kOfxBitDepthHalf, kOfxBitDepthShort, kOfxBitDepthByte};
    for (int i = 0; i < 4; ++i) properties.set(kOfxImageEffectPropSupportedPixelDepths, depths[i], i);
    properties.offer(kOfxImageEffectPluginRenderThreadSafety, kOfxImageEffectRenderFullySafe);
    properties.offer(kOfxImageEffectPluginPropHostFrameThreading, 0);
    properties.offer(kOfxImageEffectPluginPropSingleInstance, 0);
    properties.offer(kOfxImageEffectPropSupportsTiles, 0);
    properties.offer(kOfxImageEffectPropSupportsMultiResolution, 1);
    properties.offer(kOfxImageEffectPropSupportsMultipleClipDepths, 0);
    properties.offer(kOfxImageEffectPropSupportsMultipleClipPARs, 0);
    properties.offer(kOfxImageEffectPropTemporalClipAccess, 1);
    properties.offer(kOfxImageEffectPluginPropFieldRenderTwiceAlways, 0);
    properties.offer(kOfxImageEffectInstancePropSequentialRender, 2);
    properties.offer(kOfxImageEffectPropCPURenderSupported, "true");
    if (const auto* alpha = definition.find(Role::alpha_output); alpha != nullptr)
        properties.offer(kOfxImageEffectPropClipPreferencesSlaveParam, alpha->name.c_str());
}

void describe_in_context(const EffectDefinition& definition, const ofxpp::Effect& effect, const std::string& context) {
    for (const char* name : {kOfxImageEffectSimpleSourceClipName, kOfxImageEffectOutputClipName})
        // Alpha alone passes through.
        define_clip(effect, name, {kOfxImageComponentRGBA, kOfxImageComponentRGB, kOfxImageComponentAlpha});
    // A filter has one input, says the standard.
    if (context == kOfxImageEffectContextGeneral)
        for (size_t i = 0; i < kMaskInputs.size(); ++i)
            if (definition.masks[i]) define_mask(effect, kMaskInputs[i]);
    define_parameters(definition, effect.params());
}

}  // namespace reelmend::plugin
