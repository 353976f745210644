// What can be asked of an effect: one function for each action.
#include <algorithm>

#include "binary.h"
#include "contains.h"
#include "instance.h"
#include "ofx/ofxGPURender.h"

namespace ofxhost {

namespace {

OfxRectD unionOf(const OfxRectD& a, const OfxRectD& b) {
    return {std::min(a.x1, b.x1), std::min(a.y1, b.y1), std::max(a.x2, b.x2), std::max(a.y2, b.y2)};
}

OfxRectD rectOf(const PropertySet& set, const char* name) {
    const DoubleValues v = set.getAll<DoubleValues>(name);
    return {v[0], v[1], v[2], v[3]};
}

DoubleValues valuesOf(const OfxRectD& rect) {
    return {rect.x1, rect.y1, rect.x2, rect.y2};
}

}  // namespace

OfxStatus EffectInstance::perform(const std::string& name, double time, PropertySet* in, PropertySet* out) {
    Action action;
    action.name = name;
    action.time = time;
    return perform(action, in, out);
}

OfxStatus EffectInstance::perform(Action& action, PropertySet* in, PropertySet* out) {
    action.instance = this;
    action.listener = listener();
    const OfxStatus status = plugin_->call(action, handle(), in, out);
    takeBackImages(action);
    if (!accepted(status)) throw StatusError(status, action.name);
    return status;
}

std::string EffectInstance::defaultComponents(const Clip& clip) const {
    if (!clip.isOutput()) {
        if (!clip.connected()) return kOfxImageComponentNone;
        return supportedComponents(clip, clip.props.getText(kOfxImageClipPropUnmappedComponents));
    }
    const Clip* source = findClip(kOfxImageEffectSimpleSourceClipName);
    if (source == nullptr || !source->connected()) return supportedComponents(clip, options_.project.components);
    return supportedComponents(clip, source->props.getText(kOfxImageEffectPropComponents));
}

Depth EffectInstance::defaultDepth(const Clip& clip) const {
    if (!clip.isOutput()) return supportedDepth(depthOf(clip.props.getText(kOfxImageClipPropUnmappedPixelDepth)));
    const Clip* source = findClip(kOfxImageEffectSimpleSourceClipName);
    if (source == nullptr || !source->connected()) return supportedDepth(options_.project.depth);
    return supportedDepth(depthOf(source->props.getText(kOfxImageClipPropUnmappedPixelDepth)));
}

void EffectInstance::updateClipPreferences() {
    const auto out = std::make_shared<PropertySet>();
    const Clip* source = findClip(kOfxImageEffectSimpleSourceClipName);
    for (const auto& clip : clips_) {
        out->defineText("OfxImageClipPropComponents_" + clip->name(), {defaultComponents(*clip)});
        out->defineText("OfxImageClipPropDepth_" + clip->name(),
                        {clip->connected() ? depthName(defaultDepth(*clip)) : kOfxBitDepthNone});
        out->defineTextN("OfxImageClipPropPreferredColourspaces_" + clip->name());
        out->defineDouble("OfxImageClipPropPAR_" + clip->name(), {options_.project.pixel_aspect});
    }
    const bool has_source = source != nullptr && source->connected();
    out->defineDouble(kOfxImageEffectPropFrameRate, {options_.project.frame_rate});
    out->defineText(kOfxImageClipPropFieldOrder, {fieldName(options_.project.field_order)});
    out->defineText(
        kOfxImageEffectPropPreMultiplication,
        {has_source ? source->props.getText(kOfxImageEffectPropPreMultiplication)
                    : clip(kOfxImageEffectOutputClipName).props.getText(kOfxImageEffectPropPreMultiplication)});
    out->defineInt(kOfxImageClipPropContinuousSamples);
    out->defineInt(kOfxImageEffectFrameVarying);
    perform(kOfxImageEffectActionGetClipPreferences, now(), nullptr, out.get());
    applyClipPreferences(*out);
    std::lock_guard lock(mutex_);
    preferences_ = out;
}

std::shared_ptr<const PropertySet> EffectInstance::clipPreferences() const {
    std::lock_guard lock(mutex_);
    return preferences_;
}

void EffectInstance::applyClipPreferences(const PropertySet& out) {
    for (const auto& clip : clips_) {
        if (!clip->connected()) continue;
        const std::string depth = out.getText(("OfxImageClipPropDepth_" + clip->name()).c_str());
        if (supportedDepth(depthOf(depth)) != depthOf(depth)) {
            throw StatusError(kOfxStatErrFormat,
                              "clip '" + clip->name() + "' asks for " + depth + ", which the plug-in does not support");
        }
        const std::string components = out.getText(("OfxImageClipPropComponents_" + clip->name()).c_str());
        const auto supported = clip->props.getTexts(kOfxImageEffectPropSupportedComponents);
        if (!supported.empty() && !contains(supported, components)) {
            throw StatusError(kOfxStatErrFormat,
                              "clip '" + clip->name() + "' asks for " + components + ", which it does not support");
        }
        clip->setFormat({channelsOf(components), depthOf(depth)});
    }
    Clip& output = clip(kOfxImageEffectOutputClipName);
    output.props.setText(kOfxImageEffectPropPreMultiplication, out.getText(kOfxImageEffectPropPreMultiplication));
    output.props.setDouble(kOfxImageEffectPropFrameRate, out.getDouble(kOfxImageEffectPropFrameRate));
    output.props.setInt(kOfxImageClipPropContinuousSamples, out.getInt(kOfxImageClipPropContinuousSamples));
}

FrameRanges EffectInstance::framesNeeded(double time) {
    PropertySet in;
    in.defineDouble(kOfxPropTime, {time});
    in.defineText(kOfxImageEffectPropThumbnailRender, {"false"});
    PropertySet out;
    const std::string prefix = "OfxImageClipPropFrameRange_";
    for (const auto& clip : clips_) {
        if (!clip->isOutput()) out.defineDoubleN(prefix + clip->name(), {time, time});
    }
    try {
        perform(kOfxImageEffectActionGetFramesNeeded, time, &in, &out);
    } catch (const StatusError& error) {
        if (temper().frames_needed_kills) {
            std::lock_guard lock(mutex_);
            dead_ = "GetFramesNeeded was answered with status " + std::to_string(error.status());
        }
        throw;
    }
    FrameRanges needed;
    for (const auto& clip : clips_) {
        if (clip->isOutput()) continue;
        const DoubleValues pairs = out.getAll<DoubleValues>((prefix + clip->name()).c_str());
        if (pairs.size() % 2 != 0) {
            throw StatusError(kOfxStatErrValue,
                              "GetFramesNeeded gave an odd number of values for clip '" + clip->name() + "'");
        }
        auto& ranges = needed[clip->name()];
        for (size_t i = 0; i < pairs.size(); i += 2) ranges.push_back({pairs[i], pairs[i + 1]});
    }
    if (temper().strict) {
        std::lock_guard lock(mutex_);
        declared_[time] = needed;
    }
    return needed;
}

OfxRectD EffectInstance::regionOfDefinition(double time, const View& view) {
    std::optional<OfxRectD> inputs;
    for (const auto& clip : clips_) {
        if (clip->isOutput() || !clip->connected() || clip->props.getInt(kOfxImageClipPropOptional) != 0) continue;
        const OfxRectD region = clip->regionOfDefinition();
        inputs = inputs ? unionOf(*inputs, region) : region;
    }
    PropertySet in;
    in.defineDouble(kOfxPropTime, {time});
    in.defineDouble(kOfxImageEffectPropRenderScale, {toldScale(view).x, toldScale(view).y});
    in.defineText(kOfxImageEffectPropThumbnailRender, {"false"});
    PropertySet out;
    out.defineDouble(kOfxImageEffectPropRegionOfDefinition, valuesOf(inputs.value_or(projectRegion())));
    perform(kOfxImageEffectActionGetRegionOfDefinition, time, &in, &out);
    return rectOf(out, kOfxImageEffectPropRegionOfDefinition);
}

Regions EffectInstance::regionsOfInterest(double time, const OfxRectD& wanted, const View& view) {
    PropertySet in;
    in.defineDouble(kOfxPropTime, {time});
    in.defineDouble(kOfxImageEffectPropRenderScale, {toldScale(view).x, toldScale(view).y});
    in.defineDouble(kOfxImageEffectPropRegionOfInterest, valuesOf(wanted));
    in.defineText(kOfxImageEffectPropThumbnailRender, {"false"});
    PropertySet out;
    const std::string prefix = "OfxImageClipPropRoI_";
    for (const auto& clip : clips_) {
        if (!clip->isOutput()) out.defineDouble(prefix + clip->name(), valuesOf(wanted));
    }
    perform(kOfxImageEffectActionGetRegionsOfInterest, time, &in, &out);
    Regions regions;
    for (const auto& clip : clips_) {
        if (!clip->isOutput()) regions[clip->name()] = rectOf(out, (prefix + clip->name()).c_str());
    }
    return regions;
}

std::optional<OfxRangeD> EffectInstance::timeDomain() {
    PropertySet out;
    out.defineDouble(kOfxImageEffectPropFrameRange, {options_.project.first_frame, options_.project.last_frame});
    const OfxStatus status = perform(kOfxImageEffectActionGetTimeDomain, now(), nullptr, &out);
    if (status == kOfxStatReplyDefault) return std::nullopt;
    return OfxRangeD{out.getDouble(kOfxImageEffectPropFrameRange, 0), out.getDouble(kOfxImageEffectPropFrameRange, 1)};
}

std::optional<IdentityAnswer> EffectInstance::identity(double time, const OfxRectI& window, const View& view) {
    PropertySet in;
    in.defineDouble(kOfxPropTime, {time});
    in.defineText(kOfxImageEffectPropFieldToRender, {fieldName(view.field)});
    in.defineInt(kOfxImageEffectPropRenderWindow, {window.x1, window.y1, window.x2, window.y2});
    in.defineDouble(kOfxImageEffectPropRenderScale, {toldScale(view).x, toldScale(view).y});
    in.defineText(kOfxImageEffectPropThumbnailRender, {"false"});
    PropertySet out;
    out.defineText(kOfxPropName, {""});
    out.defineDouble(kOfxPropTime, {time});
    const OfxStatus status = perform(kOfxImageEffectActionIsIdentity, time, &in, &out);
    if (status == kOfxStatReplyDefault) return std::nullopt;
    return IdentityAnswer{out.getText(kOfxPropName), out.getDouble(kOfxPropTime)};
}

void EffectInstance::syncPrivateData() {
    perform(kOfxActionSyncPrivateData, now(), nullptr, nullptr);
}

void EffectInstance::purgeCaches() {
    for (const auto& clip : clips_) clip->dropCache();
    perform(kOfxActionPurgeCaches, now(), nullptr, nullptr);
}

}  // namespace ofxhost
