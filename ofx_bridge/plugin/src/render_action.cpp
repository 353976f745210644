#include "render_action.h"

#include <ofxpp/guard.h>
#include <ofxpp/message.h>

#include <chrono>
#include <string>

#include "instance.h"
#include "render.h"

namespace reelmend::plugin {

namespace {

void clear(const ofxpp::Effect& effect, Instance* instance) {
    // Without an instance nobody remembers whether words stand there.
    if (instance == nullptr || instance->standing.exchange(Standing::nothing) != Standing::nothing)
        ofxpp::clear_error(effect.suites(), effect.handle());
}

// A note is put up once, and stays while frames are rendered this way.
void note(const ofxpp::Effect& effect, Instance* instance, const std::string& text) {
    const bool stands = instance != nullptr && instance->standing.exchange(Standing::note) == Standing::note;
    if (!stands) ofxpp::show(effect.suites(), effect.handle(), kOfxMessageWarning, text);
}

}  // namespace

OfxStatus render_action(const EffectDefinition& definition, const ofxpp::Effect& effect,
                        const ofxpp::PropertySet& in_args) {
    Instance* instance = instance_of(effect);
    const auto arguments = RenderArguments::read(in_args);
    FrameRender frame(definition, effect, instance, arguments);
    const auto start = std::chrono::steady_clock::now();
    std::string error;
    const OfxStatus status = ofxpp::guarded(
        [&] {
            frame.run();
            return kOfxStatOK;
        },
        [&](const char* reason) {
            // A host that stopped the render throws the picture away: it must hear a failure, so that it caches
            // nothing, and the artist, who pressed the button, need not be told.
            if (frame.aborted()) return;
            error = reason;
            const std::string number = std::to_string(nearest_frame(arguments.time));
            ofxpp::show_error(effect.suites(), effect.handle(), definition.label + ", frame " + number + ": " + reason);
            if (instance != nullptr) instance->standing = Standing::error;
        });
    if (instance != nullptr && !frame.aborted()) {
        const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
        instance->last_frame.set(
            {nearest_frame(arguments.time), took.count(), frame.model(), frame.engine_timings(), error});
    }
    if (status != kOfxStatOK) return status;
    if (frame.note().empty())
        clear(effect, instance);
    else
        note(effect, instance, definition.label + " " + frame.note());
    return status;
}

void clear_standing_words(const ofxpp::Effect& effect) {
    clear(effect, instance_of(effect));
}

}  // namespace reelmend::plugin
