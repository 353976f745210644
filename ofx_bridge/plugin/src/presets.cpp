#include "presets.h"

#include <algorithm>

#include "params.h"

namespace reelmend::plugin {

namespace {

using transport::Value;

// A model takes a preset's number as far as its own range goes.
Value within(const ModelParameter& own, const Value& value) {
    if (const auto* number = std::get_if<double>(&value)) return std::clamp(*number, own.minimum, own.maximum);
    if (const auto* integer = std::get_if<int64_t>(&value))
        return static_cast<int64_t>(std::clamp(static_cast<double>(*integer), own.minimum, own.maximum));
    return value;
}

// What the preset says of a parameter; null: the model doesn't have it.
std::optional<Value> value_in(const PresetDefinition& preset, const ParameterDefinition& parameter,
                              const ModelDefinition* model) {
    const auto named = preset.values.find(parameter.name);
    if (model == nullptr) return named == preset.values.end() ? parameter.default_value : named->second;
    const ModelParameter* own = model->find(parameter.name);
    if (own == nullptr) return std::nullopt;
    return named == preset.values.end() ? own->default_value : within(*own, named->second);
}

bool has_values_of(const PresetDefinition& preset, const EffectDefinition& definition, const ofxpp::ParamSet& params,
                   const ModelDefinition* model) {
    for (const auto& name : definition.preset_parameters) {
        const auto& parameter = *definition.find(name);
        const auto value = value_in(preset, parameter, model);
        if (value && (is_animated(parameter, params) || read_value(parameter, params, std::nullopt) != *value))
            return false;
    }
    return true;
}

}  // namespace

void apply_preset(const EffectDefinition& definition, const ofxpp::ParamSet& params, const PresetDefinition& preset,
                  const ModelDefinition* model) {
    for (const auto& name : definition.preset_parameters) {
        const auto& parameter = *definition.find(name);
        if (const auto value = value_in(preset, parameter, model)) write_value(parameter, params, *value);
    }
}

std::string matching_preset(const EffectDefinition& definition, const ofxpp::ParamSet& params,
                            const ModelDefinition* model) {
    for (const auto& preset : definition.presets)
        if (has_values_of(preset, definition, params, model)) return preset.name;
    return kCustomPreset;
}

const PresetDefinition* find_preset(const EffectDefinition& definition, const std::string& name) {
    const auto& all = definition.presets;
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& preset) { return preset.name == name; });
    return found == all.end() ? nullptr : &*found;
}

bool is_preset_parameter(const EffectDefinition& definition, const std::string& name) {
    const auto& all = definition.preset_parameters;
    return std::find(all.begin(), all.end(), name) != all.end();
}

}  // namespace reelmend::plugin
