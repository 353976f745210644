// What the host passes on to the program that embeds it. Called on any thread; every member may be empty.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ofx/ofxCore.h"

namespace ofxhost {

struct Message {
    std::string type;
    std::string id;
    std::string text;
    bool persistent;
};

enum class Severity { Note, Warning, Error };

// Something that a plug-in did and should not: `rule` is a short name for its kind.
struct Finding {
    Severity severity;
    std::string rule;
    std::string text;
    std::string action;  // in which it happened; may be empty
};

struct Listener {
    std::function<OfxStatus(const Message&)> message;
    std::function<void()> persistent_cleared;
    std::function<void(const std::string& label, const std::string& id)> progress_start;
    std::function<bool(double)> progress_update;  // false: stop the work
    std::function<void()> progress_end;
    std::function<void(double)> goto_time;
    std::function<void(const Finding&)> finding;
    // An action has been answered; `handle` tells instances apart.
    std::function<void(const std::string& action, const void* handle, OfxStatus status, double seconds)> answered;
};

}  // namespace ofxhost
