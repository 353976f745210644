// The read-only lines under Status: what the last frame and the engine said, as far as it is known.
#pragma once

#include <ofxpp/effect.h>

#include <map>
#include <string>

#include "resources.h"

namespace reelmend::plugin {

struct LastFrame;

// Texts by the role of their line.
using StatusTexts = std::map<Role, std::string>;

// What the lines say. `last` may be null: no frame yet. `engine` may be null: `otherwise` stands in its line.
StatusTexts status_texts(const EffectDefinition& definition, const LastFrame* last, const transport::ServerInfo* engine,
                         const std::string& otherwise);

// Sets the lines. Only where OpenFX lets parameters be set; elsewhere the host refuses, and nothing happens.
void show_status(const EffectDefinition& definition, const ofxpp::Effect& effect);

// After a render: asks an engine that is not known yet who it is, once, so that the lines can say; forgets one that
// failed. Short, and stops when the host wants the render to stop.
void note_engine(const EffectDefinition& definition, const ofxpp::Effect& effect, OfxStatus rendered);

// "engine 0.1.0, API 1, process 12 at unix:/…" and "CPU on 2 threads: …".
std::string engine_line(const transport::ServerInfo& engine);
std::string device_line(const transport::ServerInfo& engine);

}  // namespace reelmend::plugin
