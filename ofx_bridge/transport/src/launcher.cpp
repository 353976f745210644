#include "launcher.h"

#include <thread>

#include "failures.h"
#include "grpc_status.h"

namespace reelmend::transport {

namespace {

constexpr char kIdleExitSeconds[] = "300";

void check_folder(const Address& address) {
    const std::string folder = address.runtime_folder();
    if (folder == default_runtime_folder()) platform::refuse_shared_folder(folder);
}

std::optional<platform::Socket> try_connect(const Address& address, Waiting& waiting) {
    try {
        return platform::Socket::connect(address, waiting);
    } catch (const NobodyAnswers&) {
        return std::nullopt;
    }
}

std::string log_path(const Address& address) {
    return address.runtime_folder() + "/engine.log";
}

}  // namespace

platform::Socket Launcher::connect(const Address& address, Waiting& waiting) {
    if (address.kind == Address::Kind::unix_socket) check_folder(address);
    try {
        return platform::Socket::connect(address, waiting);
    } catch (const NobodyAnswers& nobody) {
        if (start_.command.empty()) {
            throw EngineError(Code::unavailable, "no engine answers at " + address.text + " (" + nobody.what() +
                                                     "); start one with: reelmend serve --address " + address.text);
        }
    }
    platform::create_folder(address.runtime_folder());
    check_folder(address);
    return wait_for_engine(address, waiting);
}

platform::Socket Launcher::wait_for_engine(const Address& address, Waiting& waiting) {
    const auto give_up = Waiting::Clock::now() + start_.patience;
    const uint64_t failures_seen = [&] {
        const auto guard = locked(waiting);
        return failures_;
    }();
    while (Waiting::Clock::now() < give_up) {
        waiting.check();
        std::optional<platform::Socket> socket = advance(address, waiting, failures_seen);
        if (!socket) {
            std::this_thread::sleep_for(std::chrono::milliseconds(waiting.slice_ms()));
            socket = try_connect(address, waiting);
        }
        if (socket) {
            forget_launch(waiting);
            return std::move(*socket);
        }
    }
    forget_launch(waiting);
    throw EngineError(Code::unavailable, "the engine did not answer at " + address.text + " within " +
                                             std::to_string(start_.patience.count()) +
                                             " ms of its start; see its log " + log_path(address));
}

// One step towards a running engine: take the lock, start the program, see whether it still lives.
std::optional<platform::Socket> Launcher::advance(const Address& address, Waiting& waiting, uint64_t failures_seen) {
    const auto guard = locked(waiting);
    if (failures_ != failures_seen) throw EngineError(Code::unavailable, last_failure_);
    if (process_) {
        if (!process_->ended()) return std::nullopt;
        std::string words = one_line(process_->last_words());
        process_.reset();
        lock_.reset();
        // It may have ended because another engine serves the address.
        if (auto socket = try_connect(address, waiting)) return socket;
        if (words.empty()) words = "it ended without a word";
        last_failure_ =
            "the engine for " + address.text + " could not start: " + words + " (log: " + log_path(address) + ")";
        ++failures_;
        throw EngineError(Code::unavailable, last_failure_);
    }
    lock_ = platform::FileLock::try_lock(address.runtime_folder() + "/start.lock");
    if (!lock_) return std::nullopt;
    // Whoever held the lock before may have brought the engine up.
    if (auto socket = try_connect(address, waiting)) return socket;
    // An engine locks its socket from its start until its end: one that does not answer yet is on its way up, or out.
    if (address.kind == Address::Kind::unix_socket && platform::FileLock::is_held(address.path + ".lock")) {
        lock_.reset();
        return std::nullopt;
    }
    std::vector<std::string> command = start_.command;
    command.insert(command.end(), {"--address", address.text, "--idle-exit", kIdleExitSeconds});
    try {
        process_.emplace(command, log_path(address));
    } catch (...) {
        lock_.reset();
        throw;
    }
    return std::nullopt;
}

void Launcher::forget_launch(Waiting& waiting) {
    const auto guard = locked(waiting);
    process_.reset();
    lock_.reset();
}

// Whoever holds the mutex may be connecting for a while: its own host must not wait for that unasked.
std::unique_lock<std::mutex> Launcher::locked(Waiting& waiting) {
    std::unique_lock<std::mutex> guard(mutex_, std::try_to_lock);
    while (!guard.owns_lock()) {
        waiting.pause(std::chrono::milliseconds(2));
        guard.try_lock();
    }
    return guard;
}

}  // namespace reelmend::transport
