// The suites as the test plug-ins use them, and small readers and writers on top.
#pragma once

#include <string>

#include "ofx/ofxImageEffect.h"
#include "ofx/ofxMemory.h"
#include "ofx/ofxMessage.h"
#include "ofx/ofxMultiThread.h"
#include "ofx/ofxParam.h"
#include "ofx/ofxProgress.h"
#include "ofx/ofxProperty.h"
#include "ofx/ofxTimeLine.h"

extern const OfxHost* the_host;
extern const OfxPropertySuiteV1* properties;
extern const OfxImageEffectSuiteV1* effects;
extern const OfxParameterSuiteV1* parameters;
extern const OfxMemorySuiteV1* memory;
extern const OfxMultiThreadSuiteV1* threads;
extern const OfxMessageSuiteV2* messages;
extern const OfxProgressSuiteV2* progress;
extern const OfxTimeLineSuiteV1* timeline;

OfxStatus fetchSuites();

struct Picture {
    Picture(OfxImageEffectHandle effect, const char* clip_name, double time);
    ~Picture();
    Picture(const Picture&) = delete;
    Picture& operator=(const Picture&) = delete;
    explicit operator bool() const { return handle != nullptr; }
    float* row(int y) const;
    void release();

    OfxPropertySetHandle handle = nullptr;
    OfxStatus status = kOfxStatFailed;
    OfxRectI bounds{};
    int row_bytes = 0;
    int channels = 0;
    char* data = nullptr;
};

OfxPropertySetHandle propertiesOf(OfxImageEffectHandle effect);
OfxPropertySetHandle defineParam(OfxParamSetHandle set, const char* type, const char* name);
OfxParamHandle param(OfxImageEffectHandle effect, const char* name);
int intParam(OfxImageEffectHandle effect, const char* name);
double doubleParam(OfxImageEffectHandle effect, const char* name, double time);
void defineClip(OfxImageEffectHandle effect, const char* name);
double timeOf(OfxPropertySetHandle in);
OfxRectI windowOf(OfxPropertySetHandle in);
void log(OfxImageEffectHandle effect, const std::string& text);

OfxStatus temporalAverage(const char* action, const void* handle, OfxPropertySetHandle in, OfxPropertySetHandle out);
OfxStatus misbehaviour(const char* action, const void* handle, OfxPropertySetHandle in, OfxPropertySetHandle out);
OfxStatus anyFormat(const char* action, const void* handle, OfxPropertySetHandle in, OfxPropertySetHandle out);
OfxStatus lawless(const char* action, const void* handle, OfxPropertySetHandle in, OfxPropertySetHandle out);
