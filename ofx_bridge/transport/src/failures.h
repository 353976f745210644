// What can go wrong below EngineError, for the client to mend before an artist hears of it.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

namespace reelmend::transport {

// Nobody listens at the address: an engine may be started.
struct NobodyAnswers : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The connection broke or the engine is stopping: worth one retry on a fresh connection.
struct ConnectionLost : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The peer broke the contract: a retry would meet the same peer.
struct ProtocolBroken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The engine's shared memory can't be opened here: pixels must go through the stream.
struct SharedMemoryUnusable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The engine has no room now, and says after which time it may have some.
struct EngineFull : std::runtime_error {
    EngineFull(const std::string& why, std::chrono::milliseconds after) : std::runtime_error(why), retry_after(after) {}
    std::chrono::milliseconds retry_after;
};

}  // namespace reelmend::transport
