// What is known of source frames, so that a host need not be asked for them again.
#pragma once

#include <ofx/ofxCore.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <tuple>
#include <vector>

#include "reelmend/transport/frame.h"

namespace reelmend::plugin {

// A picture as it is announced to the engine.
struct Picture {
    transport::FrameFormat format;
    transport::Digest digest{};
    std::vector<float> proxy;  // planar, transport::proxy_format(format); empty: no longer kept
};

// A frame: one picture, or one for each of its fields.
struct Announced {
    std::vector<Picture> pictures;
    OfxRectI bounds{};  // where its image has pixels
    size_t proxy_bytes() const;
};

// How the lines of a frame are dealt out to pictures.
enum class Split { whole, fields, lower, upper };

// The same frame has other pixels in another render scale.
struct FrameKey {
    int64_t frame = 0;
    double scale_x = 1;
    double scale_y = 1;
    Split split = Split::whole;
    bool operator<(const FrameKey& other) const {
        return std::tie(frame, scale_x, scale_y, split) <
               std::tie(other.frame, other.scale_x, other.scale_y, other.split);
    }
};

// Thread-safe. Between begin and end what was read stays true: the host is not asked again. At other times it is a hint
// that has to be confirmed by the frame's pixels. Proxies are kept only between begin and end, and at most
// `proxy_budget_bytes` of them: those farthest from the newest frame go first.
class SequenceMemory {
  public:
    // The proxies of a window of 61 frames and some more.
    static constexpr size_t kProxyBudgetBytes = size_t{48} << 20;
    // Frames without their proxies, about 200 bytes each.
    static constexpr size_t kMostFrames = 8192;

    struct Found {
        std::shared_ptr<const Announced> frame;  // null: unknown
        bool is_true = false;                    // false: a hint
    };

    explicit SequenceMemory(size_t proxy_budget_bytes = kProxyBudgetBytes) : proxy_budget_bytes_(proxy_budget_bytes) {}

    void begin();
    void end();
    // From now on all that is known are hints: something may have been edited.
    void doubt();
    void clear();

    // Counts begin, end, doubt and clear: what was read from the host before one of them may be out of date after it.
    uint64_t generation() const;
    Found find(const FrameKey& key) const;
    void remember(const FrameKey& key, std::shared_ptr<const Announced> frame, uint64_t generation);

    // In a sequence one thread at a time reads a frame from the host. True: it is the caller's turn, who calls
    // end_read() afterwards, come what may. False: the wait for another thread ended, with or without the frame.
    bool begin_read(const FrameKey& key, const std::function<bool()>& aborted);
    void end_read(const FrameKey& key);

    size_t proxy_bytes() const;

  private:
    struct Entry {
        std::shared_ptr<const Announced> frame;
        uint64_t generation = 0;
    };
    using Entries = std::map<FrameKey, Entry>;
    void renew();
    void drop_proxy(Entry& entry);
    void keep_to_budget(const FrameKey& newest);

    const size_t proxy_budget_bytes_;
    mutable std::mutex mutex_;
    std::condition_variable read_ended_;
    int open_sequences_ = 0;
    uint64_t generation_ = 0;
    size_t proxy_bytes_ = 0;
    Entries frames_;
    std::set<FrameKey> being_read_;
};

}  // namespace reelmend::plugin
