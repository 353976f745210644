// OfxStatus in words, and the exception that carries one.
#pragma once

#include <ofx/ofxImageEffect.h>

#include <stdexcept>
#include <string>

namespace ofxpp {

inline const char* status_name(OfxStatus status) {
    switch (status) {
        case kOfxStatOK:
            return "OK";
        case kOfxStatFailed:
            return "Failed";
        case kOfxStatErrFatal:
            return "ErrFatal";
        case kOfxStatErrUnknown:
            return "ErrUnknown";
        case kOfxStatErrMissingHostFeature:
            return "ErrMissingHostFeature";
        case kOfxStatErrUnsupported:
            return "ErrUnsupported";
        case kOfxStatErrExists:
            return "ErrExists";
        case kOfxStatErrFormat:
            return "ErrFormat";
        case kOfxStatErrMemory:
            return "ErrMemory";
        case kOfxStatErrBadHandle:
            return "ErrBadHandle";
        case kOfxStatErrBadIndex:
            return "ErrBadIndex";
        case kOfxStatErrValue:
            return "ErrValue";
        case kOfxStatReplyYes:
            return "ReplyYes";
        case kOfxStatReplyNo:
            return "ReplyNo";
        case kOfxStatReplyDefault:
            return "ReplyDefault";
        case kOfxStatErrImageFormat:
            return "ErrImageFormat";
        default:
            return "a status outside the standard";
    }
}

class Error : public std::runtime_error {
  public:
    Error(OfxStatus status, const std::string& message) : std::runtime_error(message), status_(status) {}
    OfxStatus status() const { return status_; }

  private:
    OfxStatus status_;
};

// Throws unless `status` is OK: "the host refused <what> '<name>': ErrBadHandle (9)".
inline void check(OfxStatus status, const char* what, const char* name = "") {
    if (status == kOfxStatOK) return;
    throw Error(status, std::string("the host refused ") + what + " '" + name + "': " + status_name(status) + " (" +
                            std::to_string(status) + ")");
}

// Whether the host merely doesn't know the thing, which is no error where the thing is optional.
inline bool means_unknown(OfxStatus status) {
    return status == kOfxStatErrUnknown || status == kOfxStatErrUnsupported ||
           status == kOfxStatErrMissingHostFeature || status == kOfxStatErrBadIndex;
}

// A suite's function, which a host may have left null.
template <class Function>
Function* require(Function* function, const char* name) {
    if (function == nullptr)
        throw Error(kOfxStatErrMissingHostFeature, std::string("the host lacks the suite function ") + name);
    return function;
}

}  // namespace ofxpp
