// Failures inside the host carry the OfxStatus that the plug-in shall see.
#pragma once

#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "ofx/ofxCore.h"
#include "ofx/ofxImageEffect.h"

namespace ofxhost {

class StatusError : public std::runtime_error {
  public:
    StatusError(OfxStatus status, const std::string& message) : std::runtime_error(message), status_(status) {}
    OfxStatus status() const { return status_; }

  private:
    OfxStatus status_;
};

// Runs the body of a suite function; the only place where an exception becomes a status.
template <class Body>
OfxStatus guarded(Body&& body) noexcept {
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<Body>>) {
            body();
            return kOfxStatOK;
        } else {
            return body();
        }
    } catch (const StatusError& error) {
        return error.status();
    } catch (const std::bad_alloc&) {
        return kOfxStatErrMemory;
    } catch (...) {
        return kOfxStatFailed;
    }
}

// True when an action did its work or left it to the host's default.
inline bool accepted(OfxStatus status) {
    return status == kOfxStatOK || status == kOfxStatReplyDefault;
}

}  // namespace ofxhost
