// Tells a host that answers every time with the current picture from a still shot.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "sequence_memory.h"
#include "window.h"

namespace reelmend::plugin {

// Thread-safe. A host says that it gives any frame, yet all frames of a window are the same picture: that may be a
// still. But when the next window is one picture as well, and another one, although it shares frames with the first,
// then the pictures follow the render and not the time.
class ClockWatch {
  public:
    // `only_picture`: what every frame of the window shows; nothing when they differ.
    void observe(const FrameWindow& window, const std::optional<transport::Digest>& only_picture);
    bool caught() const;
    void clear();

  private:
    // One contradiction may also be an edit above the node.
    static constexpr int kProof = 2;

    mutable std::mutex mutex_;
    FrameWindow last_;
    std::optional<transport::Digest> last_picture_;
    int contradictions_ = 0;
};

}  // namespace reelmend::plugin
