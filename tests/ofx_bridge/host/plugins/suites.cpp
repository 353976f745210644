#include "suites.h"

const OfxHost* the_host = nullptr;
const OfxPropertySuiteV1* properties = nullptr;
const OfxImageEffectSuiteV1* effects = nullptr;
const OfxParameterSuiteV1* parameters = nullptr;
const OfxMemorySuiteV1* memory = nullptr;
const OfxMultiThreadSuiteV1* threads = nullptr;
const OfxMessageSuiteV2* messages = nullptr;
const OfxProgressSuiteV2* progress = nullptr;
const OfxTimeLineSuiteV1* timeline = nullptr;

namespace {

template <class Suite>
void fetch(const Suite*& suite, const char* name, int version) {
    suite = static_cast<const Suite*>(the_host->fetchSuite(the_host->host, name, version));
}

}  // namespace

OfxStatus fetchSuites() {
    fetch(properties, kOfxPropertySuite, 1);
    fetch(effects, kOfxImageEffectSuite, 1);
    fetch(parameters, kOfxParameterSuite, 1);
    fetch(memory, kOfxMemorySuite, 1);
    fetch(threads, kOfxMultiThreadSuite, 1);
    fetch(messages, kOfxMessageSuite, 2);
    fetch(progress, kOfxProgressSuite, 2);
    fetch(timeline, kOfxTimeLineSuite, 1);
    const bool complete = properties && effects && parameters && memory && threads;
    return complete ? kOfxStatOK : kOfxStatErrMissingHostFeature;
}

Picture::Picture(OfxImageEffectHandle effect, const char* clip_name, double time) {
    OfxImageClipHandle clip = nullptr;
    status = effects->clipGetHandle(effect, clip_name, &clip, nullptr);
    if (status == kOfxStatOK) status = effects->clipGetImage(clip, time, nullptr, &handle);
    if (status != kOfxStatOK) {
        handle = nullptr;
        return;
    }
    void* pointer = nullptr;
    char* components = nullptr;
    properties->propGetPointer(handle, kOfxImagePropData, 0, &pointer);
    properties->propGetIntN(handle, kOfxImagePropBounds, 4, &bounds.x1);
    properties->propGetInt(handle, kOfxImagePropRowBytes, 0, &row_bytes);
    properties->propGetString(handle, kOfxImageEffectPropComponents, 0, &components);
    channels = std::string(components) == kOfxImageComponentRGBA ? 4 : 3;
    data = static_cast<char*>(pointer);
}

Picture::~Picture() {
    release();
}

void Picture::release() {
    if (handle != nullptr) effects->clipReleaseImage(handle);
    handle = nullptr;
}

float* Picture::row(int y) const {
    return reinterpret_cast<float*>(data + static_cast<long>(y - bounds.y1) * row_bytes);
}

OfxPropertySetHandle propertiesOf(OfxImageEffectHandle effect) {
    OfxPropertySetHandle set = nullptr;
    effects->getPropertySet(effect, &set);
    return set;
}

OfxPropertySetHandle defineParam(OfxParamSetHandle set, const char* type, const char* name) {
    OfxPropertySetHandle props = nullptr;
    parameters->paramDefine(set, type, name, &props);
    return props;
}

OfxParamHandle param(OfxImageEffectHandle effect, const char* name) {
    OfxParamSetHandle set = nullptr;
    OfxParamHandle handle = nullptr;
    effects->getParamSet(effect, &set);
    parameters->paramGetHandle(set, name, &handle, nullptr);
    return handle;
}

int intParam(OfxImageEffectHandle effect, const char* name) {
    int value = 0;
    parameters->paramGetValue(param(effect, name), &value);
    return value;
}

double doubleParam(OfxImageEffectHandle effect, const char* name, double time) {
    double value = 0;
    parameters->paramGetValueAtTime(param(effect, name), time, &value);
    return value;
}

void defineClip(OfxImageEffectHandle effect, const char* name) {
    OfxPropertySetHandle props = nullptr;
    effects->clipDefine(effect, name, &props);
    properties->propSetString(props, kOfxImageEffectPropSupportedComponents, 0, kOfxImageComponentRGBA);
    properties->propSetString(props, kOfxImageEffectPropSupportedComponents, 1, kOfxImageComponentRGB);
    properties->propSetInt(props, kOfxImageEffectPropTemporalClipAccess, 0, 1);
}

double timeOf(OfxPropertySetHandle in) {
    double time = 0;
    properties->propGetDouble(in, kOfxPropTime, 0, &time);
    return time;
}

OfxRectI windowOf(OfxPropertySetHandle in) {
    OfxRectI window{};
    properties->propGetIntN(in, kOfxImageEffectPropRenderWindow, 4, &window.x1);
    return window;
}

void log(OfxImageEffectHandle effect, const std::string& text) {
    if (messages != nullptr) messages->message(effect, kOfxMessageLog, "test", "%s", text.c_str());
}
