// The parameters of an effect: defined in its panel, read for a render.
#pragma once

#include <ofxpp/effect.h>

#include <chrono>
#include <string>
#include <vector>

#include "reelmend/transport/engine_client.h"
#include "resources.h"

namespace reelmend::plugin {

void define_parameters(const EffectDefinition& definition, const ofxpp::ParamSet& params);

// What to do where the host gives no frames around the rendered one.
enum class WithoutNeighbours { fail, pass_through, frames_already_seen };

// Automatic: as the clip says.
enum class FieldOrder { automatic, progressive, lower_first, upper_first };

// What the node puts out: one of the engine's outputs as it is, the source, or what is made here of source and result.
enum class ViewMode { engine_output, source, difference, split };

// The parameters' values at a time.
struct Settings {
    std::vector<transport::Parameter> model;
    std::string model_id;  // empty: the effect's default
    int radius_frames = 0;
    bool identity = false;          // the picture is the source: nothing to do, or just that is to be shown
    std::string output = "result";  // of the engine; what difference and split are made of is "result" too
    ViewMode view = ViewMode::engine_output;
    double difference_gain = 10;  // of |result - source|
    double split_position = 0.5;  // of the source's width: the source is left of it, the result right
    std::string engine_address;   // empty: the user's default
    transport::PixelRoute route = transport::PixelRoute::automatic;
    std::chrono::milliseconds timeout{60000};
    WithoutNeighbours without_neighbours = WithoutNeighbours::fail;
    FieldOrder field_order = FieldOrder::automatic;
};

Settings read_settings(const EffectDefinition& definition, const ofxpp::ParamSet& params, OfxTime time);

}  // namespace reelmend::plugin
