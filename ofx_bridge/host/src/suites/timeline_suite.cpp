#include "instance.h"
#include "suites.h"

namespace ofxhost {

namespace {

EffectInstance& instanceFrom(void* handle) {
    auto* instance = dynamic_cast<EffectInstance*>(&Effect::from(handle));
    if (instance == nullptr) throw StatusError(kOfxStatErrBadHandle, "a descriptor has no timeline");
    return *instance;
}

OfxStatus getTime(void* handle, double* time) {
    return guarded([&] { *time = instanceFrom(handle).now(); });
}

OfxStatus gotoTime(void* handle, double time) {
    return guarded([&] {
        EffectInstance& instance = instanceFrom(handle);
        instance.goTo(time);
        if (instance.listener() != nullptr && instance.listener()->goto_time) instance.listener()->goto_time(time);
    });
}

OfxStatus getTimeBounds(void* handle, double* first, double* last) {
    return guarded([&] {
        const Project& project = instanceFrom(handle).project();
        *first = project.first_frame;
        *last = project.last_frame;
    });
}

}  // namespace

const OfxTimeLineSuiteV1* timeLineSuite() {
    static const OfxTimeLineSuiteV1 suite = {getTime, gotoTime, getTimeBounds};
    return &suite;
}

}  // namespace ofxhost
