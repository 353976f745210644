// Which frame a host is likely to render next: pure bookkeeping.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>

namespace reelmend::plugin {

// Thread-safe. Guesses only within sequences that nobody edits meanwhile.
class Playback {
  public:
    // `step` as the host says it; 0 where it says nothing.
    void begin(double first, double last, double step);
    void end();

    void rendering(int64_t frame);

    // The frame after this one in the direction of play; nothing where the frames come in no order, or the sequence
    // ends.
    std::optional<int64_t> next_after(int64_t frame) const;

    // GetFramesNeeded has told the host of what next_after() answered, so that the render of the frame keeps to it.
    void tell(int64_t frame, std::optional<int64_t> next);
    // What the host was told for this frame; next_after() where it never asks.
    std::optional<int64_t> told(int64_t frame);

  private:
    bool rendered(int64_t frame) const;
    std::optional<int64_t> guess(int64_t frame) const;

    mutable std::mutex mutex_;
    int open_sequences_ = 0;
    int64_t first_ = 0, last_ = 0;  // ascending
    int64_t step_ = 1;              // signed
    std::deque<int64_t> recent_;    // frames whose render has begun, newest last
    bool host_asks_ = false;
    std::map<int64_t, std::optional<int64_t>> told_;
};

}  // namespace reelmend::plugin
