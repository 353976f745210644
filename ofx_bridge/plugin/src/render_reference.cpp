// The frame of the source whose light is held: found, named, sent.
#include "render.h"

namespace reelmend::plugin {

namespace {

[[noreturn]] void refuse(int64_t frame, const std::string& why) {
    throw ofxpp::Error(kOfxStatFailed, "frame " + std::to_string(frame) + " can't be held: " + why);
}

}  // namespace

void FrameRender::announce_held() {
    held_.reset();
    if (!settings_.held_frame) return;
    if (poll_abort()) throw ofxpp::Error(kOfxStatFailed, "stopped by the host");
    const int64_t frame = *settings_.held_frame;
    const auto& clip = window_.clip;
    if (clip && !clip->contains(frame))
        refuse(frame, "the clip has frames " + std::to_string(clip->first) + " to " + std::to_string(clip->last) +
                          "; set 'Reference frame' to one of them");
    held_ = source_->announce(frame);
    if (held_ == nullptr) refuse(frame, "the host has no image of it; set 'Reference frame' to another one");
}

// A clip of one frame belongs to all frames of the source.
transport::AuxiliaryClip FrameRender::announced_reference(size_t picture) const {
    const int64_t frame = *settings_.held_frame;
    const Picture& held = held_->pictures[picture];
    auto format = held.format;
    if (settings_.full_floats) format.sample_type = transport::SampleType::float32;
    return {kReferenceClip, frame, frame, {{frame, held.digest, format}}};
}

transport::Digest FrameRender::supply_held(size_t picture, transport::Form form, transport::SampleType type,
                                           void* planes) {
    const int64_t frame = *settings_.held_frame;
    if (form == transport::Form::full) return source_->pack(frame, *held_, picture, type, planes);
    source_->make_proxy(frame, *held_, picture, static_cast<float*>(planes));
    return held_->pictures[picture].digest;
}

}  // namespace reelmend::plugin
