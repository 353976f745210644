#include "render.h"

#include <ofx/ofxColour.h>
#include <ofxpp/guard.h>

#include <algorithm>

#include "colourspace.h"
#include "engine_facts.h"
#include "engine_pool.h"
#include "fields.h"
#include "instance.h"

namespace reelmend::plugin {

namespace {

[[noreturn]] void refuse(const std::string& reason) {
    throw ofxpp::Error(kOfxStatFailed, reason);
}

// The engine wants pixels of a frame that was only seen before.
class FrameGone : public ofxpp::Error {
  public:
    explicit FrameGone(int64_t number)
        : Error(kOfxStatFailed, "the engine no longer has frame " + std::to_string(number)) {}
};

void add(transport::RenderTimings& sum, const transport::RenderTimings& more) {
    sum.queue_ms += more.queue_ms;
    sum.receive_ms += more.receive_ms;
    sum.describe_ms += more.describe_ms;
    sum.infer_ms += more.infer_ms;
    sum.send_ms += more.send_ms;
    sum.total_ms += more.total_ms;
}

}  // namespace

// Whatever fails, no pixel of the output stays unwritten: hosts show them (MLT writes the frame all the same).
class FrameRender::SourceUnlessWritten {
  public:
    explicit SourceUnlessWritten(FrameRender& render) : render_(render) {}
    ~SourceUnlessWritten() {
        if (!dismissed_) render_.write_without_result();
    }
    SourceUnlessWritten(const SourceUnlessWritten&) = delete;
    SourceUnlessWritten& operator=(const SourceUnlessWritten&) = delete;
    void dismiss() { dismissed_ = true; }

  private:
    FrameRender& render_;
    bool dismissed_ = false;
};

RenderArguments RenderArguments::read(const ofxpp::PropertySet& in_args) {
    RenderArguments arguments;
    arguments.time = time_asked(in_args);
    arguments.scale.x = in_args.find_double(kOfxImageEffectPropRenderScale, 0).value_or(1);
    arguments.scale.y = in_args.find_double(kOfxImageEffectPropRenderScale, 1).value_or(arguments.scale.x);
    const auto x1 = in_args.find_int(kOfxImageEffectPropRenderWindow, 0);
    const auto y1 = in_args.find_int(kOfxImageEffectPropRenderWindow, 1);
    const auto x2 = in_args.find_int(kOfxImageEffectPropRenderWindow, 2);
    const auto y2 = in_args.find_int(kOfxImageEffectPropRenderWindow, 3);
    if (x1 && y1 && x2 && y2) arguments.window = OfxRectI{*x1, *y1, *x2, *y2};
    arguments.field = field_named(in_args.find_string(kOfxImageEffectPropFieldToRender).value_or(""));
    return arguments;
}

void FrameRender::run() {
    const auto output = effect_.clip(kOfxImageEffectOutputClipName).image(arguments_.time);
    if (!output) refuse("the host gave no output image");
    target_ = view_of(*output, "the output image");
    area_ = intersection(arguments_.window.value_or(target_.bounds), target_.bounds);
    SourceUnlessWritten otherwise(*this);
    open_source();
    write();
    otherwise.dismiss();
}

void FrameRender::open_source() {
    settings_ = read_settings(definition_, effect_.params(), arguments_.time);
    auto clip = effect_.clip(kOfxImageEffectSimpleSourceClipName);
    follow_colourspace(definition_, clip.properties().find_string(kOfxImageClipPropColourspace).value_or(""),
                       settings_);
    target_.swapped = target_.swapped || is_swapped(clip.properties());
    split_ = split_of(settings_.field_order, clip, target_.field, arguments_.field);
    targets_ = pictures_of(target_, split_);
    areas_ = areas_of(area_, split_);
    const bool fielded = split_ != Split::whole || is_one_field(target_.field);
    window_ = window_at(frame_time(arguments_.time, fielded), settings_.radius_frames, clip_span(clip));
    source_.emplace(std::move(clip), instance_ == nullptr ? nullptr : &instance_->memory, arguments_.scale, split_,
                    [this] { return poll_abort(); });
    mask_clips_ = find_masks(definition_, effect_, settings_.reads);
    if (instance_ == nullptr) return;
    sent_ = instance_->sent;
    ++instance_->renders;
    instance_->playback.rendering(window_.centre);
}

void FrameRender::write() {
    if (poll_abort()) refuse("stopped by the host");
    if (source_->clip().properties().find_int(kOfxImageClipPropConnected).value_or(1) == 0)
        refuse("nothing is connected to its Source; connect a clip");
    // Resolve renders even where it was told that nothing changes. Alpha alone has nothing to mend.
    if (settings_.identity || !target_.is_colour()) return show_source();
    if (lacks_neighbours()) return mend_without_neighbours();
    mend();
    watch_clock();
    if (lacks_neighbours()) mend_without_neighbours();
}

bool FrameRender::lacks_neighbours() const {
    if (settings_.radius_frames == 0 && !settings_.held_frame) return false;
    // MLT says 0 here and then answers each neighbour with the current frame: a window of one picture, which would
    // come out unmended and look like a success.
    const bool denied = effect_.host().find_int(kOfxImageEffectPropTemporalClipAccess).value_or(1) == 0;
    return denied || (instance_ != nullptr && instance_->clock.caught());
}

void FrameRender::mend_without_neighbours() {
    copied_ = false;
    ahead_.clear();
    switch (settings_.without_neighbours) {
        case WithoutNeighbours::fail:
            refuse(
                definition_.label +
                " needs the frames around this one, and this host gives effects the current frame only; set 'Without "
                "neighbours' to another answer, use another host, or 'reelmend render' on the command line");
        case WithoutNeighbours::pass_through:
            note_ = "passes the source through: this host gives effects the current frame only";
            return show_source();
        case WithoutNeighbours::frames_already_seen:
            if (settings_.held_frame)
                refuse("it can't hold frame " + std::to_string(*settings_.held_frame) +
                       ": this host gives effects the current frame only; set 'Reference' to the trend of the window, "
                       "or use 'reelmend render' on the command line");
            note_ =
                "works from the frames already seen: this host gives effects the current frame only. The result "
                "depends on where playback began";
            return mend_from_seen();
    }
}

void FrameRender::mend_from_seen() {
    if (instance_ == nullptr || (instance_->renders == 1 && instances_live_for_one_frame()))
        refuse(
            "this host makes a new node for every frame, so that none has been seen; set 'Without neighbours' to "
            "another answer, or use 'reelmend render' on the command line");
    const auto known = source_->announce_afresh(window_.centre);
    if (known == nullptr) throw missing_frame(window_.centre);
    const auto try_window = [&] {
        frames_.clear();
        for (auto& seen : instance_->seen.window(window_.centre, known, settings_.radius_frames))
            frames_.push_back({seen.number, std::move(seen.frame), false});
        centre_ = frames_.size() - 1;
        frames_[centre_].of_host = true;
        window_.frames = {frames_.front().number, frames_.back().number};
        window_.clip.reset();
        announce_masks();
        return ofxpp::succeeds<FrameGone>([&] { render(); });
    };
    while (!try_window()) instance_->seen.forget_through(gone_);
}

void FrameRender::mend() {
    announce_window();
    plan_ahead();
    // When the host's pixels changed under us it is asked once more: the user may just have edited the node above.
    if (ofxpp::succeeds<FrameChanged>([&] { render(); })) return;
    source_->forget();
    for (auto& track : mask_tracks_) track.source.forget();
    copied_ = false;
    announce_window();
    render();
}

void FrameRender::announce_window() {
    frames_.clear();
    int64_t first = window_.centre;
    while (first > window_.frames.first && announce(first - 1)) --first;
    std::reverse(frames_.begin(), frames_.end());
    centre_ = frames_.size();
    int64_t last = window_.centre;
    while (last < window_.frames.last && announce(last + 1)) ++last;
    window_.frames = {first, last};
    announce_held();
    // Last, since its image is the one that will be held on to.
    const auto known = source_->announce(window_.centre);
    if (known == nullptr) throw missing_frame(window_.centre);
    frames_.insert(frames_.begin() + static_cast<std::ptrdiff_t>(centre_), {window_.centre, known, true});
    announce_masks();
}

// False: there is no such frame, and the host didn't say that there would be.
bool FrameRender::announce(int64_t frame) {
    if (poll_abort()) refuse("stopped by the host");
    const auto known = source_->announce(frame);
    if (known == nullptr && window_.clip) throw missing_frame(frame);
    if (known != nullptr) frames_.push_back({frame, known, true});
    return known != nullptr;
}

void FrameRender::plan_ahead() {
    if (instance_ == nullptr || instance_->wants_whole_neighbours) return;
    const auto next = instance_->playback.told(window_.centre);
    if (next) ahead_ = frames_ahead(window_, *next, settings_.radius_frames);
}

void FrameRender::watch_clock() {
    if (instance_ == nullptr || frames_.size() < 2) return;
    const auto digest_of = [](const WindowFrame& frame) { return frame.known->pictures.front().digest; };
    const transport::Digest first = digest_of(frames_.front());
    const bool one_picture = std::all_of(frames_.begin(), frames_.end(),
                                         [&](const WindowFrame& frame) { return digest_of(frame) == first; });
    instance_->clock.observe(window_, one_picture ? std::optional(first) : std::nullopt);
}

void FrameRender::render() {
    require_device(settings_, [this] { return poll_abort(); });
    const auto client = EnginePool::shared().client(settings_.engine_address, settings_.device);
    for (size_t picture = 0; picture < targets_.size(); ++picture) {
        if (frames_[centre_].known->pictures[picture].format.height == 0) {
            write_source(targets_[picture], areas_[picture], nullptr);
            continue;
        }
        transport::RenderCallbacks callbacks;
        callbacks.supply = [&](size_t index, transport::Form form, transport::SampleType type, void* planes) {
            return supply(picture, index, form, type, planes);
        };
        callbacks.receive = [&](const transport::RenderOutput& output) { receive(picture, output); };
        callbacks.while_waiting = [&] { wait_usefully(picture); };
        callbacks.aborted = [this] { return poll_abort(); };
        const transport::RenderJob wanted = job(picture);
        model_ = wanted.model;
        add(timings_, client->render(wanted, callbacks));
    }
}

transport::RenderJob FrameRender::job(size_t picture) const {
    const FrameSpan clip = window_.clip.value_or(window_.frames);
    transport::RenderJob job;
    job.effect = definition_.effect;
    job.model = settings_.model_id.empty() ? definition_.model : settings_.model_id;
    job.parameters = settings_.model;
    job.frame = frames_[centre_].number;
    job.first_frame = clip.first;
    job.last_frame = clip.last;
    for (const auto& frame : frames_) {
        const Picture& announced = frame.known->pictures[picture];
        auto format = announced.format;
        if (settings_.full_floats) format.sample_type = transport::SampleType::float32;
        job.window.push_back({frame.number, announced.digest, format});
    }
    for (const auto& track : mask_tracks_) job.auxiliary.push_back(announced_masks(track, picture));
    if (held_ != nullptr) job.auxiliary.push_back(announced_reference(picture));
    job.outputs = {settings_.output};
    if (carries_matte() && settings_.output != kMatte) job.outputs.emplace_back(kMatte);
    job.route = settings_.route;
    job.timeout = settings_.timeout;
    return job;
}

transport::Digest FrameRender::supply(size_t picture, size_t index, transport::Form form, transport::SampleType type,
                                      void* planes) {
    if (index >= frames_.size()) return supply_beside(picture, index - frames_.size(), form, type, planes);
    const auto& [number, known, of_host] = frames_.at(index);
    const Picture& announced = known->pictures[picture];
    const int64_t frame = index == centre_ ? window_.centre : number;
    if (!of_host && (form == transport::Form::full || announced.proxy.empty())) {
        gone_ = number;
        throw FrameGone(number);
    }
    if (form == transport::Form::full) {
        if (index != centre_ && instance_ != nullptr) instance_->wants_whole_neighbours = true;
        if (instance_ != nullptr) instance_->sent = type;
        sent_ = type;
        return source_->pack(frame, *known, picture, type, planes);
    }
    source_->make_proxy(frame, *known, picture, static_cast<float*>(planes));
    return announced.digest;
}

// A picture of an auxiliary clip: the masks in the order of their clips, then the held frame.
transport::Digest FrameRender::supply_beside(size_t picture, size_t index, transport::Form form,
                                             transport::SampleType type, void* planes) {
    for (auto& track : mask_tracks_) {
        if (index < track.masks.size()) return supply_mask(track, picture, index, form, type, planes);
        index -= track.masks.size();
    }
    return supply_held(picture, form, type, planes);
}

// The engine is working: time to have the centre at hand, or the frame that the next render will need. At most one of
// the host's images is held at a time, so before the next one is fetched the source goes into the output, where the
// result is then laid over it.
void FrameRender::wait_usefully(size_t picture) {
    if (copied_) return;
    const PixelView& source = confirmed_centre();
    const bool in_place = same_layout(source, target_) && same_bounds(source.bounds, target_.bounds) &&
                          same_bounds(area_, target_.bounds);
    const bool last = picture + 1 == targets_.size();
    if (ahead_.empty() || !in_place || !last) return;
    const auto pictures = pictures_of(source, split_);
    write_source(targets_[picture], areas_[picture], &pictures[picture]);
    copied_ = true;
    source_->let_go();
    for (const int64_t frame : ahead_) {
        if (poll_abort()) return;
        source_->announce_ahead(frame);
        for (auto& track : mask_tracks_) track.source.announce_ahead(frame);
    }
    source_->let_go();
}

const PixelView& FrameRender::confirmed_centre() {
    return source_->confirmed(window_.centre, *frames_[centre_].known);
}

bool FrameRender::poll_abort() {
    aborted_ = aborted_ || effect_.aborting();
    return aborted_;
}

}  // namespace reelmend::plugin
