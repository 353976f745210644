// How long a call may wait, and who may stop it.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "reelmend/transport/engine_client.h"

namespace reelmend::transport {

// Bounds every wait of one call: asks the host at least every 20 ms whether it gave up, and never passes the deadline.
class Waiting {
  public:
    using Clock = std::chrono::steady_clock;

    // `what` begins the messages: "frame 12 at unix:/…".
    Waiting(std::chrono::milliseconds limit, const std::function<bool()>& aborted, std::string what)
        : limit_(limit), deadline_(Clock::now() + limit), aborted_(aborted), what_(std::move(what)) {}

    // Throws EngineError: cancelled or deadline_exceeded.
    void check() {
        const auto now = Clock::now();
        if (aborted_ && now - asked_ >= kAskEvery) {
            asked_ = now;
            if (aborted_()) throw EngineError(Code::cancelled, what_ + ": stopped by the host");
        }
        if (now >= deadline_) {
            throw EngineError(Code::deadline_exceeded, what_ + ": no result within " + std::to_string(limit_.count()) +
                                                           " ms; give the engine more time or look at its log");
        }
    }

    std::chrono::milliseconds remaining() const {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
        return std::max(left, std::chrono::milliseconds{0});
    }

    // Milliseconds that one poll() may take.
    int slice_ms() const { return static_cast<int>(std::min(remaining(), kSlice).count()); }

    // Waits that long, unless check() throws.
    void pause(std::chrono::milliseconds length) {
        const auto end = Clock::now() + length;
        for (check(); Clock::now() < end; check()) {
            std::this_thread::sleep_for(std::min<Clock::duration>(kSlice, end - Clock::now()));
        }
    }

  private:
    static constexpr std::chrono::milliseconds kSlice{10};
    static constexpr std::chrono::milliseconds kAskEvery{5};  // an answer may cost the host something

    std::chrono::milliseconds limit_;
    Clock::time_point deadline_;
    Clock::time_point asked_{};
    const std::function<bool()>& aborted_;
    std::string what_;
};

}  // namespace reelmend::transport
