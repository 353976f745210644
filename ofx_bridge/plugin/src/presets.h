// Presets: sets of values by name, shared with the command line.
#pragma once

#include <ofxpp/effect.h>

#include <string>

#include "resources.h"

namespace reelmend::plugin {

// Sets every parameter that presets cover: to the preset's value, or to the model's default where it names none.
// `model` may be null: then the panel's defaults. Keys go.
void apply_preset(const EffectDefinition& definition, const ofxpp::ParamSet& params, const PresetDefinition& preset,
                  const ModelDefinition* model);

// The preset whose values these are; kCustomPreset when there is none, or when one of them is animated.
std::string matching_preset(const EffectDefinition& definition, const ofxpp::ParamSet& params,
                            const ModelDefinition* model);

// Null when there is none of that name.
const PresetDefinition* find_preset(const EffectDefinition& definition, const std::string& name);

// Whether choosing a preset sets this parameter.
bool is_preset_parameter(const EffectDefinition& definition, const std::string& name);

}  // namespace reelmend::plugin
