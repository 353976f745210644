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
    if (kept != 0) {
        finding(Severity::Error, "unreleased-image",
                action.name + " left " + std::to_string(kept) + " image(s) unreleased");
    }
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

PropertySet EffectInstance::sequenceArguments(const Sequence& sequence) const {
    PropertySet in;
    in.defineDouble(kOfxImageEffectPropFrameRange, {sequence.first, sequence.last});
    in.defineDouble(kOfxImageEffectPropFrameStep, {sequence.step});
    in.defineInt(kOfxPropIsInteractive, {sequence.interactive ? 1 : 0});
    const OfxPointD scale = toldScale({sequence.scale, Field::None});
    in.defineDouble(kOfxImageEffectPropRenderScale, {scale.x, scale.y});
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

PropertySet EffectInstance::renderArguments(const RenderJob& job, const Sequence& sequence,
                                            const OfxRectI& window) const {
    PropertySet in = sequenceArguments(sequence);
    in.defineDouble(kOfxPropTime, {job.time});
    in.defineText(kOfxImageEffectPropFieldToRender, {fieldName(job.view.field)});
    in.defineInt(kOfxImageEffectPropRenderWindow, {window.x1, window.y1, window.x2, window.y2});
    in.defineDouble(kOfxImageEffectPropRenderScale, {toldScale(job.view).x, toldScale(job.view).y});
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

OfxRectI EffectInstance::outputArea(double time, const View& view) {
    const OfxRectI full = pixelsOf(regionOfDefinition(time, view), options_.project.pixel_aspect, {1.0, 1.0});
    const OfxRectI area = scaledBounds(full, view, clip(kOfxImageEffectOutputClipName).extraction());
    if (area.x1 < area.x2 && area.y1 < area.y2) return area;
    throw StatusError(kOfxStatErrValue, "the effect's region of definition is empty");
}

std::shared_ptr<PixelBuffer> EffectInstance::outputBuffer(const RenderJob& job, const OfxRectI& area) {
    const PixelFormat format = clip(kOfxImageEffectOutputClipName).format();
    std::shared_ptr<PixelBuffer> buffer;
    // Swapped pixels are put right on the way out, so they cannot be rendered straight into the target.
    if (job.target && !options_.swap_red_blue) {
        const bool fits = job.target->width == area.x2 - area.x1 && job.target->height == area.y2 - area.y1;
        if (!fits || job.target->format != format) {
            throw StatusError(kOfxStatErrValue, "the target must be " + std::to_string(area.y2 - area.y1) +
                                                    " rows of " + std::to_string(area.x2 - area.x1) + " pixels, " +
                                                    componentsOf(format.channels) + ", " + depthName(format.depth));
        }
        buffer = std::make_shared<PixelBuffer>(area, *job.target);
    } else {
        buffer = std::make_shared<PixelBuffer>(area, format, options_.layout);
    }
    buffer->field = job.view.field;
    if (options_.check_output) {
        buffer->poison();
    } else if (!job.target) {
        buffer->clear();
    }
    return buffer;
}

void EffectInstance::checkRendered(const Action& action, const OfxRectI& window) const {
    if (!options_.check_output) return;
    const std::string where = "Render at time " + std::to_string(action.time);
    const size_t unwritten = action.output->poisonedSamples(window);
    if (unwritten != 0) {
        finding(Severity::Error, "unwritten",
                where + " answered OK but left " + std::to_string(unwritten) + " value(s) of its window unwritten");
    }
    if (action.output->rowsTouchedOutside(window) != 0) {
        finding(Severity::Error, "outside-window", where + " wrote outside its render window");
    }
    if (!action.output->guardsIntact()) {
        finding(Severity::Error, "guard", where + " wrote outside the memory of its output");
    }
}

void EffectInstance::requireMayRender() const {
    if (temper().error_message_stops && error_message_) {
        throw StatusError(kOfxStatFailed,
                          "this host does not render again while an error message of the effect stands");
    }
    std::lock_guard lock(mutex_);
    if (!dead_.empty()) throw StatusError(kOfxStatFailed, "this host gave the effect up: " + dead_);
}

std::shared_ptr<PixelBuffer> EffectInstance::render(const RenderJob& job, const Sequence& sequence) {
    requireMayRender();
    const OfxRectI area = outputArea(job.time, job.view);
    const OfxRectI window = job.window.value_or(area);
    const bool inside = window.x1 >= area.x1 && window.y1 >= area.y1 && window.x2 <= area.x2 && window.y2 <= area.y2;
    if (!inside || window.x1 >= window.x2 || window.y1 >= window.y2) {
        throw StatusError(kOfxStatErrValue, "render window must be a non-empty part of the region of definition");
    }
    Action action;
    action.name = kOfxImageEffectActionRender;
    action.time = job.time;
    action.view = job.view;
    action.aborted = job.aborted;
    action.output = outputBuffer(job, area);
    PropertySet in = renderArguments(job, sequence, window);
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
    checkRendered(action, window);
    if (job.target && options_.swap_red_blue) {
        const PictureView rendered = action.output->view(area);
        const RowConversion conversion{rendered.format, job.target->format, true, false};
        for (int row = 0; row < rendered.height; ++row) {
            conversion(job.target->row(row), rendered.row(row), rendered.width);
        }
    }
    return action.output;
}

bool EffectInstance::slaveParamAmong(const std::vector<std::string>& names) const {
    const auto slaves = props.getTexts(kOfxImageEffectPropClipPreferencesSlaveParam);
    return std::any_of(names.begin(), names.end(), [&](const auto& name) { return contains(slaves, name); });
}

void EffectInstance::paramsChanged(const std::vector<std::string>& names, const std::string& reason, double time) {
    const bool clip_changed =
        std::any_of(names.begin(), names.end(), [&](const auto& n) { return findClip(n) != nullptr; });
    if (temper().instance_changed) tellOfChange(names, reason, time);
    if (clip_changed || slaveParamAmong(names)) updateClipPreferences();
}

void EffectInstance::tellOfChange(const std::vector<std::string>& names, const std::string& reason, double time) {
    PropertySet why;
    why.defineText(kOfxPropChangeReason, {reason});
    why.defineText(kOfxImageEffectPropThumbnailRender, {"false"});
    const auto tell = [&](const char* name, PropertySet& in) {
        Action action;
        action.name = name;
        action.time = time;
        action.reason = reason;
        perform(action, &in, nullptr);
    };
    tell(kOfxActionBeginInstanceChanged, why);
    for (const auto& name : names) {
        PropertySet in;
        in.defineText(kOfxPropType, {findClip(name) != nullptr ? kOfxTypeClip : kOfxTypeParameter});
        in.defineText(kOfxPropName, {name});
        in.defineText(kOfxPropChangeReason, {reason});
        in.defineDouble(kOfxPropTime, {time});
        in.defineDouble(kOfxImageEffectPropRenderScale, {1.0, 1.0});
        in.defineText(kOfxImageEffectPropThumbnailRender, {"false"});
        tell(kOfxActionInstanceChanged, in);
    }
    tell(kOfxActionEndInstanceChanged, why);
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
        finding(Severity::Error, "change-failed",
                "InstanceChanged for '" + param.name() + "' failed with status " + std::to_string(error.status()));
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
