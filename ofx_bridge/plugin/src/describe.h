// What the plug-in says of an effect before there is an instance.
#pragma once

#include <ofxpp/effect.h>

#include "resources.h"

namespace reelmend::plugin {

void describe(const EffectDefinition& definition, const ofxpp::Effect& effect);
void describe_in_context(const EffectDefinition& definition, const ofxpp::Effect& effect);

}  // namespace reelmend::plugin
