// What the bundle's Resources say: the effects with their panels and windows, and how to start an engine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "reelmend/transport/engine_client.h"

namespace reelmend::plugin {

enum class ParameterType { number, integer, flag, choice, text };

// Who reads the parameter: the model in the engine, or the node itself.
enum class Role { model, view, engine_address, pixel_route, timeout };

struct Choice {
    std::string value;  // as the engine knows it
    std::string label;
};

struct ParameterDefinition {
    std::string name;
    std::string label;
    ParameterType type = ParameterType::number;
    Role role = Role::model;
    transport::Value default_value;  // double, int64, bool or text, as `type` says; choices as text
    double minimum = 0;              // numbers and integers only, inclusive
    double maximum = 0;
    std::string hint;
    std::string group;  // may be empty
    bool animates = false;
    std::vector<Choice> choices;

    // The position in `choices` of the default.
    int default_choice() const;
};

struct GroupDefinition {
    std::string name;
    std::string label;
};

// The effect does nothing while this parameter has this value.
struct IdentityRule {
    std::string parameter;
    double value = 0;
};

struct EffectDefinition {
    std::string identifier;
    std::string label;
    std::string grouping;
    std::string description;
    unsigned version_major = 0;
    unsigned version_minor = 0;
    std::string effect;  // as the engine knows it
    std::string model;
    std::string radius_parameter;  // empty: the radius is fixed
    int radius_frames = 0;
    std::optional<IdentityRule> identity;
    std::vector<GroupDefinition> groups;
    std::vector<ParameterDefinition> parameters;

    // Null when there is none of that name or role.
    const ParameterDefinition* find(const std::string& name) const;
    const ParameterDefinition* find(Role role) const;
};

// Throws ofxpp::Error that names `where` and the place in it.
std::vector<EffectDefinition> parse_effects(const std::string& text, const std::string& where);

// The folder Contents/Resources of the bundle that holds this code.
std::filesystem::path resources_folder();

// The text of a file, or nothing when there is no such file.
std::optional<std::string> read_text(const std::filesystem::path& path);

}  // namespace reelmend::plugin
