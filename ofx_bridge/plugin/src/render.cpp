#include "render.h"

#include <ofxpp/guard.h>

#include <algorithm>

#include "engine_pool.h"

namespace reelmend::plugin {

namespace {

[[noreturn]] void refuse(const std::string& reason) {
    throw ofxpp::Error(kOfxStatFailed, reason);
}

// Whatever fails, no pixel of the output stays unwritten: hosts show them (MLT writes the frame all the same).
class BlankUnlessWritten {
  public:
    BlankUnlessWritten(const PixelView& target, const OfxRectI& area) : target_(target), area_(area) {}
    ~BlankUnlessWritten() {
        if (!dismissed_) write_source(target_, area_, nullptr);
    }
    BlankUnlessWritten(const BlankUnlessWritten&) = delete;
    BlankUnlessWritten& operator=(const BlankUnlessWritten&) = delete;
    void dismiss() { dismissed_ = true; }

  private:
    const PixelView& target_;
    const OfxRectI& area_;
    bool dismissed_ = false;
};

}  // namespace

RenderArguments RenderArguments::read(const ofxpp::PropertySet& in_args) {
    RenderArguments arguments;
    arguments.time = in_args.get_double(kOfxPropTime);
    arguments.scale.x = in_args.find_double(kOfxImageEffectPropRenderScale, 0).value_or(1);
    arguments.scale.y = in_args.find_double(kOfxImageEffectPropRenderScale, 1).value_or(arguments.scale.x);
    const auto x1 = in_args.find_int(kOfxImageEffectPropRenderWindow, 0);
    const auto y1 = in_args.find_int(kOfxImageEffectPropRenderWindow, 1);
    const auto x2 = in_args.find_int(kOfxImageEffectPropRenderWindow, 2);
    const auto y2 = in_args.find_int(kOfxImageEffectPropRenderWindow, 3);
    if (x1 && y1 && x2 && y2) arguments.window = OfxRectI{*x1, *y1, *x2, *y2};
    return arguments;
}

std::optional<FrameSpan> clip_span(const ofxpp::Clip& clip) {
    const auto range = clip.frame_range();
    return range ? whole_frames(range->min, range->max) : std::nullopt;
}

void FrameRender::run() {
    const auto output = effect_.clip(kOfxImageEffectOutputClipName).image(arguments_.time);
    if (!output) refuse("the host gave no output image");
    const PixelView target = view_of(*output, "the output image");
    area_ = arguments_.window.value_or(target.bounds);
    BlankUnlessWritten blank(target, area_);
    settings_ = read_settings(definition_, effect_.params(), arguments_.time);
    source_.emplace(effect_.clip(kOfxImageEffectSimpleSourceClipName), instance_, arguments_.scale);
    window_ = window_at(arguments_.time, settings_.radius_frames, clip_span(source_->clip()));
    copy_source(target);
    blank.dismiss();
    if (!settings_.identity) render_into(target);  // Resolve renders even where it was told that nothing changes
}

void FrameRender::copy_source(const PixelView& target) {
    const bool given = source_->with_pixels(window_.centre, [&](const PixelView& pixels) {
        write_source(target, area_, &pixels);
        source_bounds_ = pixels.bounds;
        // An edit above the node in mid-sequence shows here first; what is remembered of its neighbours is as old.
        if (!settings_.identity) source_->confirm(window_.centre, pixels);
    });
    if (given) return;
    if (source_->clip().properties().find_int(kOfxImageClipPropConnected).value_or(1) == 0)
        refuse("nothing is connected to its Source; connect a clip");
    throw missing_frame(window_.centre);
}

void FrameRender::render_into(const PixelView& target) {
    check_renderable(target, "the output image");
    require_neighbours();
    announce_window();
    // When the host's pixels changed under us it is asked once more: the user may just have edited the node above.
    if (ofxpp::succeeds<FrameChanged>([&] { render(target); })) return;
    source_->forget();
    announce_window();
    render(target);
}

void FrameRender::require_neighbours() const {
    // MLT says 0 here and then answers each neighbour with the current frame: a window of one picture, which would
    // come out unmended and look like a success.
    if (settings_.radius_frames > 0 && effect_.host().find_int(kOfxImageEffectPropTemporalClipAccess).value_or(1) == 0)
        refuse(definition_.label +
               " needs the frames around this one, and this host gives effects the current frame only; use another "
               "host, or 'reelmend render' on the command line");
}

void FrameRender::announce_window() {
    frames_.clear();
    if (!announce(window_.centre)) throw missing_frame(window_.centre);
    int64_t first = window_.centre;
    while (first > window_.frames.first && announce(first - 1)) --first;
    std::reverse(frames_.begin(), frames_.end());
    int64_t last = window_.centre;
    while (last < window_.frames.last && announce(last + 1)) ++last;
    window_.frames = {first, last};
}

// False: there is no such frame, and the host didn't say that there would be.
bool FrameRender::announce(int64_t frame) {
    if (poll_abort()) refuse("stopped by the host");
    const auto known = source_->announce(frame);
    if (known == nullptr && window_.clip) throw missing_frame(frame);
    if (known != nullptr) frames_.emplace_back(frame, known);
    return known != nullptr;
}

void FrameRender::render(const PixelView& target) {
    transport::RenderCallbacks callbacks;
    callbacks.supply = [this](size_t index, transport::Form form, transport::SampleType type,
                              void* planes) -> std::optional<transport::Digest> {
        supply(index, form, type, planes);
        return std::nullopt;
    };
    callbacks.receive = [&](const transport::RenderOutput& output) { receive(output, target); };
    callbacks.aborted = [this] { return poll_abort(); };
    EnginePool::shared().client(settings_.engine_address)->render(job(), callbacks);
}

transport::RenderJob FrameRender::job() const {
    const FrameSpan clip = window_.clip.value_or(window_.frames);
    transport::RenderJob job;
    job.effect = definition_.effect;
    job.model = definition_.model;
    job.parameters = settings_.model;
    job.frame = window_.centre;
    job.first_frame = clip.first;
    job.last_frame = clip.last;
    for (const auto& [frame, known] : frames_) job.window.push_back({frame, known->digest, known->format});
    job.output = settings_.output;
    job.route = settings_.route;
    job.timeout = settings_.timeout;
    return job;
}

void FrameRender::supply(size_t index, transport::Form form, transport::SampleType type, void* planes) const {
    const auto& [frame, known] = frames_.at(index);
    if (form == transport::Form::proxy)
        std::copy(known->proxy.begin(), known->proxy.end(), static_cast<float*>(planes));
    else
        source_->pack(frame, *known, type, planes);
}

void FrameRender::receive(const transport::RenderOutput& output, const PixelView& target) const {
    if (output.identical_to_source) return;  // the output holds it already
    const auto width = static_cast<uint32_t>(source_bounds_.x2 - source_bounds_.x1);
    const auto height = static_cast<uint32_t>(source_bounds_.y2 - source_bounds_.y1);
    const auto& format = output.format;
    if (format.width != width || format.height != height || (format.channels != 3 && format.channels != 1) ||
        output.planes == nullptr)
        refuse("the engine answered " + std::to_string(format.width) + "×" + std::to_string(format.height) + " with " +
               std::to_string(format.channels) + " channels, not the source's " + std::to_string(width) + "×" +
               std::to_string(height) + " with 3; install an engine and a plug-in of the same version");
    write_planes(target, area_, source_bounds_, output);
}

bool FrameRender::poll_abort() {
    aborted_ = aborted_ || effect_.aborting();
    return aborted_;
}

}  // namespace reelmend::plugin
