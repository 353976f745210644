// Copies its source in any depth, components, scale and field, in every context; says on demand what it was given.
#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "suites.h"

namespace {

std::string textOf(OfxPropertySetHandle set, const char* name) {
    char* text = nullptr;
    return properties->propGetString(set, name, 0, &text) == kOfxStatOK && text != nullptr ? text : "?";
}

// An image of any format; empty where the clip has none.
struct Pixels {
    Pixels(OfxImageEffectHandle effect, const char* clip_name, double time) {
        OfxImageClipHandle clip = nullptr;
        if (effects->clipGetHandle(effect, clip_name, &clip, nullptr) != kOfxStatOK) return;
        if (effects->clipGetImage(clip, time, nullptr, &image) != kOfxStatOK) {
            image = nullptr;
            return;
        }
        void* pointer = nullptr;
        properties->propGetPointer(image, kOfxImagePropData, 0, &pointer);
        properties->propGetIntN(image, kOfxImagePropBounds, 4, &bounds.x1);
        properties->propGetInt(image, kOfxImagePropRowBytes, 0, &row_bytes);
        data = static_cast<char*>(pointer);
        depth = textOf(image, kOfxImageEffectPropPixelDepth);
        components = textOf(image, kOfxImageEffectPropComponents);
        field = textOf(image, kOfxImagePropField);
        const int channels = components == kOfxImageComponentRGBA ? 4 : components == kOfxImageComponentRGB ? 3 : 1;
        const int sample = depth == kOfxBitDepthFloat ? 4 : depth == kOfxBitDepthByte ? 1 : 2;
        pixel_bytes = channels * sample;
    }
    ~Pixels() {
        if (image != nullptr) effects->clipReleaseImage(image);
    }
    Pixels(const Pixels&) = delete;
    Pixels& operator=(const Pixels&) = delete;
    char* at(int x, int y) const {
        return data + static_cast<std::ptrdiff_t>(y - bounds.y1) * row_bytes + (x - bounds.x1) * pixel_bytes;
    }
    std::string told() const {
        if (image == nullptr) return "none";
        double scale[2] = {0, 0};
        properties->propGetDoubleN(image, kOfxImageEffectPropRenderScale, 2, scale);
        const auto number = [](int value) { return std::to_string(value); };
        return depth + " " + components + " " + field + " [" + number(bounds.x1) + "," + number(bounds.y1) + "," +
               number(bounds.x2) + "," + number(bounds.y2) + "] rows " + (row_bytes < 0 ? "down" : "up") + " scale " +
               std::to_string(scale[0]).substr(0, 5) + " " + textOf(image, kOfxImageEffectPropPreMultiplication);
    }

    OfxPropertySetHandle image = nullptr;
    OfxRectI bounds{};
    int row_bytes = 0;
    int pixel_bytes = 0;
    char* data = nullptr;
    std::string depth;
    std::string components;
    std::string field;
};

OfxStatus describe(OfxImageEffectHandle effect) {
    OfxPropertySetHandle props = propertiesOf(effect);
    properties->propSetString(props, kOfxPropLabel, 0, "Any Format");
    properties->propSetString(props, kOfxImageEffectPluginPropGrouping, 0, "Reelmend Tests");
    const char* const contexts[] = {kOfxImageEffectContextFilter, kOfxImageEffectContextGeneral,
                                    kOfxImageEffectContextGenerator, kOfxImageEffectContextTransition,
                                    kOfxImageEffectContextRetimer};
    const char* const depths[] = {kOfxBitDepthByte, kOfxBitDepthShort, kOfxBitDepthHalf, kOfxBitDepthFloat};
    properties->propSetStringN(props, kOfxImageEffectPropSupportedContexts, 5, contexts);
    properties->propSetStringN(props, kOfxImageEffectPropSupportedPixelDepths, 4, depths);
    properties->propSetString(props, kOfxImageEffectPluginRenderThreadSafety, 0, kOfxImageEffectRenderFullySafe);
    properties->propSetInt(props, kOfxImageEffectPropTemporalClipAccess, 0, 1);
    properties->propSetInt(props, kOfxImageEffectPluginPropHostFrameThreading, 0, 0);
    return kOfxStatOK;
}

void anyClip(OfxImageEffectHandle effect, const char* name) {
    OfxPropertySetHandle props = nullptr;
    const char* const components[] = {kOfxImageComponentRGBA, kOfxImageComponentRGB, kOfxImageComponentAlpha};
    effects->clipDefine(effect, name, &props);
    properties->propSetStringN(props, kOfxImageEffectPropSupportedComponents, 3, components);
    properties->propSetInt(props, kOfxImageEffectPropTemporalClipAccess, 0, 1);
}

OfxStatus describeInContext(OfxImageEffectHandle effect, OfxPropertySetHandle in) {
    const std::string context = textOf(in, kOfxImageEffectPropContext);
    OfxParamSetHandle set = nullptr;
    effects->getParamSet(effect, &set);
    if (context == kOfxImageEffectContextTransition) {
        anyClip(effect, kOfxImageEffectTransitionSourceFromClipName);
        anyClip(effect, kOfxImageEffectTransitionSourceToClipName);
        defineParam(set, kOfxParamTypeDouble, kOfxImageEffectTransitionParamName);
    } else if (context != kOfxImageEffectContextGenerator) {
        anyClip(effect, kOfxImageEffectSimpleSourceClipName);
    }
    if (context == kOfxImageEffectContextRetimer) {
        defineParam(set, kOfxParamTypeDouble, kOfxImageEffectRetimerParamName);
    }
    anyClip(effect, kOfxImageEffectOutputClipName);
    defineParam(set, kOfxParamTypeInteger, "radius");
    OfxPropertySetHandle touch = defineParam(set, kOfxParamTypeBoolean, "touch");
    properties->propSetInt(touch, kOfxParamPropDefault, 0, 1);
    defineParam(set, kOfxParamTypeBoolean, "tell");
    defineParam(set, kOfxParamTypePushButton, "examine");
    return kOfxStatOK;
}

std::string contextOf(OfxImageEffectHandle effect) {
    return textOf(propertiesOf(effect), kOfxImageEffectPropContext);
}

// The clip that is shown at `time`, and when.
std::pair<const char*, double> shown(OfxImageEffectHandle effect, double time) {
    const std::string context = contextOf(effect);
    if (context == kOfxImageEffectContextTransition) {
        const bool late = doubleParam(effect, kOfxImageEffectTransitionParamName, time) >= 0.5;
        return {late ? kOfxImageEffectTransitionSourceToClipName : kOfxImageEffectTransitionSourceFromClipName, time};
    }
    if (context == kOfxImageEffectContextRetimer) {
        time = doubleParam(effect, kOfxImageEffectRetimerParamName, time);
    }
    return {kOfxImageEffectSimpleSourceClipName, time};
}

OfxStatus framesNeeded(OfxImageEffectHandle effect, OfxPropertySetHandle in, OfxPropertySetHandle out) {
    if (contextOf(effect) == kOfxImageEffectContextGenerator) return kOfxStatReplyDefault;
    const auto [clip, time] = shown(effect, timeOf(in));
    const double radius = intParam(effect, "radius");
    const double range[2] = {time - radius, time + radius};
    return properties->propSetDoubleN(out, ("OfxImageClipPropFrameRange_" + std::string(clip)).c_str(), 2, range);
}

void copy(const Pixels& from, const Pixels& to, const OfxRectI& window) {
    const auto row_length = static_cast<size_t>(window.x2 - window.x1) * to.pixel_bytes;
    for (int y = window.y1; y < window.y2; ++y) {
        std::memset(to.at(window.x1, y), 0, row_length);
        if (from.image == nullptr || from.pixel_bytes != to.pixel_bytes) continue;
        const int x1 = std::max(window.x1, from.bounds.x1);
        const int x2 = std::min(window.x2, from.bounds.x2);
        if (y < from.bounds.y1 || y >= from.bounds.y2 || x1 >= x2) continue;
        std::memcpy(to.at(x1, y), from.at(x1, y), static_cast<size_t>(x2 - x1) * to.pixel_bytes);
    }
}

OfxStatus render(OfxImageEffectHandle effect, OfxPropertySetHandle in) {
    const double time = timeOf(in);
    const auto [clip, source_time] = shown(effect, time);
    const int radius = intParam(effect, "radius");
    std::vector<std::unique_ptr<Pixels>> neighbours;
    for (int step = -radius; step <= radius; ++step) {
        neighbours.push_back(std::make_unique<Pixels>(effect, clip, source_time + step));
    }
    const Pixels output(effect, kOfxImageEffectOutputClipName, time);
    if (output.image == nullptr) return kOfxStatFailed;
    const Pixels& source = *neighbours[static_cast<size_t>(radius)];
    if (intParam(effect, "tell") != 0) {
        log(effect, "source " + source.told() + "; output " + output.told() + "; field " +
                        textOf(in, kOfxImageEffectPropFieldToRender));
    }
    // A host may leave the window out; then it is the whole image.
    const OfxRectI asked = windowOf(in);
    const OfxRectI window = asked.x1 < asked.x2 ? asked : output.bounds;
    if (intParam(effect, "touch") != 0) copy(source, output, window);
    return effects->abort(effect) != 0 ? kOfxStatFailed : kOfxStatOK;
}

OfxStatus instanceChanged(OfxImageEffectHandle effect, OfxPropertySetHandle in) {
    if (textOf(in, kOfxPropName) != "examine") return kOfxStatReplyDefault;
    const Pixels now(effect, kOfxImageEffectSimpleSourceClipName, timeOf(in));
    const Pixels other(effect, kOfxImageEffectSimpleSourceClipName, timeOf(in) + 1);
    log(effect, "examined " + now.told() + "; next " + other.told() + "; " + textOf(in, kOfxPropChangeReason));
    return kOfxStatOK;
}

}  // namespace

OfxStatus anyFormat(const char* name, const void* handle, OfxPropertySetHandle in, OfxPropertySetHandle out) {
    const std::string action = name;
    auto effect = static_cast<OfxImageEffectHandle>(const_cast<void*>(handle));
    if (action == kOfxActionLoad) return fetchSuites();
    if (action == kOfxActionDescribe) return describe(effect);
    if (action == kOfxImageEffectActionDescribeInContext) return describeInContext(effect, in);
    if (action == kOfxActionCreateInstance || action == kOfxActionDestroyInstance) return kOfxStatOK;
    if (action == kOfxImageEffectActionGetFramesNeeded) return framesNeeded(effect, in, out);
    if (action == kOfxImageEffectActionRender) return render(effect, in);
    if (action == kOfxActionInstanceChanged) return instanceChanged(effect, in);
    return kOfxStatReplyDefault;
}
