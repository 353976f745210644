#include "mask_clip.h"

namespace reelmend::plugin {

std::optional<ofxpp::Clip> find_mask(const EffectDefinition& definition, const ofxpp::Effect& effect) {
    if (!definition.has_mask) return std::nullopt;
    // Only there was it defined. MLT hands out clips of any name.
    const auto context = effect.properties().find_string(kOfxImageEffectPropContext).value_or("");
    if (context != kOfxImageEffectContextGeneral) return std::nullopt;
    auto mask = effect.find_clip(kMaskClip);
    if (!mask || mask->properties().find_int(kOfxImageClipPropConnected).value_or(1) == 0) return std::nullopt;
    return mask;
}

}  // namespace reelmend::plugin
