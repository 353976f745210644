// The optional input clip that says where an effect works.
#pragma once

#include <ofxpp/effect.h>

#include <optional>

#include "resources.h"

namespace reelmend::plugin {

// The instance's mask clip, or nothing: the effect has none, the host has no room for it, or says that nothing is
// connected. Where it says that something is, there may be no picture all the same.
std::optional<ofxpp::Clip> find_mask(const EffectDefinition& definition, const ofxpp::Effect& effect);

}  // namespace reelmend::plugin
