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

// The parameters' values at a time.
struct Settings {
    std::vector<transport::Parameter> model;
    int radius_frames = 0;
    bool identity = false;          // the effect does nothing
    std::string output = "result";  // of the engine
    std::string engine_address;     // empty: the user's default
    transport::PixelRoute route = transport::PixelRoute::automatic;
    std::chrono::milliseconds timeout{60000};
};

Settings read_settings(const EffectDefinition& definition, const ofxpp::ParamSet& params, OfxTime time);

}  // namespace reelmend::plugin
