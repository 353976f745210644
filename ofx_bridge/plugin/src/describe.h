// What the plug-in says of an effect before there is an instance.
#pragma once

#include <ofxpp/effect.h>

#include <string>

#include "resources.h"

namespace reelmend::plugin {

void describe(const EffectDefinition& definition, const ofxpp::Effect& effect);
void describe_in_context(const EffectDefinition& definition, const ofxpp::Effect& effect, const std::string& context);

}  // namespace reelmend::plugin
