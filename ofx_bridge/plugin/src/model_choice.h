// Which model renders: a project keeps its id in a text, and the menu is only the text's face.
#pragma once

#include <ofxpp/effect.h>

#include <string>

#include "resources.h"

namespace reelmend::plugin {

// The id in the text, or what the menu shows while there is none. Effects without a choice have the model of their
// panel. Empty: the engine decides.
std::string chosen_model(const EffectDefinition& definition, const ofxpp::ParamSet& params);

}  // namespace reelmend::plugin
