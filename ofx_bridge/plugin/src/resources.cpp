#include "resources.h"

#include <dlfcn.h>
#include <ofxpp/guard.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

namespace reelmend::plugin {

namespace {

using Json = nlohmann::json;

constexpr int kFormat = 1;

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
    static const std::map<std::string, ParameterType> words = {{"number", ParameterType::number},
                                                               {"integer", ParameterType::integer},
                                                               {"flag", ParameterType::flag},
                                                               {"choice", ParameterType::choice},
                                                               {"text", ParameterType::text}};
    return one_of(words, word, "type");
}

Role role(const std::string& word) {
    static const std::map<std::string, Role> words = {{"model", Role::model},
                                                      {"view", Role::view},
                                                      {"engine_address", Role::engine_address},
                                                      {"pixel_route", Role::pixel_route},
                                                      {"timeout", Role::timeout}};
    return one_of(words, word, "role");
}

transport::Value default_value(const Json& json, ParameterType type) {
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

// The node reads these itself and must know their type.
void check_role(const ParameterDefinition& parameter) {
    static const std::map<Role, ParameterType> types = {{Role::view, ParameterType::choice},
                                                        {Role::engine_address, ParameterType::text},
                                                        {Role::pixel_route, ParameterType::choice},
                                                        {Role::timeout, ParameterType::number}};
    const auto needed = types.find(parameter.role);
    if (needed != types.end() && needed->second != parameter.type)
        refuse("parameter '" + parameter.name + "' has a type that does not fit its role");
}

void check_range(const ParameterDefinition& parameter) {
    // Hosts hold whole numbers in an int.
    const double farthest = parameter.type == ParameterType::integer ? std::numeric_limits<int>::max() : 1e30;
    if (!(parameter.minimum <= parameter.maximum) || std::abs(parameter.minimum) > farthest ||
        std::abs(parameter.maximum) > farthest)
        refuse("parameter '" + parameter.name + "' has no usable range");
}

ParameterDefinition parse_parameter(const Json& json) {
    ParameterDefinition parameter;
    parameter.name = json.at("name").get<std::string>();
    parameter.label = json.at("label").get<std::string>();
    parameter.type = parameter_type(json.at("type").get<std::string>());
    parameter.role = role(json.at("role").get<std::string>());
    parameter.default_value = default_value(json.at("default"), parameter.type);
    if (parameter.type == ParameterType::number || parameter.type == ParameterType::integer) {
        parameter.minimum = json.at("minimum").get<double>();
        parameter.maximum = json.at("maximum").get<double>();
        check_range(parameter);
    }
    parameter.hint = text_of(json, "hint");
    parameter.group = text_of(json, "group");
    parameter.animates = json.value("animates", false);
    for (const auto& choice : json.value("choices", Json::array()))
        parameter.choices.push_back({choice.at("value").get<std::string>(), choice.at("label").get<std::string>()});
    if (parameter.type == ParameterType::choice) parameter.default_choice();
    check_role(parameter);
    return parameter;
}

void check_references(const EffectDefinition& effect) {
    for (const auto* name : {&effect.radius_parameter, effect.identity ? &effect.identity->parameter : nullptr})
        if (name != nullptr && !name->empty() && effect.find(*name) == nullptr)
            refuse("no parameter '" + *name + "', which window or identity names");
    const auto* radius = effect.find(effect.radius_parameter);
    if (radius != nullptr && radius->type != ParameterType::integer)
        refuse("the radius '" + radius->name + "' is no integer");
    for (const auto& parameter : effect.parameters) {
        const auto same = [&](const GroupDefinition& group) { return group.name == parameter.group; };
        if (!parameter.group.empty() && std::none_of(effect.groups.begin(), effect.groups.end(), same))
            refuse("parameter '" + parameter.name + "' is in no group '" + parameter.group + "'");
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
    for (const auto& group : json.value("groups", Json::array()))
        effect.groups.push_back({group.at("name").get<std::string>(), group.at("label").get<std::string>()});
    for (const auto& parameter : json.at("parameters")) effect.parameters.push_back(parse_parameter(parameter));
    check_references(effect);
    return effect;
}

}  // namespace

int ParameterDefinition::default_choice() const {
    const auto& wanted = std::get<std::string>(default_value);
    const auto found = std::find_if(choices.begin(), choices.end(), [&](const Choice& c) { return c.value == wanted; });
    if (found == choices.end()) refuse("the default of '" + name + "' is not among its choices");
    return static_cast<int>(found - choices.begin());
}

const ParameterDefinition* EffectDefinition::find(const std::string& name) const {
    for (const auto& parameter : parameters)
        if (parameter.name == name) return &parameter;
    return nullptr;
}

const ParameterDefinition* EffectDefinition::find(Role wanted) const {
    for (const auto& parameter : parameters)
        if (parameter.role == wanted) return &parameter;
    return nullptr;
}

std::vector<EffectDefinition> parse_effects(const std::string& text, const std::string& where) {
    std::vector<EffectDefinition> effects;
    std::string reason;
    const OfxStatus status = ofxpp::guarded(
        [&] {
            const Json json = Json::parse(text);
            const int format = json.at("format").get<int>();
            if (format != kFormat) refuse("its format is " + std::to_string(format) + ", not 1");
            for (const auto& effect : json.at("effects")) effects.push_back(parse_effect(effect));
            if (effects.empty()) refuse("it lists no effect");
            return kOfxStatOK;
        },
        [&](const char* why) { reason = why; });
    if (status != kOfxStatOK)
        refuse(where + " can't be used: " + reason + "; put the bundle back with 'reelmend ofx install'");
    return effects;
}

std::filesystem::path resources_folder() {
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&resources_folder), &info) == 0 || info.dli_fname == nullptr)
        refuse("the plug-in can't tell which file it was loaded from");
    // Contents/Linux-x86-64/Reelmend.ofx → Contents/Resources. The folder is resolved, not the file: a binary that is
    // a link into a build tree still belongs to the bundle that links it.
    const std::filesystem::path folder = std::filesystem::path(info.dli_fname).parent_path();
    return std::filesystem::canonical(folder.empty() ? "." : folder).parent_path() / "Resources";
}

std::optional<std::string> read_text(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace reelmend::plugin
