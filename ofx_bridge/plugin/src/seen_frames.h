// Frames that were rendered before, for hosts that give no neighbours.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "sequence_memory.h"

namespace reelmend::plugin {

// Thread-safe. One run of frames that came one after the other, newest last.
class SeenFrames {
  public:
    struct Seen {
        int64_t number = 0;  // ascending by one; the host's own frame number where its clock runs
        std::shared_ptr<const Announced> frame;
    };

    // The frames of the run up to and with `frame`, at most `radius_frames` before it. A frame that neither follows the
    // newest one nor repeats an older one begins a new run.
    std::vector<Seen> window(int64_t frame, std::shared_ptr<const Announced> announced, int radius_frames);

    // Forgets the frames up to this number: the engine no longer has their pixels.
    void forget_through(int64_t number);
    void clear();

  private:
    struct Entry {
        int64_t host_frame = 0;
        Seen seen;
    };
    // The position of the frame in the run, to which it may have been added.
    size_t place(int64_t frame, std::shared_ptr<const Announced> announced);

    std::mutex mutex_;
    std::deque<Entry> run_;
};

}  // namespace reelmend::plugin
