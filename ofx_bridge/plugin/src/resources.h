// What the bundle's Resources say: the effects with their panels and windows, and how to start an engine.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reelmend/transport/engine_client.h"

namespace reelmend::plugin {

enum class ParameterType { number, integer, flag, choice, text, button };

// Who reads the parameter: the model in the engine, or the node itself.
enum class Role {
    model,
    preset,
    model_menu,
    model_id,
    view,
    difference_gain,
    split_position,
    alpha_output,
    without_neighbours,
    field_order,
    engine_address,
    device,
    pixel_route,
    precision,
    timeout,
    test_connection,
    status_engine,
    status_model,
    status_device,
    status_time,
    status_error,
    panel_version
};

// The optional input clips of one plane: by their names, here and in the engine, and what hosts are told of them.
// "Mask" says where an effect works, "Matte" what is broken.
struct MaskInput {
    const char* clip;
    const char* frames_needed;
    const char* region_of_interest;
};
constexpr std::array<MaskInput, 2> kMaskInputs{{
    {"Mask", "OfxImageClipPropFrameRange_Mask", "OfxImageClipPropRoI_Mask"},
    {"Matte", "OfxImageClipPropFrameRange_Matte", "OfxImageClipPropRoI_Matte"},
}};
// Which of them an effect has, or a model reads.
using MaskSet = std::array<bool, kMaskInputs.size()>;

// The engine's clip of the one source frame whose light is held. The node has no such input.
constexpr const char* kReferenceClip = "Reference";

// The engine's output that says where a picture was mended.
constexpr const char* kMatte = "matte";

// The preset menu's value when the values are those of no preset.
constexpr const char* kCustomPreset = "custom";

struct Choice {
    std::string value;  // as the engine knows it
    std::string label;
};

// A control that can be used only while another one has this value.
struct EnabledBy {
    std::string parameter;
    std::string value;
};

struct ParameterDefinition {
    std::string name;
    std::string label;
    ParameterType type = ParameterType::number;
    Role role = Role::model;
    transport::Value default_value;  // double, int64, bool or text, as `type` says; choices as text
    double minimum = 0;              // numbers and integers only, inclusive
    double maximum = 0;
    double display_minimum = 0;  // the slider's ends
    double display_maximum = 0;
    std::string hint;
    std::string group;  // may be empty
    bool animates = false;
    bool secret = false;
    bool read_only = false;
    bool evaluates = true;  // its value changes the picture
    bool persists = true;   // projects keep it
    std::optional<EnabledBy> enabled_by;
    std::vector<Choice> choices;

    bool is_number() const { return type == ParameterType::number || type == ParameterType::integer; }

    // The position of a value in `choices`, or nothing.
    std::optional<int> choice_of(const std::string& value) const;
    // The position in `choices` of the default. Throws ofxpp::Error when it is not there.
    int default_choice() const;
};

struct GroupDefinition {
    std::string name;
    std::string label;
    bool open = true;
};

// How a model takes one of the parameters.
struct ModelParameter {
    std::string name;
    transport::Value default_value;
    double minimum = 0;  // numbers and integers only, inclusive
    double maximum = 0;
};

struct ModelDefinition {
    std::string id;
    std::string label;
    std::string version;
    int radius_frames = 0;
    std::vector<std::string> outputs;
    MaskSet reads{};
    std::vector<ModelParameter> parameters;

    // Null when the model has no parameter of that name.
    const ModelParameter* find(const std::string& name) const;
};

// Values by parameter; those left out take the model's defaults.
struct PresetDefinition {
    std::string name;
    std::map<std::string, transport::Value> values;
};

// Projects of a panel before `before` mean `to` where they say `value`.
struct MigrationRule {
    int before = 0;
    std::string parameter;
    transport::Value value;
    transport::Value to;
};

// The effect does nothing while this parameter has this value.
struct IdentityRule {
    std::string parameter;
    double value = 0;
};

// While `parameter` has this value the effect holds a frame of the source, of the number that `frame` says.
struct HoldRule {
    std::string parameter;
    std::string value;
    std::string frame;
};

// A choice that follows what the host states of the clip's colourspace while it is at `automatic`.
struct TransferRule {
    std::string parameter;
    std::string automatic;
    std::map<std::string, std::string> colourspaces;  // the choice by the colourspace's name, in lower case
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
    std::optional<HoldRule> holds;
    std::optional<TransferRule> transfer;
    std::vector<GroupDefinition> groups;
    std::vector<ParameterDefinition> parameters;
    MaskSet masks{};                      // inputs, where the host has room for them
    std::vector<ModelDefinition> models;  // that the node knows of, its default first
    std::vector<PresetDefinition> presets;
    std::vector<std::string> preset_parameters;  // what presets and the choice of a model set
    int panel_version = 1;
    std::vector<MigrationRule> migrations;

    // Null when there is none of that name or role.
    const ParameterDefinition* find(const std::string& name) const;
    const ParameterDefinition* find(Role role) const;
    const ModelDefinition* find_model(const std::string& id) const;
};

// Throws ofxpp::Error that names `where` and the place in it.
std::vector<EffectDefinition> parse_effects(const std::string& text, const std::string& where);

// The folder Contents/Resources of the bundle that holds this code.
std::filesystem::path resources_folder();

// The text of a file, or nothing when there is no such file.
std::optional<std::string> read_text(const std::filesystem::path& path);

}  // namespace reelmend::plugin
