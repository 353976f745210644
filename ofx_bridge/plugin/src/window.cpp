#include "window.h"

#include <algorithm>
#include <cmath>

namespace reelmend::plugin {

namespace {

// Hosts say "no end" with huge numbers; kept where sums of two can't overflow.
constexpr double kFarFrame = 1e15;

// Fetched while the engine works on another frame, so that more would only make that frame wait.
constexpr size_t kMostAhead = 4;

}  // namespace

int64_t nearest_frame(double time) {
    return static_cast<int64_t>(std::floor(std::clamp(time, -kFarFrame, kFarFrame) + 0.5));
}

std::optional<FrameSpan> whole_frames(double first, double last) {
    const FrameSpan span{static_cast<int64_t>(std::ceil(std::clamp(first, -kFarFrame, kFarFrame))),
                         static_cast<int64_t>(std::floor(std::clamp(last, -kFarFrame, kFarFrame)))};
    if (span.last < span.first) return std::nullopt;
    return span;
}

FrameWindow window_at(double time, int radius_frames, std::optional<FrameSpan> clip) {
    FrameWindow window;
    window.centre = nearest_frame(time);
    // The last frame lasts until the next one would begin: at 9.6 a clip that ends with frame 9 shows frame 9.
    const auto begun = static_cast<int64_t>(std::floor(std::clamp(time, -kFarFrame, kFarFrame)));
    if (clip && !clip->contains(window.centre) && clip->contains(begun)) window.centre = begun;
    window.frames = {window.centre - radius_frames, window.centre + radius_frames};
    if (clip && clip->contains(window.centre)) {
        window.clip = clip;
        window.frames.first = std::max(window.frames.first, clip->first);
        window.frames.last = std::min(window.frames.last, clip->last);
    }
    return window;
}

std::vector<int64_t> frames_ahead(const FrameWindow& now, int64_t next, int radius_frames) {
    std::vector<int64_t> frames;
    if (!now.clip) return frames;
    const FrameSpan then = window_at(static_cast<double>(next), radius_frames, now.clip).frames;
    for (int64_t frame = std::max(now.frames.last + 1, then.first); frame <= then.last && frames.size() < kMostAhead;
         ++frame)
        frames.push_back(frame);
    for (int64_t frame = std::min(now.frames.first - 1, then.last); frame >= then.first && frames.size() < kMostAhead;
         --frame)
        frames.push_back(frame);
    return frames;
}

}  // namespace reelmend::plugin
