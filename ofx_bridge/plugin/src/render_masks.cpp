// The masks beside a render's window: found, named, sent.
#include <algorithm>

#include "instance.h"
#include "render.h"

namespace reelmend::plugin {

void FrameRender::announce_masks() {
    mask_tracks_.clear();
    for (const auto& mask : mask_clips_) {
        SequenceMemory* memory = instance_ == nullptr ? nullptr : &instance_->mask_memories[mask.index];
        auto& track = mask_tracks_.emplace_back(
            mask, memory, arguments_.scale, split_, [this] { return poll_abort(); }, frames_[centre_].known->bounds);
        announce_masks(track);
        // Resolve says that a mask is connected where none is: then there is no picture.
        if (track.masks.empty()) mask_tracks_.pop_back();
    }
}

// Each frame's mask; where the clip has none, that of the nearest frame towards the centre.
void FrameRender::announce_masks(MaskTrack& track) {
    auto& masks = track.masks;
    for (const auto& frame : frames_) {
        // Frames that were only seen before can't be asked for: the centre's mask is held for them.
        if (frame.number == frames_[centre_].number || !frame.of_host) continue;
        masks.push_back(mask_beside(track, frame.number, frame.number));
        if (masks.size() == 1 && masks.front().known == nullptr &&
            mask_beside(track, window_.centre, window_.centre).known == nullptr)
            break;
    }
    // Last, since its image is the one that will be held on to.
    const Mask at_centre = mask_beside(track, frames_[centre_].number, window_.centre);
    if (at_centre.known == nullptr) {
        masks.clear();
        return;
    }
    const size_t centre = masks.empty() ? 0 : centre_;
    masks.insert(masks.begin() + static_cast<std::ptrdiff_t>(centre), at_centre);
    const auto hold = [&](Mask& mask, const Mask& inner) {
        if (mask.known == nullptr) mask = {mask.number, inner.host_frame, inner.known};
    };
    for (size_t index = centre; index-- > 0;) hold(masks[index], masks[index + 1]);
    for (size_t index = centre + 1; index < masks.size(); ++index) hold(masks[index], masks[index - 1]);
}

// Before its first and after its last frame a mask is held, unless the host gives a picture there itself.
FrameRender::Mask FrameRender::mask_beside(MaskTrack& track, int64_t number, int64_t host_frame) {
    if (poll_abort()) throw ofxpp::Error(kOfxStatFailed, "stopped by the host");
    Mask mask{number, host_frame, track.source.announce(host_frame)};
    const auto span = mask.known == nullptr ? clip_span(track.source.clip()) : std::nullopt;
    if (!span || span->contains(host_frame)) return mask;
    mask.host_frame = std::clamp(host_frame, span->first, span->last);
    mask.known = track.source.announce(mask.host_frame);
    return mask;
}

transport::AuxiliaryClip FrameRender::announced_masks(const MaskTrack& track, size_t picture) const {
    transport::AuxiliaryClip clip{track.name, track.masks.front().number, track.masks.back().number, {}};
    for (const auto& [number, host_frame, known] : track.masks) {
        auto format = known->pictures[picture].format;
        if (settings_.full_floats) format.sample_type = transport::SampleType::float32;
        clip.frames.push_back({number, known->pictures[picture].digest, format});
    }
    return clip;
}

transport::Digest FrameRender::supply_mask(MaskTrack& track, size_t picture, size_t index, transport::Form form,
                                           transport::SampleType type, void* planes) {
    const auto& [number, host_frame, known] = track.masks.at(index);
    if (form == transport::Form::full) return track.source.pack(host_frame, *known, picture, type, planes);
    track.source.make_proxy(host_frame, *known, picture, static_cast<float*>(planes));
    return known->pictures[picture].digest;
}

}  // namespace reelmend::plugin
