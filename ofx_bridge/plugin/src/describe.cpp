#include "describe.h"

#include <ofx/ofxGPURender.h>

#include "params.h"

namespace reelmend::plugin {

namespace {

void define_clip(const ofxpp::Effect& effect, const char* name) {
    const auto properties = effect.define_clip(name);
    properties.set(kOfxImageEffectPropSupportedComponents, kOfxImageComponentRGBA, 0);
    properties.set(kOfxImageEffectPropSupportedComponents, kOfxImageComponentRGB, 1);
    properties.set(kOfxImageEffectPropSupportedComponents, kOfxImageComponentAlpha, 2);  // passes through
    properties.offer(kOfxImageEffectPropSupportsTiles, 0);
    properties.offer(kOfxImageEffectPropTemporalClipAccess, 1);
    // Whole frames, both fields: half a picture would get another name, and another flicker.
    properties.offer(kOfxImageClipPropFieldExtraction, kOfxImageFieldBoth);
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
}

void describe_in_context(const EffectDefinition& definition, const ofxpp::Effect& effect) {
    define_clip(effect, kOfxImageEffectSimpleSourceClipName);
    define_clip(effect, kOfxImageEffectOutputClipName);
    define_parameters(definition, effect.params());
}

}  // namespace reelmend::plugin
