// Breaks one rule of the standard on purpose, by name: what a strict host must see.
#include <cstring>
#include <string>

#include "suites.h"

namespace {

const char* const kCrimes[] = {
    "none",       "undeclared frame", "write source", "write around", "outside window",    "wrong type",
    "bad index",  "unknown property", "bad value",    "read-only",    "fetch in identity", "bad status",
    "odd status", "string on stack",  "wrong frames", "keep message",
};

std::string crimeOf(OfxImageEffectHandle effect) {
    char* value = nullptr;
    parameters->paramGetValue(param(effect, "crime"), &value);
    return value;
}

OfxStatus describe(OfxImageEffectHandle effect) {
    OfxPropertySetHandle props = propertiesOf(effect);
    properties->propSetString(props, kOfxPropLabel, 0, "Law-less");
    properties->propSetString(props, kOfxImageEffectPropSupportedContexts, 0, kOfxImageEffectContextFilter);
    properties->propSetString(props, kOfxImageEffectPropSupportedPixelDepths, 0, kOfxBitDepthFloat);
    properties->propSetString(props, kOfxImageEffectPluginRenderThreadSafety, 0, kOfxImageEffectRenderFullySafe);
    properties->propSetInt(props, kOfxImageEffectPropTemporalClipAccess, 0, 1);
    return kOfxStatOK;
}

OfxStatus describeInContext(OfxImageEffectHandle effect) {
    defineClip(effect, kOfxImageEffectSimpleSourceClipName);
    defineClip(effect, kOfxImageEffectOutputClipName);
    OfxParamSetHandle set = nullptr;
    effects->getParamSet(effect, &set);
    OfxPropertySetHandle props = defineParam(set, kOfxParamTypeString, "crime");
    properties->propSetString(props, kOfxParamPropDefault, 0, kCrimes[0]);
    defineParam(set, kOfxParamTypeDouble, "no-range");
    OfxPropertySetHandle lost = defineParam(set, kOfxParamTypeBoolean, "lost");
    properties->propSetString(lost, kOfxParamPropParent, 0, "nowhere");
    OfxPropertySetHandle menu = defineParam(set, kOfxParamTypeChoice, "menu");
    properties->propSetString(menu, kOfxParamPropChoiceOption, 0, "Only");
    properties->propSetInt(menu, kOfxParamPropDefault, 0, 3);
    return kOfxStatOK;
}

// The string's memory is used for something else as soon as this returns.
void setFromStack(OfxPropertySetHandle props) {
    char text[64];
    std::strcpy(text, "a label that lives on the stack only");
    properties->propSetString(props, kOfxPropLabel, 0, text);
    std::memset(text, 0, sizeof text);
    asm volatile("" : : "r"(text) : "memory");
}

void commit(const std::string& crime, OfxImageEffectHandle effect, OfxPropertySetHandle in, const Picture& source,
            const Picture& output) {
    OfxPropertySetHandle props = propertiesOf(effect);
    int number = 0;
    double time = timeOf(in);
    if (crime == "undeclared frame") {
        const Picture other(effect, kOfxImageEffectSimpleSourceClipName, time + 1);
    } else if (crime == "write source") {
        source.row(source.bounds.y1)[0] = 0.25F;
    } else if (crime == "write around") {
        output.row(output.bounds.y1)[-1] = 0.25F;
    } else if (crime == "outside window") {
        output.row(output.bounds.y2 - 1)[0] = 0.25F;
    } else if (crime == "wrong type") {
        properties->propGetInt(in, kOfxPropTime, 0, &number);
    } else if (crime == "bad index") {
        properties->propGetDouble(in, kOfxPropTime, 5, &time);
    } else if (crime == "unknown property") {
        properties->propGetInt(props, "OfxPropNobodyKnows", 0, &number);
    } else if (crime == "bad value") {
        OfxParamSetHandle set = nullptr;
        effects->getParamSet(effect, &set);
        OfxPropertySetHandle menu = nullptr;
        parameters->paramGetHandle(set, "menu", nullptr, &menu);
        properties->propSetString(menu, kOfxParamPropCacheInvalidation, 0, "sometimes");
    } else if (crime == "read-only") {
        properties->propSetDouble(in, kOfxPropTime, 0, 3.0);
    } else if (crime == "string on stack") {
        OfxParamSetHandle set = nullptr;
        effects->getParamSet(effect, &set);
        OfxPropertySetHandle menu = nullptr;
        parameters->paramGetHandle(set, "menu", nullptr, &menu);
        setFromStack(menu);
    }
}

OfxStatus render(OfxImageEffectHandle effect, OfxPropertySetHandle in) {
    const std::string crime = crimeOf(effect);
    if (crime == "keep message" && messages != nullptr) {
        messages->setPersistentMessage(effect, kOfxMessageError, "kept", "nobody clears this");
    }
    if (crime == "keep message") return kOfxStatFailed;
    const OfxRectI window = windowOf(in);
    const Picture source(effect, kOfxImageEffectSimpleSourceClipName, timeOf(in));
    const Picture output(effect, kOfxImageEffectOutputClipName, timeOf(in));
    if (!source || !output) return kOfxStatFailed;
    for (int y = window.y1; y < window.y2; ++y) {
        const auto offset = static_cast<size_t>(window.x1 - output.bounds.x1) * output.channels;
        std::memcpy(output.row(y) + offset, source.row(y) + offset,
                    static_cast<size_t>(window.x2 - window.x1) * output.channels * sizeof(float));
    }
    commit(crime, effect, in, source, output);
    if (crime == "bad status") return 4711;
    return crime == "odd status" ? kOfxStatErrBadIndex : kOfxStatOK;
}

OfxStatus framesNeeded(OfxImageEffectHandle effect, OfxPropertySetHandle in, OfxPropertySetHandle out) {
    if (crimeOf(effect) == "wrong frames") return kOfxStatErrBadHandle;
    const double range[2] = {timeOf(in), timeOf(in)};
    return properties->propSetDoubleN(out, "OfxImageClipPropFrameRange_Source", 2, range);
}

OfxStatus isIdentity(OfxImageEffectHandle effect, OfxPropertySetHandle in) {
    if (crimeOf(effect) == "fetch in identity") {
        const Picture source(effect, kOfxImageEffectSimpleSourceClipName, timeOf(in));
    }
    return kOfxStatReplyDefault;
}

}  // namespace

OfxStatus lawless(const char* name, const void* handle, OfxPropertySetHandle in, OfxPropertySetHandle out) {
    const std::string action = name;
    auto effect = static_cast<OfxImageEffectHandle>(const_cast<void*>(handle));
    if (action == kOfxActionLoad) return fetchSuites();
    if (action == kOfxActionDescribe) return describe(effect);
    if (action == kOfxImageEffectActionDescribeInContext) return describeInContext(effect);
    if (action == kOfxImageEffectActionGetFramesNeeded) return framesNeeded(effect, in, out);
    if (action == kOfxImageEffectActionIsIdentity) return isIdentity(effect, in);
    if (action == kOfxImageEffectActionRender) return render(effect, in);
    return kOfxStatReplyDefault;
}
