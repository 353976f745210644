// The only place that catches: no exception may cross into the host, which would end it.
#pragma once

#include <exception>
#include <new>
#include <utility>

#include "ofxpp/status.h"

namespace ofxpp {

// Runs `body` and answers its status. When it throws, hands the reason to `report(const char*)` and answers the status
// that the exception carries.
template <class Body, class Report>
OfxStatus guarded(Body&& body, Report&& report) noexcept {
    const auto say = [&report](OfxStatus status, const char* reason) noexcept {
        try {
            report(reason);
        } catch (...) {  // nothing is left to say it with
        }
        return status;
    };
    try {
        return body();
    } catch (const Error& error) {
        return say(error.status(), error.what());
    } catch (const std::bad_alloc&) {
        return say(kOfxStatErrMemory, "out of memory; close other programs or lower the resolution");
    } catch (const std::exception& error) {
        return say(kOfxStatFailed, error.what());
    } catch (...) {
        return say(kOfxStatFailed, "a defect without a name; report it");
    }
}

// Runs `body` and answers whether it came through without an `Expected` exception. Others pass.
template <class Expected, class Body>
bool succeeds(Body&& body) {
    try {
        std::forward<Body>(body)();
        return true;
    } catch (const Expected&) {
        return false;
    }
}

}  // namespace ofxpp
