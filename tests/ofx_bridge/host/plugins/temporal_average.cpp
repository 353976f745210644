// The mean of the frames t-radius to t+radius that exist, times gain, plus a colour; and one parameter of every kind.
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "suites.h"

namespace {

std::string statusText(const char* what, OfxStatus status) {
    return std::string(what) + "=" + std::to_string(status) + ";";
}

// What a host must refuse, told in the description so that a test can read it.
std::string refusals(OfxImageEffectHandle effect) {
    OfxPropertySetHandle props = propertiesOf(effect);
    int number = 0;
    char* text = nullptr;
    std::string report;
    report += statusText("unknown property", properties->propSetInt(props, "OfxPropNobodyKnows", 0, 1));
    report += statusText("wrong type", properties->propSetInt(props, kOfxPropLabel, 0, 1));
    report += statusText("bad index", properties->propGetString(props, kOfxPropLabel, 7, &text));
    report += statusText("bad handle",
                         properties->propGetInt(reinterpret_cast<OfxPropertySetHandle>(&number), "x", 0, &number));
    const bool unknown_suite = the_host->fetchSuite(the_host->host, "OfxNoSuchSuite", 1) == nullptr;
    const bool unknown_version = the_host->fetchSuite(the_host->host, kOfxPropertySuite, 9) == nullptr;
    return report + "unknown suites are null=" + (unknown_suite && unknown_version ? "yes" : "no");
}

OfxStatus describe(OfxImageEffectHandle effect) {
    OfxPropertySetHandle props = propertiesOf(effect);
    properties->propSetString(props, kOfxPropLabel, 0, "Temporal Average");
    properties->propSetString(props, kOfxImageEffectPluginPropGrouping, 0, "Reelmend Tests");
    properties->propSetString(props, kOfxImageEffectPropSupportedContexts, 0, kOfxImageEffectContextFilter);
    properties->propSetString(props, kOfxImageEffectPropSupportedContexts, 1, kOfxImageEffectContextGeneral);
    properties->propSetString(props, kOfxImageEffectPropSupportedPixelDepths, 0, kOfxBitDepthFloat);
    properties->propSetString(props, kOfxImageEffectPluginRenderThreadSafety, 0, kOfxImageEffectRenderFullySafe);
    properties->propSetInt(props, kOfxImageEffectPropTemporalClipAccess, 0, 1);
    properties->propSetString(props, kOfxPropPluginDescription, 0, refusals(effect).c_str());
    return kOfxStatOK;
}

OfxStatus interpolateCustom(OfxParamSetHandle, OfxPropertySetHandle in, OfxPropertySetHandle out) {
    char* values[2] = {nullptr, nullptr};
    double amount = 0;
    properties->propGetStringN(in, kOfxParamPropCustomValue, 2, values);
    properties->propGetDouble(in, kOfxParamPropInterpolationAmount, 0, &amount);
    const std::string text = std::string(values[0]) + "|" + values[1] + "|" + std::to_string(amount);
    return properties->propSetString(out, kOfxParamPropCustomValue, 0, text.c_str());
}

void defineNumbers(OfxParamSetHandle set) {
    OfxPropertySetHandle gain = defineParam(set, kOfxParamTypeDouble, "gain");
    properties->propSetDouble(gain, kOfxParamPropDefault, 0, 1.0);
    properties->propSetDouble(gain, kOfxParamPropMin, 0, 0.0);
    properties->propSetDouble(gain, kOfxParamPropMax, 0, 4.0);
    properties->propSetString(gain, kOfxParamPropHint, 0, "Multiplies the mean");
    properties->propSetString(gain, kOfxParamPropParent, 0, "group");
    OfxPropertySetHandle radius = defineParam(set, kOfxParamTypeInteger, "radius");
    properties->propSetInt(radius, kOfxParamPropDefault, 0, 1);
    properties->propSetInt(radius, kOfxParamPropMin, 0, 0);
    properties->propSetInt(radius, kOfxParamPropMax, 0, 15);
    defineParam(set, kOfxParamTypeInteger2D, "int2d");
    defineParam(set, kOfxParamTypeInteger3D, "int3d");
    OfxPropertySetHandle centre = defineParam(set, kOfxParamTypeDouble2D, "centre");
    properties->propSetString(centre, kOfxParamPropDoubleType, 0, kOfxParamDoubleTypeXYAbsolute);
    properties->propSetString(centre, kOfxParamPropDefaultCoordinateSystem, 0, kOfxParamCoordinatesNormalised);
    properties->propSetDouble(centre, kOfxParamPropDefault, 0, 0.5);
    properties->propSetDouble(centre, kOfxParamPropDefault, 1, 0.5);
    defineParam(set, kOfxParamTypeDouble3D, "double3d");
    defineParam(set, kOfxParamTypeRGB, "rgb");
    defineParam(set, kOfxParamTypeRGBA, "offset");
}

void defineOthers(OfxParamSetHandle set) {
    defineParam(set, kOfxParamTypeGroup, "group");
    OfxPropertySetHandle page = defineParam(set, kOfxParamTypePage, "page");
    properties->propSetString(page, kOfxParamPropPageChild, 0, "gain");
    properties->propSetString(page, kOfxParamPropPageChild, 1, "radius");
    defineParam(set, kOfxParamTypeBoolean, "report progress");
    OfxPropertySetHandle mode = defineParam(set, kOfxParamTypeChoice, "mode");
    properties->propSetString(mode, kOfxParamPropChoiceOption, 0, "Mean");
    properties->propSetString(mode, kOfxParamPropChoiceOption, 1, "Source");
    OfxPropertySetHandle flavour = defineParam(set, kOfxParamTypeStrChoice, "flavour");
    properties->propSetString(flavour, kOfxParamPropDefault, 0, "sweet");
    properties->propSetString(flavour, kOfxParamPropChoiceOption, 0, "Sweet");
    properties->propSetString(flavour, kOfxParamPropChoiceOption, 1, "Sour");
    properties->propSetString(flavour, kOfxParamPropChoiceEnum, 0, "sweet");
    properties->propSetString(flavour, kOfxParamPropChoiceEnum, 1, "sour");
    OfxPropertySetHandle text = defineParam(set, kOfxParamTypeString, "text");
    properties->propSetString(text, kOfxParamPropDefault, 0, "hello");
    OfxPropertySetHandle custom = defineParam(set, kOfxParamTypeCustom, "custom");
    properties->propSetInt(custom, kOfxParamPropAnimates, 0, 1);
    properties->propSetPointer(custom, kOfxParamPropCustomInterpCallbackV1, 0,
                               reinterpret_cast<void*>(interpolateCustom));
    static const unsigned char preset[] = {1, 0, 2};
    static const OfxBytes bytes = {preset, sizeof preset};
    OfxPropertySetHandle blob = defineParam(set, kOfxParamTypeBytes, "blob");
    // A host without such parameters gives no property set.
    if (blob != nullptr) properties->propSetPointer(blob, kOfxParamPropDefault, 0, const_cast<OfxBytes*>(&bytes));
    defineParam(set, kOfxParamTypePushButton, "widen");
    OfxPropertySetHandle refused = defineParam(set, kOfxParamTypeString, "refused");
    OfxPropertySetHandle ignored = nullptr;
    std::string report =
        statusText("unknown type", parameters->paramDefine(set, "OfxParamTypeNobodyKnows", "x", &ignored));
    report += statusText("twice", parameters->paramDefine(set, kOfxParamTypeDouble, "gain", &ignored));
    properties->propSetString(refused, kOfxParamPropDefault, 0, report.c_str());
}

OfxStatus describeInContext(OfxImageEffectHandle effect) {
    defineClip(effect, kOfxImageEffectSimpleSourceClipName);
    defineClip(effect, kOfxImageEffectOutputClipName);
    OfxParamSetHandle set = nullptr;
    effects->getParamSet(effect, &set);
    defineNumbers(set);
    defineOthers(set);
    return kOfxStatOK;
}

OfxStatus framesNeeded(OfxImageEffectHandle effect, OfxPropertySetHandle in, OfxPropertySetHandle out) {
    const double radius = intParam(effect, "radius");
    const double range[2] = {timeOf(in) - radius, timeOf(in) + radius};
    return properties->propSetDoubleN(out, "OfxImageClipPropFrameRange_Source", 2, range);
}

OfxStatus isIdentity(OfxImageEffectHandle effect, OfxPropertySetHandle in, OfxPropertySetHandle out) {
    if (intParam(effect, "mode") != 1) return kOfxStatReplyDefault;
    properties->propSetString(out, kOfxPropName, 0, kOfxImageEffectSimpleSourceClipName);
    properties->propSetDouble(out, kOfxPropTime, 0, timeOf(in));
    return kOfxStatOK;
}

OfxStatus render(OfxImageEffectHandle effect, OfxPropertySetHandle in) {
    const double time = timeOf(in);
    const OfxRectI window = windowOf(in);
    const int radius = intParam(effect, "radius");
    const double gain = doubleParam(effect, "gain", time);
    double offset[4] = {0, 0, 0, 0};
    parameters->paramGetValueAtTime(param(effect, "offset"), time, &offset[0], &offset[1], &offset[2], &offset[3]);
    const bool reports = intParam(effect, "report progress") != 0 && progress != nullptr;
    if (reports) progress->progressStart(effect, "averaging", "average");

    Picture output(effect, kOfxImageEffectOutputClipName, time);
    if (!output) return output.status;
    std::vector<std::unique_ptr<Picture>> window_pictures;
    for (int step = -radius; step <= radius; ++step) {
        if (effects->abort(effect)) return kOfxStatFailed;
        auto picture = std::make_unique<Picture>(effect, kOfxImageEffectSimpleSourceClipName, time + step);
        if (*picture) window_pictures.push_back(std::move(picture));
        if (reports && progress->progressUpdate(effect, (step + radius + 1.0) / (2 * radius + 1)) == kOfxStatReplyNo) {
            return kOfxStatFailed;
        }
    }
    if (window_pictures.empty()) return kOfxStatFailed;
    for (int y = window.y1; y < window.y2; ++y) {
        for (int i = window.x1 * output.channels; i < window.x2 * output.channels; ++i) {
            double sum = 0;
            for (const auto& picture : window_pictures) sum += picture->row(y)[i];
            const double mean = sum / static_cast<double>(window_pictures.size());
            output.row(y)[i] = static_cast<float>(mean * gain + offset[i % output.channels]);
        }
    }
    if (reports) progress->progressEnd(effect);
    return kOfxStatOK;
}

OfxStatus instanceChanged(OfxImageEffectHandle effect, OfxPropertySetHandle in) {
    char* name = nullptr;
    char* reason = nullptr;
    properties->propGetString(in, kOfxPropName, 0, &name);
    properties->propGetString(in, kOfxPropChangeReason, 0, &reason);
    log(effect, std::string("changed ") + name + " " + reason);
    if (std::string(name) == "blob" && std::string(reason) == kOfxChangeUserEdited) {
        OfxBytes given{};
        parameters->paramGetValue(param(effect, "blob"), &given);
        const std::string doubled = std::string(reinterpret_cast<const char*>(given.data), given.length) +
                                    std::string(reinterpret_cast<const char*>(given.data), given.length);
        const OfxBytes answer = {reinterpret_cast<const unsigned char*>(doubled.data()), doubled.size()};
        return parameters->paramSetValue(param(effect, "blob"), &answer);
    }
    if (std::string(name) != "widen") return kOfxStatReplyDefault;
    if (messages != nullptr &&
        messages->message(effect, kOfxMessageQuestion, "widen", "Widen to %d frames?", 5) != kOfxStatReplyYes) {
        return kOfxStatOK;
    }
    return parameters->paramSetValue(param(effect, "radius"), 5);
}

}  // namespace

OfxStatus temporalAverage(const char* name, const void* handle, OfxPropertySetHandle in, OfxPropertySetHandle out) {
    const std::string action = name;
    auto effect = static_cast<OfxImageEffectHandle>(const_cast<void*>(handle));
    if (action == kOfxActionLoad) return fetchSuites();
    if (action == kOfxActionDescribe) return describe(effect);
    if (action == kOfxImageEffectActionDescribeInContext) return describeInContext(effect);
    if (action == kOfxActionCreateInstance || action == kOfxActionDestroyInstance) return kOfxStatOK;
    if (action == kOfxImageEffectActionGetFramesNeeded) return framesNeeded(effect, in, out);
    if (action == kOfxImageEffectActionIsIdentity) return isIdentity(effect, in, out);
    if (action == kOfxImageEffectActionRender) return render(effect, in);
    if (action == kOfxActionInstanceChanged) return instanceChanged(effect, in);
    if (action == kOfxImageEffectActionBeginSequenceRender || action == kOfxImageEffectActionEndSequenceRender) {
        double range[2] = {0, 0};
        double step = 0;
        int sequential = 0;
        properties->propGetDoubleN(in, kOfxImageEffectPropFrameRange, 2, range);
        properties->propGetDouble(in, kOfxImageEffectPropFrameStep, 0, &step);
        properties->propGetInt(in, kOfxImageEffectPropSequentialRenderStatus, 0, &sequential);
        log(effect, action + " " + std::to_string(static_cast<int>(range[0])) + ".." +
                        std::to_string(static_cast<int>(range[1])) + " step " + std::to_string(static_cast<int>(step)) +
                        " sequential " + std::to_string(sequential));
        return kOfxStatOK;
    }
    return kOfxStatReplyDefault;
}
