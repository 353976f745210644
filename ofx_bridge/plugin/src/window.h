// Which frames a render at some time reads: pure arithmetic.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace reelmend::plugin {

struct FrameSpan {
    int64_t first = 0;  // inclusive
    int64_t last = 0;
    bool contains(int64_t frame) const { return first <= frame && frame <= last; }
    bool operator==(const FrameSpan& other) const { return first == other.first && last == other.last; }
};

struct FrameWindow {
    int64_t centre = 0;
    FrameSpan frames;
    // The clip's own range. Nothing: the host doesn't say, or says one without the centre, so its ends must be found
    // by asking for frames.
    std::optional<FrameSpan> clip;
};

// The whole frame shown at a time. Hosts ask between frames when they retime or render fields, but a window is made
// of pictures that exist: at 10.5 the frames around 11, and the same ones whoever asks.
int64_t nearest_frame(double time);

// The whole frames inside [first, last] of a host's range; nothing when it holds none.
std::optional<FrameSpan> whole_frames(double first, double last);

FrameWindow window_at(double time, int radius_frames, std::optional<FrameSpan> clip);

// The frames, nearest first, that the window around `next` reads beyond this one: at most a few, and none where the
// clip's ends have to be found by asking.
std::vector<int64_t> frames_ahead(const FrameWindow& now, int64_t next, int radius_frames);

}  // namespace reelmend::plugin
