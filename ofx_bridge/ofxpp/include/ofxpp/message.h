// Words to the user, through the best message suite that the host has.
#pragma once

#include <ofx/ofxMessage.h>

#include <cstdio>
#include <string>

#include "ofxpp/suites.h"
#include "ofxpp/text.h"

namespace ofxpp {

// Shows words: on the effect until they are cleared where the host can do that, else once. `handle` may be null; `kind`
// is one of OpenFX's message types.
inline void show(const Suites& suites, void* handle, const char* kind, const std::string& reason) {
    const std::string text = one_line(reason);
    constexpr const char* kId = "reelmend";
    const auto* v2 = suites.message_v2();
    const auto* v1 = suites.message_v1();
    // The text goes through "%s": it may hold a per cent sign.
    if (v2 != nullptr && v2->setPersistentMessage != nullptr && handle != nullptr)
        v2->setPersistentMessage(handle, kind, kId, "%s", text.c_str());
    else if (v1 != nullptr && v1->message != nullptr)
        v1->message(handle, kind, kId, "%s", text.c_str());
    else if (v2 != nullptr && v2->message != nullptr)
        v2->message(handle, kind, kId, "%s", text.c_str());
    else
        std::fprintf(stderr, "%s: %s\n", kId, text.c_str());
}

// Shows words once, for the user to read and wave away. `handle` is an instance.
inline void tell_once(const Suites& suites, void* handle, const char* kind, const std::string& words) {
    const std::string text = one_line(words);
    constexpr const char* kId = "reelmend";
    const auto* v2 = suites.message_v2();
    const auto* v1 = suites.message_v1();
    if (v2 != nullptr && v2->message != nullptr)
        v2->message(handle, kind, kId, "%s", text.c_str());
    else if (v1 != nullptr && v1->message != nullptr)
        v1->message(handle, kind, kId, "%s", text.c_str());
    else
        std::fprintf(stderr, "%s: %s\n", kId, text.c_str());
}

inline void show_error(const Suites& suites, void* handle, const std::string& reason) {
    show(suites, handle, kOfxMessageError, reason);
}

// Takes away what show() left on the effect.
inline void clear_error(const Suites& suites, void* handle) {
    const auto* v2 = suites.message_v2();
    if (v2 != nullptr && v2->clearPersistentMessage != nullptr) v2->clearPersistentMessage(handle);
}

}  // namespace ofxpp
