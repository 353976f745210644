// What can be asked of an effect: one function for each action.
#include <algorithm>

#include "binary.h"
#include "instance.h"
#include "ofx/ofxGPURender.h"

namespace ofxhost {

namespace {

bool contains(const std::vector<std::string>& list, const std::string& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

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

void EffectInstance::takeBackImages(const Action& action) {
    size_t kept = 0;
    {
        std::lock_guard lock(mutex_);
        for (auto image = images_.begin(); image != images_.end();) {
            if (image->second->action() == &action) {
                image = images_.erase(image);
                ++kept;
            } else {
                ++image;
            }
        }
    }
    if (kept != 0) violation(action.name + " left " + std::to_string(kept) + " image(s) unreleased");
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

void EffectInstance::updateClipPreferences() {
    const auto out = std::make_shared<PropertySet>();
    const Clip* source = findClip(kOfxImageEffectSimpleSourceClipName);
    for (const auto& clip : clips_) {
        out->defineText("OfxImageClipPropComponents_" + clip->name(), {defaultComponents(*clip)});
        out->defineText("OfxImageClipPropDepth_" + clip->name(),
                        {clip->connected() ? kOfxBitDepthFloat : kOfxBitDepthNone});
        out->defineTextN("OfxImageClipPropPreferredColourspaces_" + clip->name());
        out->defineDouble("OfxImageClipPropPAR_" + clip->name(), {options_.project.pixel_aspect});
    }
    const bool has_source = source != nullptr && source->connected();
    out->defineDouble(kOfxImageEffectPropFrameRate, {options_.project.frame_rate});
    out->defineText(kOfxImageClipPropFieldOrder, {kOfxImageFieldNone});
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
        if (depth != kOfxBitDepthFloat) {
            throw StatusError(kOfxStatErrFormat,
                              "clip '" + clip->name() + "' asks for " + depth + "; this host has float only");
        }
        const std::string components = out.getText(("OfxImageClipPropComponents_" + clip->name()).c_str());
        const auto supported = clip->props.getTexts(kOfxImageEffectPropSupportedComponents);
        if (!supported.empty() && !contains(supported, components)) {
            throw StatusError(kOfxStatErrFormat,
                              "clip '" + clip->name() + "' asks for " + components + ", which it does not support");
        }
        channelsOf(components);
        clip->setComponents(components);
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
    perform(kOfxImageEffectActionGetFramesNeeded, time, &in, &out);
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
    return needed;
}

OfxRectD EffectInstance::regionOfDefinition(double time) {
    std::optional<OfxRectD> inputs;
    for (const auto& clip : clips_) {
        if (clip->isOutput() || !clip->connected() || clip->props.getInt(kOfxImageClipPropOptional) != 0) continue;
        const OfxRectD region = clip->regionOfDefinition();
        inputs = inputs ? unionOf(*inputs, region) : region;
    }
    PropertySet in;
    in.defineDouble(kOfxPropTime, {time});
    in.defineDouble(kOfxImageEffectPropRenderScale, {1.0, 1.0});
    in.defineText(kOfxImageEffectPropThumbnailRender, {"false"});
    PropertySet out;
    out.defineDouble(kOfxImageEffectPropRegionOfDefinition, valuesOf(inputs.value_or(projectRegion())));
    perform(kOfxImageEffectActionGetRegionOfDefinition, time, &in, &out);
    return rectOf(out, kOfxImageEffectPropRegionOfDefinition);
}

Regions EffectInstance::regionsOfInterest(double time, const OfxRectD& wanted) {
    PropertySet in;
    in.defineDouble(kOfxPropTime, {time});
    in.defineDouble(kOfxImageEffectPropRenderScale, {1.0, 1.0});
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

std::optional<IdentityAnswer> EffectInstance::identity(double time, const OfxRectI& window) {
    PropertySet in;
    in.defineDouble(kOfxPropTime, {time});
    in.defineText(kOfxImageEffectPropFieldToRender, {kOfxImageFieldNone});
    in.defineInt(kOfxImageEffectPropRenderWindow, {window.x1, window.y1, window.x2, window.y2});
    in.defineDouble(kOfxImageEffectPropRenderScale, {1.0, 1.0});
    in.defineText(kOfxImageEffectPropThumbnailRender, {"false"});
    PropertySet out;
    out.defineText(kOfxPropName, {""});
    out.defineDouble(kOfxPropTime, {time});
    const OfxStatus status = perform(kOfxImageEffectActionIsIdentity, time, &in, &out);
    if (status == kOfxStatReplyDefault) return std::nullopt;
    return IdentityAnswer{out.getText(kOfxPropName), out.getDouble(kOfxPropTime)};
}

PropertySet EffectInstance::sequenceArguments(const Sequence& sequence) const {
    PropertySet in;
    in.defineDouble(kOfxImageEffectPropFrameRange, {sequence.first, sequence.last});
    in.defineDouble(kOfxImageEffectPropFrameStep, {sequence.step});
    in.defineInt(kOfxPropIsInteractive, {sequence.interactive ? 1 : 0});
    in.defineDouble(kOfxImageEffectPropRenderScale, {1.0, 1.0});
    in.defineInt(kOfxImageEffectPropSequentialRenderStatus, {sequence.sequential ? 1 : 0});
    in.defineInt(kOfxImageEffectPropInteractiveRenderStatus, {sequence.interactive ? 1 : 0});
    in.defineInt(kOfxImageEffectPropOpenGLEnabled);
    in.defineInt(kOfxImageEffectPropCudaEnabled);
    in.defineInt(kOfxImageEffectPropMetalEnabled);
    in.defineInt(kOfxImageEffectPropOpenCLEnabled);
    in.defineText(kOfxImageEffectPropNoSpatialAwareness, {"false"});
    in.defineText(kOfxImageEffectPropThumbnailRender, {"false"});
    return in;
}

PropertySet EffectInstance::renderArguments(double time, const Sequence& sequence, const OfxRectI& window) const {
    PropertySet in = sequenceArguments(sequence);
    in.defineDouble(kOfxPropTime, {time});
    in.defineText(kOfxImageEffectPropFieldToRender, {kOfxImageFieldNone});
    in.defineInt(kOfxImageEffectPropRenderWindow, {window.x1, window.y1, window.x2, window.y2});
    in.defineInt(kOfxImageEffectPropRenderQualityDraft);
    return in;
}

std::unique_lock<std::recursive_mutex> EffectInstance::renderLock() {
    const std::string safety = plugin_->threadSafety();
    if (safety == kOfxImageEffectRenderUnsafe) return std::unique_lock(plugin_->renderMutex());
    if (safety == kOfxImageEffectRenderFullySafe) return {};
    return std::unique_lock(render_mutex_);
}

void EffectInstance::beginSequence(const Sequence& sequence) {
    PropertySet in = sequenceArguments(sequence);
    const auto lock = renderLock();
    perform(kOfxImageEffectActionBeginSequenceRender, sequence.first, &in, nullptr);
}

void EffectInstance::endSequence(const Sequence& sequence) {
    PropertySet in = sequenceArguments(sequence);
    const auto lock = renderLock();
    perform(kOfxImageEffectActionEndSequenceRender, sequence.last, &in, nullptr);
}

std::shared_ptr<PixelBuffer> EffectInstance::render(double time, const Sequence& sequence, const OfxRectI& area,
                                                    const OfxRectI& window, std::function<bool()> aborted) {
    const int channels = channelsOf(clip(kOfxImageEffectOutputClipName).props.getText(kOfxImageEffectPropComponents));
    Action action;
    action.name = kOfxImageEffectActionRender;
    action.time = time;
    action.aborted = std::move(aborted);
    action.output = std::make_shared<PixelBuffer>(area, channels, options_.layout);
    if (options_.check_output) {
        action.output->poison();
    } else {
        action.output->clear();
    }
    PropertySet in = renderArguments(time, sequence, window);
    const auto lock = renderLock();
    {
        std::lock_guard running(mutex_);
        running_renders_.push_back(&action);
    }
    const auto leave = [&] {
        std::lock_guard running(mutex_);
        running_renders_.erase(std::find(running_renders_.begin(), running_renders_.end(), &action));
    };
    try {
        perform(action, &in, nullptr);
    } catch (...) {
        leave();
        throw;
    }
    leave();
    const size_t unwritten = options_.check_output ? action.output->poisonedValues(window) : 0;
    if (unwritten != 0) {
        violation("Render at time " + std::to_string(time) + " answered OK but left " + std::to_string(unwritten) +
                  " value(s) of its window unwritten");
    }
    return action.output;
}

bool EffectInstance::slaveParamAmong(const std::vector<std::string>& names) const {
    const auto slaves = props.getTexts(kOfxImageEffectPropClipPreferencesSlaveParam);
    return std::any_of(names.begin(), names.end(), [&](const auto& name) { return contains(slaves, name); });
}

void EffectInstance::paramsChanged(const std::vector<std::string>& names, const std::string& reason, double time) {
    PropertySet why;
    why.defineText(kOfxPropChangeReason, {reason});
    why.defineText(kOfxImageEffectPropThumbnailRender, {"false"});
    perform(kOfxActionBeginInstanceChanged, time, &why, nullptr);
    for (const auto& name : names) {
        PropertySet in;
        in.defineText(kOfxPropType, {findClip(name) != nullptr ? kOfxTypeClip : kOfxTypeParameter});
        in.defineText(kOfxPropName, {name});
        in.defineText(kOfxPropChangeReason, {reason});
        in.defineDouble(kOfxPropTime, {time});
        in.defineDouble(kOfxImageEffectPropRenderScale, {1.0, 1.0});
        in.defineText(kOfxImageEffectPropThumbnailRender, {"false"});
        perform(kOfxActionInstanceChanged, time, &in, nullptr);
    }
    perform(kOfxActionEndInstanceChanged, time, &why, nullptr);
    const bool clip_changed =
        std::any_of(names.begin(), names.end(), [&](const auto& n) { return findClip(n) != nullptr; });
    if (clip_changed || slaveParamAmong(names)) updateClipPreferences();
}

void EffectInstance::paramChangedByPlugin(Param& param) {
    if (!created_) return;
    // A plug-in that answers each of its own changes with another would never end.
    constexpr int kMostNestedChanges = 8;
    {
        std::lock_guard lock(mutex_);
        if (change_depth_ >= kMostNestedChanges) return;
        ++change_depth_;
    }
    try {
        paramsChanged({param.name()}, kOfxChangePluginEdited, now());
    } catch (const StatusError& error) {
        violation("InstanceChanged for '" + param.name() + "' failed with status " + std::to_string(error.status()));
    }
    std::lock_guard lock(mutex_);
    --change_depth_;
}

void EffectInstance::syncPrivateData() {
    perform(kOfxActionSyncPrivateData, now(), nullptr, nullptr);
}

void EffectInstance::purgeCaches() {
    for (const auto& clip : clips_) clip->dropCache();
    perform(kOfxActionPurgeCaches, now(), nullptr, nullptr);
}

}  // namespace ofxhost
