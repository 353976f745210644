#include "playback.h"

#include <algorithm>
#include <cmath>

#include "window.h"

namespace reelmend::plugin {

namespace {

// As many as threads that may render the frames before this one at the same time.
constexpr size_t kRecent = 64;
constexpr size_t kMostTold = 256;

}  // namespace

void Playback::begin(double first, double last, double step) {
    const std::lock_guard lock(mutex_);
    ++open_sequences_;
    first_ = nearest_frame(std::min(first, last));
    last_ = nearest_frame(std::max(first, last));
    const int64_t size = std::max<int64_t>(std::llabs(nearest_frame(step)), 1);
    step_ = (last < first) != (step < 0) ? -size : size;
    recent_.clear();
    told_.clear();
}

void Playback::end() {
    const std::lock_guard lock(mutex_);
    if (open_sequences_ > 0) --open_sequences_;
}

void Playback::rendering(int64_t frame) {
    const std::lock_guard lock(mutex_);
    recent_.push_back(frame);
    if (recent_.size() > kRecent) recent_.pop_front();
}

std::optional<int64_t> Playback::next_after(int64_t frame) const {
    const std::lock_guard lock(mutex_);
    return guess(frame);
}

void Playback::tell(int64_t frame, std::optional<int64_t> next) {
    const std::lock_guard lock(mutex_);
    host_asks_ = true;
    if (told_.size() >= kMostTold) told_.clear();
    told_[frame] = next;
}

std::optional<int64_t> Playback::told(int64_t frame) {
    const std::lock_guard lock(mutex_);
    if (!host_asks_) return guess(frame);
    const auto found = told_.find(frame);
    return found == told_.end() ? std::nullopt : found->second;
}

bool Playback::rendered(int64_t frame) const {
    return std::find(recent_.begin(), recent_.end(), frame) != recent_.end();
}

std::optional<int64_t> Playback::guess(int64_t frame) const {
    if (open_sequences_ == 0) return std::nullopt;
    // At the start the host's own word is all there is.
    const bool starts = std::none_of(recent_.begin(), recent_.end(), [&](int64_t other) { return other != frame; });
    int64_t step = 0;
    if (starts || rendered(frame - step_))
        step = step_;
    else if (rendered(frame + step_))
        step = -step_;
    const int64_t next = frame + step;
    if (step == 0 || next < first_ || next > last_) return std::nullopt;
    return next;
}

}  // namespace reelmend::plugin
