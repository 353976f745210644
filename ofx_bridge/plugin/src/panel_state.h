// Keeps an instance's panel in step with itself: presets, the model's menu, what can be used, old projects, the status.
// Everything here sets parameters, which OpenFX allows while an instance is created or changed and when it is synced.
#pragma once

#include <ofxpp/effect.h>

#include <string>

#include "resources.h"

namespace reelmend::plugin {

struct Instance;

// Once the instance is there: brings values that an older panel stored up to date, writes the model's id down, and
// shows the preset that the values are of.
void open_panel(const EffectDefinition& definition, const ofxpp::Effect& effect);

// The user changed a parameter, or pressed it.
void panel_edited(const EffectDefinition& definition, const ofxpp::Effect& effect, const std::string& parameter);

// The host is about to store the parameters.
void sync_panel(const EffectDefinition& definition, const ofxpp::Effect& effect);

// Whether this thread is setting parameters right now: changes that it hears of are its own.
bool is_setting_panel();

}  // namespace reelmend::plugin
