// The Render action with the words that it leaves in the host.
#pragma once

#include <ofxpp/effect.h>

#include "resources.h"

namespace reelmend::plugin {

OfxStatus render_action(const EffectDefinition& definition, const ofxpp::Effect& effect,
                        const ofxpp::PropertySet& in_args);

// Takes words away that stand on the effect in the host.
void clear_standing_words(const ofxpp::Effect& effect);

}  // namespace reelmend::plugin
