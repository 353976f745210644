#include "source_frames.h"

#include <ofxpp/guard.h>

#include <algorithm>
#include <utility>

namespace reelmend::plugin {

namespace {

// A frame whose turn to be read has come.
class Reading {
  public:
    Reading(SequenceMemory* memory, const FrameKey& key, const std::function<bool()>& aborted)
        : memory_(memory), key_(key), mine_(memory != nullptr && memory->begin_read(key, aborted)) {}
    ~Reading() {
        if (mine_) memory_->end_read(key_);
    }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

  private:
    SequenceMemory* const memory_;
    const FrameKey key_;
    const bool mine_;
};

// The hint itself when it is what these pixels are, else null. Costs a third of describing them.
const Picture* confirmed_hint(const transport::HostPixels& pixels, const Picture* hint) {
    if (hint == nullptr || pixels.height == 0 || !(hint->format == pixels.format())) return nullptr;
    return transport::digest_of(pixels) == hint->digest ? hint : nullptr;
}

Picture describe_picture(const transport::HostPixels& pixels) {
    Picture picture;
    picture.format = pixels.format();
    if (pixels.height == 0) return picture;  // the upper field of a frame of one line
    picture.proxy.resize(transport::proxy_format(picture.format).samples());
    picture.digest = transport::digest_and_proxy(pixels, picture.proxy.data());
    return picture;
}

}  // namespace

FrameChanged::FrameChanged(const std::string& image)
    : Error(kOfxStatFailed, "the host gives other pixels each time it is asked for " + image +
                                "; cache or freeze the node above this one") {}

std::string source_image_of(int64_t frame) {
    return "the source image of frame " + std::to_string(frame);
}

ofxpp::Error missing_frame(int64_t frame) {
    return ofxpp::Error(kOfxStatFailed, "the host has no image of source frame " + std::to_string(frame) +
                                            "; check the clip's frame range and its media");
}

std::vector<PixelView> pictures_of(const PixelView& frame, Split split) {
    switch (split) {
        case Split::whole:
            return {frame};
        case Split::fields:
            return {field_of(frame, Parity::lower), field_of(frame, Parity::upper)};
        case Split::lower:
            return {field_of(frame, Parity::lower)};
        case Split::upper:
            return {field_of(frame, Parity::upper)};
    }
    return {};
}

std::vector<OfxRectI> areas_of(const OfxRectI& area, Split split) {
    PixelView frame;
    frame.bounds = area;
    std::vector<OfxRectI> areas;
    for (const auto& picture : pictures_of(frame, split)) areas.push_back(picture.bounds);
    return areas;
}

std::optional<FrameSpan> clip_span(const ofxpp::Clip& clip) {
    const auto range = clip.frame_range();
    return range ? whole_frames(range->min, range->max) : std::nullopt;
}

SourceFrames::SourceFrames(ofxpp::Clip clip, SequenceMemory* memory, RenderScale scale, Split split,
                           std::function<bool()> aborted, std::optional<OfxRectI> mask_area)
    : clip_(std::move(clip)),
      memory_(memory),
      scale_(scale),
      split_(split),
      aborted_(std::move(aborted)),
      mask_area_(mask_area),
      generation_(memory == nullptr ? 0 : memory->generation()) {}

const PixelView* SourceFrames::image(int64_t frame) {
    if (const PixelView* pixels = held(frame)) return pixels;
    held_.reset();
    auto image = clip_.image(static_cast<OfxTime>(frame));
    if (!image) return nullptr;
    PixelView pixels = view_of(*image, image_of(frame));
    pixels.swapped = pixels.is_colour() && (pixels.swapped || is_swapped(clip_.properties()));
    held_.emplace(Held{frame, std::nullopt, pixels, {}, {}});
    if (mask_area_)
        held_->pixels = mask_of(pixels, *mask_area_, held_->mask);
    else
        held_->image.emplace(std::move(*image));
    held_->digests.resize(pictures_of(held_->pixels, split_).size());
    return &held_->pixels;
}

std::string SourceFrames::image_of(int64_t frame) const {
    return mask_area_ ? "the mask of frame " + std::to_string(frame) : source_image_of(frame);
}

void SourceFrames::check(const PixelView& pixels, int64_t frame) const {
    if (!mask_area_) check_renderable(pixels, image_of(frame));
}

const PixelView* SourceFrames::held(int64_t frame) const {
    return held_ && held_->frame == frame ? &held_->pixels : nullptr;
}

SourceFrames::Known SourceFrames::announce(int64_t frame) {
    if (const auto found = recall(frame); found.is_true) return seen_[frame] = found.frame;
    const Reading reading(memory_, key(frame), aborted_);
    // Another thread may have read it meanwhile.
    if (const auto found = recall(frame); found.is_true) return seen_[frame] = found.frame;
    return announce_afresh(frame);
}

void SourceFrames::announce_ahead(int64_t frame) {
    ofxpp::guarded([&] { return announce(frame), kOfxStatOK; }, [](const char*) {});
}

SourceFrames::Known SourceFrames::announce_afresh(int64_t frame) {
    const PixelView* pixels = image(frame);
    if (pixels == nullptr) return nullptr;
    check(*pixels, frame);
    const Known known = describe(*pixels, recall(frame).frame.get());
    if (memory_ != nullptr) memory_->remember(key(frame), known, generation_);
    return seen_[frame] = known;
}

SourceFrames::Known SourceFrames::describe(const PixelView& pixels, const Announced* hint) {
    auto announced = std::make_shared<Announced>();
    announced->bounds = pixels.bounds;
    const auto pictures = pictures_of(pixels, split_);
    for (size_t i = 0; i < pictures.size(); ++i) {
        const auto host = host_pixels(pictures[i]);
        const bool hinted = hint != nullptr && i < hint->pictures.size();
        const Picture* known = confirmed_hint(host, hinted ? &hint->pictures[i] : nullptr);
        announced->pictures.push_back(known != nullptr ? *known : describe_picture(host));
        held_->digests[i] = announced->pictures.back().digest;
    }
    return announced;
}

const PixelView& SourceFrames::confirmed(int64_t frame, const Announced& announced) {
    for (size_t i = 0; i < announced.pictures.size(); ++i) {
        const auto host = host_pixels(picture(frame, announced, i));
        if (host.height == 0) continue;
        auto& digest = held_->digests[i];
        if (!digest) digest = transport::digest_of(host);
        expect(frame, announced.pictures[i], i, *digest);
    }
    return held_->pixels;
}

transport::Digest SourceFrames::pack(int64_t frame, const Announced& announced, size_t index,
                                     transport::SampleType type, void* planes) {
    const auto host = host_pixels(picture(frame, announced, index));
    const transport::Digest digest = transport::pack(host, type, planes);
    expect(frame, announced.pictures[index], index, digest);
    return digest;
}

void SourceFrames::make_proxy(int64_t frame, const Announced& announced, size_t index, float* planes) {
    const Picture& wanted = announced.pictures[index];
    if (!wanted.proxy.empty()) {
        std::copy(wanted.proxy.begin(), wanted.proxy.end(), planes);
        return;
    }
    const auto host = host_pixels(picture(frame, announced, index));
    expect(frame, wanted, index, transport::digest_and_proxy(host, planes));
}

PixelView SourceFrames::picture(int64_t frame, const Announced& announced, size_t index) {
    const PixelView* pixels = image(frame);
    if (pixels == nullptr) throw missing_frame(frame);
    check(*pixels, frame);
    const PixelView found = pictures_of(*pixels, split_).at(index);
    if (!(host_pixels(found).format() == announced.pictures.at(index).format)) throw FrameChanged(image_of(frame));
    return found;
}

void SourceFrames::expect(int64_t frame, const Picture& announced, size_t index, const transport::Digest& digest) {
    held_->digests[index] = digest;
    if (digest != announced.digest) throw FrameChanged(image_of(frame));
}

void SourceFrames::forget() {
    seen_.clear();
    if (memory_ == nullptr) return;
    memory_->doubt();
    generation_ = memory_->generation();
}

SequenceMemory::Found SourceFrames::recall(int64_t frame) const {
    const auto seen = seen_.find(frame);
    if (seen != seen_.end()) return {seen->second, true};
    const auto found = memory_ == nullptr ? SequenceMemory::Found{} : memory_->find(key(frame));
    const bool elsewhere = mask_area_ && found.frame != nullptr && !same_bounds(found.frame->bounds, *mask_area_);
    return elsewhere ? SequenceMemory::Found{} : found;
}

}  // namespace reelmend::plugin
