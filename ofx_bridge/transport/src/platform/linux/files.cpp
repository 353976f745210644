#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "failures.h"
#include "platform/linux/calls.h"
#include "platform/platform.h"

namespace reelmend::transport::platform {

std::string runtime_folder() {
    const auto environment = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string(value == nullptr ? "" : value);
    };
    if (std::string own = environment("REELMEND_RUNTIME_DIR"); !own.empty()) return own;
    if (const std::string user = environment("XDG_RUNTIME_DIR"); !user.empty()) return user + "/reelmend";
    return "/tmp/reelmend-" + std::to_string(::geteuid());
}

Handle& Handle::operator=(Handle&& other) noexcept {
    if (this != &other) {
        close();
        value_ = other.release();
    }
    return *this;
}

int Handle::release() {
    const int value = value_;
    value_ = -1;
    return value;
}

void Handle::close() {
    if (value_ >= 0) ::close(release());
}

SharedSegment::SharedSegment(const std::string& name) {
    if (name.size() < 2 || name.size() > 255 || name[0] != '/' || name.find('/', 1) != std::string::npos ||
        name.find('\0') != std::string::npos) {
        throw SharedMemoryUnusable("its segment has an impossible name");
    }
    const Handle handle(::shm_open(name.c_str(), O_RDWR | O_CLOEXEC, 0));
    if (!handle) throw SharedMemoryUnusable("its segment can't be opened: " + reason(errno));
    struct stat status{};
    if (::fstat(handle.get(), &status) != 0 || status.st_size <= 0) {
        throw SharedMemoryUnusable("its segment is empty");
    }
    size_ = static_cast<size_t>(status.st_size);
    int error = EINTR;
    while (error == EINTR) error = ::posix_fallocate(handle.get(), 0, status.st_size);
    if (error != 0) throw SharedMemoryUnusable("no room in shared memory: " + reason(error));
    void* mapped = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, handle.get(), 0);
    if (mapped == MAP_FAILED) throw SharedMemoryUnusable("its segment can't be mapped: " + reason(errno));
    data_ = static_cast<uint8_t*>(mapped);
    // A read maps the pages around it as well, a write only one: an eighth of the time for a frame.
    constexpr size_t kFaultAroundBytes = size_t{64} << 10;
    for (size_t offset = 0; offset < size_; offset += kFaultAroundBytes) {
        static_cast<void>(static_cast<volatile const uint8_t*>(data_)[offset]);
    }
}

SharedSegment::~SharedSegment() {
    ::munmap(data_, size_);
}

bool SharedSegment::exists(const std::string& name) {
    return static_cast<bool>(Handle(::shm_open(name.c_str(), O_RDONLY | O_CLOEXEC, 0)));
}

std::optional<FileLock> FileLock::try_lock(const std::string& path) {
    Handle handle(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!handle) {
        throw EngineError(Code::failed_precondition,
                          "the engine's start lock " + path + " can't be opened: " + reason(errno));
    }
    if (restarted([&] { return ::flock(handle.get(), LOCK_EX | LOCK_NB); }) != 0) return std::nullopt;
    return FileLock(std::move(handle));
}

FileLock::~FileLock() {
    // Closing would not do where a forked child has a copy of the handle.
    if (handle_ && owner_ == process_id()) ::flock(handle_.get(), LOCK_UN);
}

bool FileLock::is_held(const std::string& path) {
    const Handle handle(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    return handle && restarted([&] { return ::flock(handle.get(), LOCK_SH | LOCK_NB); }) != 0;
}

void create_folder(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return;
    const size_t slash = path.rfind('/');
    if (errno == ENOENT && slash != std::string::npos && slash > 0) {
        create_folder(path.substr(0, slash));
        if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return;
    }
    throw EngineError(Code::failed_precondition, "the engine's folder " + path + " can't be made: " + reason(errno) +
                                                     "; set REELMEND_RUNTIME_DIR to a folder of your own");
}

void refuse_shared_folder(const std::string& path) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) return;
    std::string why;
    if (!S_ISDIR(status.st_mode)) {
        why = "is no folder";
    } else if (status.st_uid != ::geteuid()) {
        why = "belongs to another user";
    } else if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        why = "may be written by other users (chmod 700 mends it)";
    }
    if (why.empty()) return;
    throw EngineError(Code::failed_precondition,
                      "the engine's folder " + path + " " + why + "; set REELMEND_RUNTIME_DIR to a folder of your own");
}

}  // namespace reelmend::transport::platform
