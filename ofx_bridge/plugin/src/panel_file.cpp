// Reads effects.json.
#include <ofxpp/guard.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "resources.h"

namespace reelmend::plugin {

namespace {

using Json = nlohmann::json;
using transport::Value;

constexpr int kFormat = 2;

[[noreturn]] void refuse(const std::string& reason) {
    throw ofxpp::Error(kOfxStatFailed, reason);
}

template <class Enum>
Enum one_of(const std::map<std::string, Enum>& words, const std::string& word, const char* what) {
    const auto found = words.find(word);
    if (found == words.end()) refuse(std::string("unknown ") + what + " '" + word + "'");
    return found->second;
}

ParameterType parameter_type(const std::string& word) {
    static const std::map<std::string, ParameterType> words = {
        {"number", ParameterType::number}, {"integer", ParameterType::integer}, {"flag", ParameterType::flag},
        {"choice", ParameterType::choice}, {"text", ParameterType::text},       {"button", ParameterType::button}};
    return one_of(words, word, "type");
}

Role role(const std::string& word) {
    static const std::map<std::string, Role> words = {{"model", Role::model},
                                                      {"preset", Role::preset},
                                                      {"model_menu", Role::model_menu},
                                                      {"model_id", Role::model_id},
                                                      {"view", Role::view},
                                                      {"difference_gain", Role::difference_gain},
                                                      {"split_position", Role::split_position},
                                                      {"alpha_output", Role::alpha_output},
                                                      {"without_neighbours", Role::without_neighbours},
                                                      {"field_order", Role::field_order},
                                                      {"engine_address", Role::engine_address},
                                                      {"device", Role::device},
                                                      {"pixel_route", Role::pixel_route},
                                                      {"precision", Role::precision},
                                                      {"timeout", Role::timeout},
                                                      {"test_connection", Role::test_connection},
                                                      {"status_engine", Role::status_engine},
                                                      {"status_model", Role::status_model},
                                                      {"status_device", Role::status_device},
                                                      {"status_time", Role::status_time},
                                                      {"status_error", Role::status_error},
                                                      {"panel_version", Role::panel_version}};
    return one_of(words, word, "role");
}

// The node reads these itself and must know their type.
std::optional<ParameterType> type_for(Role role) {
    switch (role) {
        case Role::model:
            return std::nullopt;
        case Role::difference_gain:
        case Role::split_position:
        case Role::timeout:
            return ParameterType::number;
        case Role::panel_version:
            return ParameterType::integer;
        case Role::test_connection:
            return ParameterType::button;
        case Role::preset:
        case Role::model_menu:
        case Role::view:
        case Role::alpha_output:
        case Role::without_neighbours:
        case Role::field_order:
        case Role::device:
        case Role::pixel_route:
        case Role::precision:
            return ParameterType::choice;
        default:
            return ParameterType::text;
    }
}

Value value_of(const Json& json, ParameterType type) {
    switch (type) {
        case ParameterType::number:
            return json.get<double>();
        case ParameterType::integer:
            return json.get<int64_t>();
        case ParameterType::flag:
            return json.get<bool>();
        default:
            return json.get<std::string>();
    }
}

// A text member that may be left out or null.
std::string text_of(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found == json.end() || found->is_null() ? std::string() : found->get<std::string>();
}

// A list that may be left out.
Json list_of(const Json& json, const char* key) {
    return json.value(key, Json::array());
}

void check_range(const ParameterDefinition& parameter) {
    // Hosts hold whole numbers in an int.
    const double farthest = parameter.type == ParameterType::integer ? std::numeric_limits<int>::max() : 1e30;
    if (!(parameter.minimum <= parameter.maximum) || std::abs(parameter.minimum) > farthest ||
        std::abs(parameter.maximum) > farthest)
        refuse("parameter '" + parameter.name + "' has no usable range");
    if (!(parameter.minimum <= parameter.display_minimum && parameter.display_minimum <= parameter.display_maximum &&
          parameter.display_maximum <= parameter.maximum))
        refuse("the display range of '" + parameter.name + "' is not within its range");
}

void parse_range(ParameterDefinition& parameter, const Json& json) {
    parameter.minimum = json.at("minimum").get<double>();
    parameter.maximum = json.at("maximum").get<double>();
    parameter.display_minimum = json.value("display_minimum", parameter.minimum);
    parameter.display_maximum = json.value("display_maximum", parameter.maximum);
    check_range(parameter);
}

ParameterDefinition parse_parameter(const Json& json) {
    ParameterDefinition parameter;
    parameter.name = json.at("name").get<std::string>();
    parameter.label = json.at("label").get<std::string>();
    parameter.type = parameter_type(json.at("type").get<std::string>());
    parameter.role = role(json.at("role").get<std::string>());
    parameter.default_value = value_of(json.at("default"), parameter.type);
    if (parameter.is_number()) parse_range(parameter, json);
    parameter.hint = text_of(json, "hint");
    parameter.group = text_of(json, "group");
    parameter.animates = json.value("animates", false);
    parameter.secret = json.value("secret", false);
    parameter.read_only = json.value("read_only", false);
    parameter.evaluates = json.value("evaluates", true);
    parameter.persists = json.value("persists", true);
    if (json.contains("enabled_by"))
        parameter.enabled_by = EnabledBy{json.at("enabled_by").at("parameter").get<std::string>(),
                                         json.at("enabled_by").at("value").get<std::string>()};
    for (const auto& choice : list_of(json, "choices"))
        parameter.choices.push_back({choice.at("value").get<std::string>(), choice.at("label").get<std::string>()});
    if (parameter.type == ParameterType::choice) parameter.default_choice();
    if (type_for(parameter.role).value_or(parameter.type) != parameter.type)
        refuse("parameter '" + parameter.name + "' has a type that does not fit its role");
    return parameter;
}

const ParameterDefinition& known(const EffectDefinition& effect, const std::string& name, const char* who) {
    const auto* parameter = effect.find(name);
    if (parameter == nullptr) refuse("no parameter '" + name + "', which " + who + " names");
    return *parameter;
}

MaskSet masks_of(const Json& json) {
    MaskSet masks{};
    for (const auto& clip : list_of(json, "clips"))
        for (size_t i = 0; i < masks.size(); ++i) masks[i] = masks[i] || clip == kMaskInputs[i].clip;
    return masks;
}

ModelDefinition parse_model(const Json& json, const EffectDefinition& effect) {
    ModelDefinition model;
    model.id = json.at("id").get<std::string>();
    model.label = text_of(json, "label");
    model.version = text_of(json, "version");
    model.radius_frames = json.at("radius_frames").get<int>();
    if (model.radius_frames < 0) refuse("the radius_frames of model '" + model.id + "' is below 0");
    for (const auto& output : list_of(json, "outputs")) model.outputs.push_back(output.get<std::string>());
    model.reads = masks_of(json);
    for (const auto& entry : list_of(json, "parameters")) {
        const auto& parameter = known(effect, entry.at("name").get<std::string>(), "a model");
        ModelParameter own{parameter.name, value_of(entry.at("default"), parameter.type), parameter.minimum,
                           parameter.maximum};
        if (parameter.is_number()) {
            own.minimum = entry.value("minimum", parameter.minimum);
            own.maximum = entry.value("maximum", parameter.maximum);
            if (!(own.minimum <= own.maximum)) refuse("model '" + model.id + "' leaves '" + own.name + "' no value");
        }
        model.parameters.push_back(std::move(own));
    }
    return model;
}

PresetDefinition parse_preset(const Json& json, const EffectDefinition& effect) {
    PresetDefinition preset;
    preset.name = json.at("name").get<std::string>();
    for (const auto& [name, value] : json.at("values").items())
        preset.values[name] = value_of(value, known(effect, name, "a preset").type);
    const auto* menu = effect.find(Role::preset);
    if (menu != nullptr && !menu->choice_of(preset.name)) refuse("preset '" + preset.name + "' is not in its menu");
    return preset;
}

std::optional<TransferRule> parse_transfer(const Json& json, const EffectDefinition& effect) {
    if (!json.contains("transfer")) return std::nullopt;
    const Json& rule = json.at("transfer");
    TransferRule transfer{rule.at("parameter").get<std::string>(), rule.at("automatic").get<std::string>(), {}};
    const auto* parameter = effect.find(transfer.parameter);
    if (parameter == nullptr) return std::nullopt;
    rule.at("colourspaces").get_to(transfer.colourspaces);
    for (const auto& [space, choice] : transfer.colourspaces)
        if (!parameter->choice_of(choice)) refuse("'" + parameter->name + "' can't be '" + choice + "' for " + space);
    return transfer;
}

std::optional<HoldRule> parse_hold(const Json& json, const EffectDefinition& effect) {
    const auto found = json.find("holds");
    if (found == json.end() || found->is_null()) return std::nullopt;
    HoldRule rule{found->at("parameter").get<std::string>(), found->at("value").get<std::string>(),
                  found->at("frame").get<std::string>()};
    const auto* parameter = effect.find(rule.parameter);
    if (parameter == nullptr) return std::nullopt;
    const auto& frame = known(effect, rule.frame, "holds");
    if (!parameter->choice_of(rule.value)) refuse("'" + parameter->name + "' never is '" + rule.value + "'");
    if (frame.type != ParameterType::integer) refuse("the held frame '" + frame.name + "' is no integer");
    return rule;
}

MigrationRule parse_migration(const Json& json, const EffectDefinition& effect) {
    const auto& parameter = known(effect, json.at("parameter").get<std::string>(), "a migration");
    return {json.at("before").get<int>(), parameter.name, value_of(json.at("value"), parameter.type),
            value_of(json.at("to"), parameter.type)};
}

void check_references(const EffectDefinition& effect) {
    for (const auto* name : {&effect.radius_parameter, effect.identity ? &effect.identity->parameter : nullptr})
        if (name != nullptr && !name->empty()) known(effect, *name, "window or identity");
    for (const auto& name : effect.preset_parameters) known(effect, name, "preset_parameters");
    const auto* radius = effect.find(effect.radius_parameter);
    if (radius != nullptr && radius->type != ParameterType::integer)
        refuse("the radius '" + radius->name + "' is no integer");
    for (const auto& parameter : effect.parameters) {
        const auto same = [&](const GroupDefinition& group) { return group.name == parameter.group; };
        if (!parameter.group.empty() && std::none_of(effect.groups.begin(), effect.groups.end(), same))
            refuse("parameter '" + parameter.name + "' is in no group '" + parameter.group + "'");
        if (!parameter.enabled_by) continue;
        const auto& other = known(effect, parameter.enabled_by->parameter, "enabled_by");
        if (!other.choice_of(parameter.enabled_by->value))
            refuse("'" + other.name + "' never is '" + parameter.enabled_by->value + "', which enables '" +
                   parameter.name + "'");
    }
}

EffectDefinition parse_effect(const Json& json) {
    EffectDefinition effect;
    effect.identifier = json.at("identifier").get<std::string>();
    effect.label = json.at("label").get<std::string>();
    effect.grouping = json.at("grouping").get<std::string>();
    effect.description = text_of(json, "description");
    effect.version_major = json.at("version").at(0).get<unsigned>();
    effect.version_minor = json.at("version").at(1).get<unsigned>();
    effect.effect = json.at("effect").get<std::string>();
    effect.model = text_of(json, "model");
    effect.radius_parameter = text_of(json.at("window"), "radius_parameter");
    effect.radius_frames = json.at("window").at("radius_frames").get<int>();
    if (effect.radius_frames < 0) refuse("window.radius_frames is below 0");
    if (json.contains("identity") && !json.at("identity").is_null())
        effect.identity = IdentityRule{json.at("identity").at("parameter").get<std::string>(),
                                       json.at("identity").at("value").get<double>()};
    for (const auto& group : list_of(json, "groups"))
        effect.groups.push_back(
            {group.at("name").get<std::string>(), group.at("label").get<std::string>(), group.value("open", true)});
    for (const auto& parameter : json.at("parameters")) effect.parameters.push_back(parse_parameter(parameter));
    effect.holds = parse_hold(json, effect);
    effect.transfer = parse_transfer(json, effect);
    effect.masks = masks_of(json);
    for (const auto& model : list_of(json, "models")) effect.models.push_back(parse_model(model, effect));
    for (const auto& preset : list_of(json, "presets")) effect.presets.push_back(parse_preset(preset, effect));
    for (const auto& name : list_of(json, "preset_parameters"))
        effect.preset_parameters.push_back(name.get<std::string>());
    effect.panel_version = json.value("panel_version", 1);
    for (const auto& rule : list_of(json, "migrations")) effect.migrations.push_back(parse_migration(rule, effect));
    check_references(effect);
    return effect;
}

}  // namespace

std::vector<EffectDefinition> parse_effects(const std::string& text, const std::string& where) {
    std::vector<EffectDefinition> effects;
    std::string reason;
    const OfxStatus status = ofxpp::guarded(
        [&] {
            const Json json = Json::parse(text);
            const int format = json.at("format").get<int>();
            if (format != kFormat)
                refuse("its format is " + std::to_string(format) + ", not " + std::to_string(kFormat));
            for (const auto& effect : json.at("effects")) effects.push_back(parse_effect(effect));
            if (effects.empty()) refuse("it lists no effect");
            return kOfxStatOK;
        },
        [&](const char* why) { reason = why; });
    if (status != kOfxStatOK)
        refuse(where + " can't be used: " + reason + "; put the bundle back with 'reelmend ofx install'");
    return effects;
}

}  // namespace reelmend::plugin
