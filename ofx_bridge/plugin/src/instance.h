// What the plug-in keeps for an instance of an effect.
#pragma once

#include <ofxpp/effect.h>

#include <atomic>

#include "sequence_memory.h"

namespace reelmend::plugin {

struct Instance {
    SequenceMemory memory;
    std::atomic<bool> shows_error{false};  // a persistent message stands on the effect
};

// Null when the host never created the instance, or keeps no data for it: then nothing is remembered.
Instance* instance_of(const ofxpp::Effect& effect);

void create_instance(const ofxpp::Effect& effect);
void destroy_instance(const ofxpp::Effect& effect);

}  // namespace reelmend::plugin
