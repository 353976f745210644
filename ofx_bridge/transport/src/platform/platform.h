// Everything that differs between operating systems: sockets, shared memory, locks, folders, process start. Each system
// has one folder beside this file, and nothing else of the transport or the plug-in includes a system's headers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "address.h"
#include "reelmend/transport/system.h"
#include "waiting.h"

namespace reelmend::transport::platform {

// Where this user's engines keep their sockets and logs.
std::string runtime_folder();

// The longest path that a unix socket can have.
constexpr size_t kMostSocketPathBytes = 107;

// An operating system handle that closes itself and only moves.
class Handle {
  public:
    explicit Handle(int value = -1) : value_(value) {}
    Handle(Handle&& other) noexcept : value_(other.release()) {}
    Handle& operator=(Handle&& other) noexcept;
    ~Handle() { close(); }
    int get() const { return value_; }
    explicit operator bool() const { return value_ >= 0; }
    int release();
    void close();

  private:
    int value_;
};

struct Span {
    const void* data;
    size_t size;
};

// A connected, non-blocking stream socket. Never raises SIGPIPE.
class Socket {
  public:
    // Throws NobodyAnswers, ConnectionLost or EngineError.
    static Socket connect(const Address& address, Waiting& waiting);

    // How many bytes were sent: 0 when the socket is full. Throws ConnectionLost.
    size_t send(const std::vector<Span>& spans);
    // How many bytes came: 0 when none wait. Throws ConnectionLost, also at the peer's close.
    size_t receive(uint8_t* buffer, size_t size);
    // Waits until it can be read (or written, when asked), at most timeout_ms.
    void wait(bool for_writing, int timeout_ms) const;

  private:
    explicit Socket(Handle handle) : handle_(std::move(handle)) {}
    Handle handle_;
};

// A mapped shared-memory segment of the engine. Memory stands behind every byte, so that touching one can't raise
// SIGBUS, and every page is mapped. Its name is no one's business: no message says it.
class SharedSegment {
  public:
    // Throws SharedMemoryUnusable.
    explicit SharedSegment(const std::string& name);
    ~SharedSegment();
    SharedSegment(const SharedSegment&) = delete;
    SharedSegment& operator=(const SharedSegment&) = delete;

    uint8_t* data() const { return data_; }
    size_t size() const { return size_; }
    // False once the engine has dropped it: then this mapping alone keeps its memory.
    static bool exists(const std::string& name);

  private:
    uint8_t* data_ = nullptr;
    size_t size_ = 0;
};

// An exclusive lock between threads and processes, held until it is destroyed by the process that took it. A forked
// child inherits no part in it.
class FileLock {
  public:
    FileLock(FileLock&&) noexcept = default;
    FileLock& operator=(FileLock&& other) noexcept {
        std::swap(handle_, other.handle_);
        std::swap(owner_, other.owner_);
        return *this;
    }
    ~FileLock();
    // Empty when somebody else holds it. Throws EngineError when the file can't be opened.
    static std::optional<FileLock> try_lock(const std::string& path);
    // True when somebody holds the lock now. Creates nothing.
    static bool is_held(const std::string& path);

  private:
    explicit FileLock(Handle handle) : handle_(std::move(handle)) {}
    Handle handle_;
    long owner_ = process_id();
};

// Creates the folder and its parents (0700) when they are missing. Throws EngineError when that fails.
void create_folder(const std::string& path);
// Throws EngineError when the folder exists and belongs to another user, or others may write into it.
void refuse_shared_folder(const std::string& path);

// A program that outlives this process.
class DetachedProcess {
  public:
    // Starts argv with stdout and stderr appended to the log. Throws EngineError when it can't be run.
    DetachedProcess(const std::vector<std::string>& argv, const std::string& log_path);
    // True once the program has ended.
    bool ended() const;
    // The last line that the program wrote to the log, or an empty string.
    std::string last_words() const;

  private:
    std::string log_path_;
    long long log_start_ = 0;
    Handle alive_;
};

}  // namespace reelmend::transport::platform
