// The optional input clips of one plane: where an effect works, and what is broken.
#pragma once

#include <ofxpp/effect.h>

#include <vector>

#include "resources.h"

namespace reelmend::plugin {

struct MaskClip {
    const MaskInput& input;
    size_t index;  // in kMaskInputs
    ofxpp::Clip clip;
};

// Those of the instance's mask clips among `wanted` that are connected. None where the effect has no such clip, the
// host has no room for it, or says that nothing is connected. Where it says that something is, there may be no picture
// all the same.
std::vector<MaskClip> find_masks(const EffectDefinition& definition, const ofxpp::Effect& effect,
                                 const MaskSet& wanted);

}  // namespace reelmend::plugin
