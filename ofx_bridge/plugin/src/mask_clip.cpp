#include "mask_clip.h"

namespace reelmend::plugin {

std::vector<MaskClip> find_masks(const EffectDefinition& definition, const ofxpp::Effect& effect,
                                 const MaskSet& wanted) {
    std::vector<MaskClip> found;
    // Only there were they defined. MLT hands out clips of any name.
    const auto context = effect.properties().find_string(kOfxImageEffectPropContext).value_or("");
    if (context != kOfxImageEffectContextGeneral) return found;
    for (size_t i = 0; i < kMaskInputs.size(); ++i) {
        if (!definition.masks[i] || !wanted[i]) continue;
        auto clip = effect.find_clip(kMaskInputs[i].clip);
        if (clip && clip->properties().find_int(kOfxImageClipPropConnected).value_or(1) != 0)
            found.push_back({kMaskInputs[i], i, std::move(*clip)});
    }
    return found;
}

}  // namespace reelmend::plugin
