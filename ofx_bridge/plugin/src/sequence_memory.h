// What is known of source frames while a host renders a sequence, so that they need not be fetched again.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>
#include <vector>

#include "reelmend/transport/frame.h"

namespace reelmend::plugin {

// A source frame as it is announced to the engine.
struct Announced {
    transport::FrameFormat format;
    transport::Digest digest{};
    std::vector<float> proxy;  // planar, transport::proxy_format(format)
};

struct FrameKey {
    int64_t frame = 0;
    double scale_x = 1;  // render scale: the same frame has other pixels in another scale
    double scale_y = 1;
    bool operator<(const FrameKey& other) const {
        return std::tie(frame, scale_x, scale_y) < std::tie(other.frame, other.scale_x, other.scale_y);
    }
};

// Thread-safe. Remembers only between begin and end, and at most `budget_bytes`: the frames farthest from the newest
// one are forgotten first.
class SequenceMemory {
  public:
    // Room for the proxies of the widest window, 121 frames of 0.7 MB, and some threads beside it.
    static constexpr size_t kBudgetBytes = size_t{128} << 20;

    explicit SequenceMemory(size_t budget_bytes = kBudgetBytes) : budget_bytes_(budget_bytes) {}

    void begin();
    void end();
    void clear();

    // Counts begin, end and clear: what was read from the host before one of them may be out of date after it.
    uint64_t generation() const;
    // Null when it is not known.
    std::shared_ptr<const Announced> find(const FrameKey& key) const;
    // Does nothing outside of a sequence, or when `generation` has passed.
    void remember(const FrameKey& key, std::shared_ptr<const Announced> frame, uint64_t generation);
    void forget(const FrameKey& key);
    size_t used_bytes() const;

  private:
    static size_t size_of(const Announced& frame) { return sizeof(Announced) + frame.proxy.size() * sizeof(float); }
    void drop_all();
    void drop(std::map<FrameKey, std::shared_ptr<const Announced>>::iterator entry);

    const size_t budget_bytes_;
    mutable std::mutex mutex_;
    int open_sequences_ = 0;
    uint64_t generation_ = 0;
    size_t used_bytes_ = 0;
    std::map<FrameKey, std::shared_ptr<const Announced>> frames_;
};

}  // namespace reelmend::plugin
