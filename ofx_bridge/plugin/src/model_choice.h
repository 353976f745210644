// Which model renders: a project keeps its id in a text, and the menu is only the text's face.
#pragma once

#include <ofxpp/effect.h>

#include <string>

#include "resources.h"

namespace reelmend::plugin {

// The id in the text, or what the menu shows while there is none. Effects without a choice have the model of their
// panel. Empty: the engine decides.
std::string chosen_model(const EffectDefinition& definition, const ofxpp::ParamSet& params);

// Before a render: of a model that the panel lacks the engine is asked, once, how far it sees and what it takes.
// Throws.
void learn_model(const EffectDefinition& definition, const ofxpp::Effect& effect);

}  // namespace reelmend::plugin
