#include "effect.h"
#include "suites.h"

namespace ofxhost {

namespace {

OfxStatus start(void* effect, const char* label, const char* id) {
    return guarded([&] {
        const Listener* listener = Effect::from(effect).listener();
        if (listener != nullptr && listener->progress_start) {
            listener->progress_start(label == nullptr ? "" : label, id == nullptr ? "" : id);
        }
    });
}

OfxStatus startV1(void* effect, const char* label) {
    return start(effect, label, nullptr);
}

OfxStatus update(void* effect, double progress) {
    return guarded([&]() -> OfxStatus {
        const Listener* listener = Effect::from(effect).listener();
        if (listener == nullptr || !listener->progress_update) return kOfxStatOK;
        return listener->progress_update(progress) ? kOfxStatOK : kOfxStatReplyNo;
    });
}

OfxStatus end(void* effect) {
    return guarded([&] {
        const Listener* listener = Effect::from(effect).listener();
        if (listener != nullptr && listener->progress_end) listener->progress_end();
    });
}

}  // namespace

const OfxProgressSuiteV1* progressSuiteV1() {
    static const OfxProgressSuiteV1 suite = {startV1, update, end};
    return &suite;
}

const OfxProgressSuiteV2* progressSuiteV2() {
    static const OfxProgressSuiteV2 suite = {start, update, end};
    return &suite;
}

}  // namespace ofxhost
