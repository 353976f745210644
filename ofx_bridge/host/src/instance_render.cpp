// Rendering: sequences, one frame or field of one, and what is looked at when it is done.
#include <algorithm>

#include "binary.h"
#include "instance.h"
#include "ofx/ofxGPURender.h"

namespace ofxhost {

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

std::map<std::string, OfxRectI> EffectInstance::cropsFor(const RenderJob& job) {
    const bool whole_frames = job.view.field == Field::None || job.view.field == Field::Both;
    const bool tiles = props.getInt(kOfxImageEffectPropSupportsTiles) != 0;
    if (!options_.crop_tiles || !job.window || !tiles || !whole_frames) return {};
    const double aspect = options_.project.pixel_aspect;
    const OfxPointD& scale = job.view.scale;
    const OfxRectD wanted{job.window->x1 * aspect / scale.x, job.window->y1 / scale.y,
                          job.window->x2 * aspect / scale.x, job.window->y2 / scale.y};
    std::map<std::string, OfxRectI> crops;
    for (const auto& [name, region] : regionsOfInterest(job.time, wanted, job.view)) {
        if (clip(name).props.getInt(kOfxImageEffectPropSupportsTiles) != 0) {
            crops[name] = pixelsOf(region, aspect, scale);
        }
    }
    return crops;
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
    action.crops = cropsFor(job);
    action.output = outputBuffer(job, action.crops.empty() ? area : window);
    action.output->region = area;
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
        const PictureView rendered = action.output->view(action.output->bounds);
        const RowConversion conversion{rendered.format, job.target->format, true, false};
        for (int row = 0; row < rendered.height; ++row) {
            conversion(job.target->row(row), rendered.row(row), rendered.width);
        }
    }
    return action.output;
}

}  // namespace ofxhost
