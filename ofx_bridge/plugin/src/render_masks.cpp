// The masks beside a render's window: found, named, sent.
#include <algorithm>

#include "instance.h"
#include "render.h"

namespace reelmend::plugin {

// Each frame's mask; where the clip has none, that of the nearest frame towards the centre.
void FrameRender::announce_masks() {
    masks_.clear();
    mask_source_.reset();
    if (!mask_clip_) return;
    mask_source_.emplace(
        *mask_clip_, instance_ == nullptr ? nullptr : &instance_->mask_memory, arguments_.scale, split_,
        [this] { return poll_abort(); }, frames_[centre_].known->bounds);
    for (const auto& frame : frames_) {
        // Frames that were only seen before can't be asked for: the centre's mask is held for them.
        if (frame.number == frames_[centre_].number || !frame.of_host) continue;
        masks_.push_back(mask_beside(frame.number, frame.number));
        // Resolve says that a mask is connected where none is: then there is no picture.
        if (masks_.size() == 1 && masks_.front().known == nullptr &&
            mask_beside(window_.centre, window_.centre).known == nullptr)
            break;
    }
    // Last, since its image is the one that will be held on to.
    const Mask at_centre = mask_beside(frames_[centre_].number, window_.centre);
    if (at_centre.known == nullptr) {
        masks_.clear();
        return;
    }
    const size_t centre = masks_.empty() ? 0 : centre_;
    masks_.insert(masks_.begin() + static_cast<std::ptrdiff_t>(centre), at_centre);
    const auto hold = [&](Mask& mask, const Mask& inner) {
        if (mask.known == nullptr) mask = {mask.number, inner.host_frame, inner.known};
    };
    for (size_t index = centre; index-- > 0;) hold(masks_[index], masks_[index + 1]);
    for (size_t index = centre + 1; index < masks_.size(); ++index) hold(masks_[index], masks_[index - 1]);
}

// Before its first and after its last frame a mask is held, unless the host gives a picture there itself.
FrameRender::Mask FrameRender::mask_beside(int64_t number, int64_t host_frame) {
    if (poll_abort()) throw ofxpp::Error(kOfxStatFailed, "stopped by the host");
    Mask mask{number, host_frame, mask_source_->announce(host_frame)};
    const auto span = mask.known == nullptr ? clip_span(mask_source_->clip()) : std::nullopt;
    if (!span || span->contains(host_frame)) return mask;
    mask.host_frame = std::clamp(host_frame, span->first, span->last);
    mask.known = mask_source_->announce(mask.host_frame);
    return mask;
}

transport::AuxiliaryClip FrameRender::announced_masks(size_t picture) const {
    transport::AuxiliaryClip clip{kMaskClip, masks_.front().number, masks_.back().number, {}};
    for (const auto& [number, host_frame, known] : masks_) {
        auto format = known->pictures[picture].format;
        if (settings_.full_floats) format.sample_type = transport::SampleType::float32;
        clip.frames.push_back({number, known->pictures[picture].digest, format});
    }
    return clip;
}

transport::Digest FrameRender::supply_mask(size_t picture, size_t index, transport::Form form,
                                           transport::SampleType type, void* planes) {
    const auto& [number, host_frame, known] = masks_.at(index);
    if (form == transport::Form::full) return mask_source_->pack(host_frame, *known, picture, type, planes);
    mask_source_->make_proxy(host_frame, *known, picture, static_cast<float*>(planes));
    return known->pictures[picture].digest;
}

}  // namespace reelmend::plugin
