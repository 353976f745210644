#include "seen_frames.h"

#include <algorithm>

namespace reelmend::plugin {

namespace {

// More than the widest window reaches back.
constexpr size_t kMostFrames = 128;

bool same_pixels(const Announced& a, const Announced& b) {
    return std::equal(a.pictures.begin(), a.pictures.end(), b.pictures.begin(), b.pictures.end(),
                      [](const Picture& one, const Picture& other) { return one.digest == other.digest; });
}

bool same_shape(const Announced& a, const Announced& b) {
    return std::equal(a.pictures.begin(), a.pictures.end(), b.pictures.begin(), b.pictures.end(),
                      [](const Picture& one, const Picture& other) { return one.format == other.format; });
}

}  // namespace

std::vector<SeenFrames::Seen> SeenFrames::window(int64_t frame, std::shared_ptr<const Announced> announced,
                                                 int radius_frames) {
    const std::lock_guard lock(mutex_);
    const size_t last = place(frame, std::move(announced));
    const size_t first = last - std::min(last, static_cast<size_t>(radius_frames));
    std::vector<Seen> frames;
    for (size_t i = first; i <= last; ++i) frames.push_back(run_[i].seen);
    return frames;
}

void SeenFrames::forget_through(int64_t number) {
    const std::lock_guard lock(mutex_);
    while (!run_.empty() && run_.front().seen.number <= number) run_.pop_front();
}

void SeenFrames::clear() {
    const std::lock_guard lock(mutex_);
    run_.clear();
}

size_t SeenFrames::place(int64_t frame, std::shared_ptr<const Announced> announced) {
    const auto known = std::find_if(run_.begin(), run_.end(), [&](const Entry& entry) {
        return entry.host_frame == frame && same_pixels(*entry.seen.frame, *announced);
    });
    if (known != run_.end()) return static_cast<size_t>(known - run_.begin());
    if (!run_.empty()) {
        const Entry& newest = run_.back();
        // Some hosts (MLT before 7.36) say time 0 for every frame: the order of arrival is then the only clock.
        const bool clock_stands = frame == 0 && newest.host_frame == 0;
        const bool follows = frame == newest.host_frame + 1 || clock_stands;
        if (!follows || !same_shape(*newest.seen.frame, *announced)) run_.clear();
    }
    const int64_t number = run_.empty() ? frame : run_.back().seen.number + 1;
    run_.push_back({frame, {number, std::move(announced)}});
    if (run_.size() > kMostFrames) run_.pop_front();
    return run_.size() - 1;
}

}  // namespace reelmend::plugin
