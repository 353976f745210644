#include <cstdarg>
#include <cstdio>
#include <vector>

#include "action.h"
#include "instance.h"
#include "suites.h"

namespace ofxhost {

namespace {

std::string formatted(const char* format, va_list arguments) {
    if (format == nullptr) return "";
    va_list measure;
    va_copy(measure, arguments);
    const int length = std::vsnprintf(nullptr, 0, format, measure);
    va_end(measure);
    if (length < 0) throw StatusError(kOfxStatErrFormat, "message format cannot be read");
    std::vector<char> text(static_cast<size_t>(length) + 1);
    std::vsnprintf(text.data(), text.size(), format, arguments);
    return std::string(text.data(), static_cast<size_t>(length));
}

// Plug-ins may pass no handle; then the action on this thread tells whom it is about.
Listener* listenerFor(void* handle) {
    if (handle != nullptr) return Effect::from(handle).listener();
    return currentAction() == nullptr ? nullptr : currentAction()->listener;
}

// An instance's error message stands until it is cleared, and some hosts do not render meanwhile.
void noteErrorMessage(void* handle, bool stands) {
    auto* instance = handle == nullptr ? nullptr : dynamic_cast<EffectInstance*>(&Effect::from(handle));
    if (instance == nullptr && currentAction() != nullptr) instance = currentAction()->instance;
    if (instance != nullptr) instance->noteErrorMessage(stands);
}

OfxStatus deliver(void* handle, const char* type, const char* id, const std::string& text, bool persistent) {
    const Listener* listener = listenerFor(handle);
    if (listener == nullptr || !listener->message) return kOfxStatOK;
    return listener->message({type == nullptr ? "" : type, id == nullptr ? "" : id, text, persistent});
}

OfxStatus message(void* handle, const char* type, const char* id, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const OfxStatus status = guarded([&] { return deliver(handle, type, id, formatted(format, arguments), false); });
    va_end(arguments);
    return status;
}

OfxStatus setPersistentMessage(void* handle, const char* type, const char* id, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const OfxStatus status = guarded([&] {
        const std::string kind = type == nullptr ? "" : type;
        if (kind == kOfxMessageError || kind == kOfxMessageFatal) noteErrorMessage(handle, true);
        return deliver(handle, type, id, formatted(format, arguments), true);
    });
    va_end(arguments);
    return status;
}

OfxStatus clearPersistentMessage(void* handle) {
    return guarded([&] {
        noteErrorMessage(handle, false);
        const Listener* listener = listenerFor(handle);
        if (listener != nullptr && listener->persistent_cleared) listener->persistent_cleared();
    });
}

}  // namespace

const OfxMessageSuiteV1* messageSuiteV1() {
    static const OfxMessageSuiteV1 suite = {message};
    return &suite;
}

const OfxMessageSuiteV2* messageSuiteV2() {
    static const OfxMessageSuiteV2 suite = {message, setPersistentMessage, clearPersistentMessage};
    return &suite;
}

}  // namespace ofxhost
