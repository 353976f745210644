// What a frame depends on, in time and space: answers without an engine.
#pragma once

#include <ofxpp/effect.h>

#include "resources.h"

namespace reelmend::plugin {

// Each answers the action's status.
OfxStatus get_clip_preferences(const EffectDefinition& definition, const ofxpp::Effect& effect,
                               const ofxpp::PropertySet& out_args);
OfxStatus get_frames_needed(const EffectDefinition& definition, const ofxpp::Effect& effect,
                            const ofxpp::PropertySet& in_args, const ofxpp::PropertySet& out_args);
OfxStatus get_region_of_definition(const ofxpp::Effect& effect, const ofxpp::PropertySet& in_args,
                                   const ofxpp::PropertySet& out_args);
OfxStatus get_regions_of_interest(const EffectDefinition& definition, const ofxpp::Effect& effect,
                                  const ofxpp::PropertySet& in_args, const ofxpp::PropertySet& out_args);
OfxStatus is_identity(const EffectDefinition& definition, const ofxpp::Effect& effect,
                      const ofxpp::PropertySet& in_args, const ofxpp::PropertySet& out_args);

}  // namespace reelmend::plugin
