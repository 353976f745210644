// The button Test connection.
#pragma once

#include <ofxpp/effect.h>

#include "params.h"

namespace reelmend::plugin {

// Asks the engine who it is and which models it has, starting one where none answers, and tells the user in a message:
// within kTestTakes, and two seconds for the models. What it said is remembered for the status lines.
void test_connection(const EffectDefinition& definition, const ofxpp::Effect& effect, const Settings& settings);

constexpr std::chrono::milliseconds kTestTakes{8000};

}  // namespace reelmend::plugin
