// The parameters of an effect: defined in its panel, read for a render, set when others change.
#pragma once

#include <ofxpp/effect.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "reelmend/transport/engine_client.h"
#include "resources.h"

namespace reelmend::plugin {

void define_parameters(const EffectDefinition& definition, const ofxpp::ParamSet& params);

// The parameter's value, within its range: at a time where it animates, else the one for all times. The default where
// the host doesn't have the parameter. Buttons have none: an empty text.
transport::Value read_value(const ParameterDefinition& parameter, const ofxpp::ParamSet& params,
                            std::optional<OfxTime> time);

// Sets the value for all times, unless it has it already. Texts must stay as they are until they are replaced. Whether
// the parameter has the value now: hosts refuse where the standard doesn't allow it.
bool write_value(const ParameterDefinition& parameter, const ofxpp::ParamSet& params, const transport::Value& value);

// Whether the host says that the value changes with time.
bool is_animated(const ParameterDefinition& parameter, const ofxpp::ParamSet& params);

// What to do where the host gives no frames around the rendered one.
enum class WithoutNeighbours { fail, pass_through, frames_already_seen };

// Automatic: as the clip says.
enum class FieldOrder { automatic, progressive, lower_first, upper_first };

// What node and engine are to compute on. Automatic: whatever the engine has.
enum class Device { automatic, cpu, cuda };

// What the node puts out: one of the engine's outputs as it is, the source, or what is made here of source and result.
enum class ViewMode { engine_output, source, difference, split };

// The parameters' values at a time.
struct Settings {
    std::vector<transport::Parameter> model;  // as the chosen model takes them
    std::string model_id;                     // empty: the effect's default
    int radius_frames = 0;
    bool identity = false;          // the picture is the source: nothing to do, or just that is to be shown
    std::string output = "result";  // of the engine; what difference and split are made of is "result" too
    ViewMode view = ViewMode::engine_output;
    double difference_gain = 10;  // of |result - source|
    double split_position = 0.5;  // of the source's width: the source is left of it, the result right
    std::string engine_address;   // empty: the user's default
    Device device = Device::automatic;
    transport::PixelRoute route = transport::PixelRoute::automatic;
    bool full_floats = false;  // also where halves would say the same
    std::chrono::milliseconds timeout{60000};
    WithoutNeighbours without_neighbours = WithoutNeighbours::fail;
    FieldOrder field_order = FieldOrder::automatic;
    MaskSet reads{};                    // of the mask clips, the chosen model
    bool matte_as_alpha = false;        // the engine's output "matte" goes into the alpha channel
    std::optional<int64_t> held_frame;  // of the source, whose light the model holds
};

// Whether the matte goes into the alpha channel.
bool puts_out_matte(const EffectDefinition& definition, const ofxpp::ParamSet& params);

Settings read_settings(const EffectDefinition& definition, const ofxpp::ParamSet& params, OfxTime time);

}  // namespace reelmend::plugin
