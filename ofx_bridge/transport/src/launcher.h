// Finds the engine at its address, and starts one when nobody answers.
#pragma once

#include <mutex>
#include <optional>

#include "platform/platform.h"
#include "waiting.h"

namespace reelmend::transport {

// Thread-safe. A start that its caller gave up goes on: the next caller waits for the same engine.
class Launcher {
  public:
    explicit Launcher(EngineStart start) : start_(std::move(start)) {}

    // A connection to the engine at the address. Throws EngineError or ConnectionLost.
    platform::Socket connect(const Address& address, Waiting& waiting);

  private:
    std::optional<platform::Socket> advance(const Address& address, Waiting& waiting, uint64_t failures_seen);
    platform::Socket wait_for_engine(const Address& address, Waiting& waiting);
    std::unique_lock<std::mutex> locked(Waiting& waiting);
    void forget_launch(Waiting& waiting);

    const EngineStart start_;
    std::mutex mutex_;
    std::optional<platform::FileLock> lock_;  // held while this client brings the engine up
    std::optional<platform::DetachedProcess> process_;
    uint64_t failures_ = 0;
    std::string last_failure_;
};

}  // namespace reelmend::transport
