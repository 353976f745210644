#include "clock_watch.h"

namespace reelmend::plugin {

void ClockWatch::observe(const FrameWindow& window, const std::optional<transport::Digest>& only_picture) {
    const std::lock_guard lock(mutex_);
    if (contradictions_ >= kProof) return;
    if (!only_picture) {
        contradictions_ = 0;
    } else if (last_picture_ && *last_picture_ != *only_picture && last_.centre != window.centre &&
               (last_.frames.contains(window.centre) || window.frames.contains(last_.centre))) {
        ++contradictions_;
    }
    last_ = window;
    last_picture_ = only_picture;
}

bool ClockWatch::caught() const {
    const std::lock_guard lock(mutex_);
    return contradictions_ >= kProof;
}

void ClockWatch::clear() {
    const std::lock_guard lock(mutex_);
    contradictions_ = 0;
    last_picture_.reset();
}

}  // namespace reelmend::plugin
