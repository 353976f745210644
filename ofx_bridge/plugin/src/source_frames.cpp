#include "source_frames.h"

#include <utility>

namespace reelmend::plugin {

FrameChanged::FrameChanged(int64_t frame)
    : Error(kOfxStatFailed, "the host gives other pixels each time it is asked for source frame " +
                                std::to_string(frame) + "; cache or freeze the node above this one") {}

std::string source_image_of(int64_t frame) {
    return "the source image of frame " + std::to_string(frame);
}

ofxpp::Error missing_frame(int64_t frame) {
    return ofxpp::Error(kOfxStatFailed, "the host has no image of source frame " + std::to_string(frame) +
                                            "; check the clip's frame range and its media");
}

SourceFrames::SourceFrames(ofxpp::Clip clip, Instance* instance, RenderScale scale)
    : clip_(std::move(clip)),
      instance_(instance),
      scale_(scale),
      generation_(instance == nullptr ? 0 : instance->memory.generation()) {}

bool SourceFrames::with_pixels(int64_t frame, const std::function<void(const PixelView&)>& use) const {
    const auto image = clip_.image(static_cast<OfxTime>(frame));
    if (!image) return false;
    use(view_of(*image, source_image_of(frame)));
    return true;
}

SourceFrames::Known SourceFrames::announce(int64_t frame) {
    Known known = recall(frame);
    if (known != nullptr) return seen_[frame] = known;
    with_pixels(frame, [&](const PixelView& pixels) {
        check_renderable(pixels, source_image_of(frame));
        known = learn(frame, pixels);
    });
    return known;
}

SourceFrames::Known SourceFrames::learn(int64_t frame, const PixelView& pixels) {
    if (Known known = recall(frame); known != nullptr) return seen_[frame] = known;
    const auto host = host_pixels(pixels);
    auto announced = std::make_shared<Announced>();
    announced->format = host.format();
    announced->proxy.resize(transport::proxy_format(announced->format).samples());
    announced->digest = transport::digest_and_proxy(host, announced->proxy.data());
    if (instance_ != nullptr) instance_->memory.remember(key(frame), announced, generation_);
    return seen_[frame] = announced;
}

void SourceFrames::confirm(int64_t frame, const PixelView& pixels) {
    const Known known = recall(frame);
    if (known == nullptr) return;
    check_renderable(pixels, source_image_of(frame));
    const auto host = host_pixels(pixels);
    if (!(host.format() == known->format) || transport::digest_of(host) != known->digest) forget();
}

void SourceFrames::pack(int64_t frame, const Announced& announced, transport::SampleType type, void* planes) const {
    const bool given = with_pixels(frame, [&](const PixelView& pixels) {
        check_renderable(pixels, source_image_of(frame));
        const auto host = host_pixels(pixels);
        // The size comes first: `planes` has room for the announced one.
        if (!(host.format() == announced.format) || transport::pack(host, type, planes) != announced.digest)
            throw FrameChanged(frame);
    });
    if (!given) throw missing_frame(frame);
}

void SourceFrames::forget() {
    seen_.clear();
    if (instance_ == nullptr) return;
    instance_->memory.clear();
    generation_ = instance_->memory.generation();
}

SourceFrames::Known SourceFrames::recall(int64_t frame) const {
    const auto seen = seen_.find(frame);
    if (seen != seen_.end()) return seen->second;
    return instance_ == nullptr ? nullptr : instance_->memory.find(key(frame));
}

}  // namespace reelmend::plugin
