#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "failures.h"
#include "platform/linux/calls.h"
#include "platform/linux/child.h"
#include "platform/platform.h"

extern char** environ;

namespace reelmend::transport {

long process_id() {
    return ::getpid();
}

std::string library_path(const void* inside) {
    Dl_info info{};
    const bool found = ::dladdr(inside, &info) != 0 && info.dli_fname != nullptr;
    return found ? info.dli_fname : "";
}

namespace platform {

namespace {

constexpr off_t kMostLogBytes = 4 << 20;  // a longer log begins anew at the next start

EngineError not_started(const std::string& why) {
    return EngineError(Code::failed_precondition, "the engine can't be started: " + why);
}

// The program's absolute path, looked up in PATH as a shell would: the child may not search, because that allocates.
std::string find_program(const std::string& name) {
    if (name.find('/') != std::string::npos) {
        if (::access(name.c_str(), X_OK) != 0) throw not_started(name + ": " + reason(errno));
        return std::filesystem::absolute(name);
    }
    const char* path = std::getenv("PATH");
    std::string folders = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
    folders += ':';
    for (size_t begin = 0, end; (end = folders.find(':', begin)) != std::string::npos; begin = end + 1) {
        const std::string candidate = folders.substr(begin, end - begin) + "/" + name;
        if (end > begin && ::access(candidate.c_str(), X_OK) == 0) return std::filesystem::absolute(candidate);
    }
    throw not_started("no program '" + name + "' in PATH");
}

// The host's environment without what its own embedded Python needs and would break another Python's start. A copy:
// other threads of the host may change theirs while the program starts.
std::vector<std::string> engine_environment() {
    std::vector<std::string> kept;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        // A host's own libraries and Python are not the engine's.
        if (text.rfind("PYTHONHOME=", 0) != 0 && text.rfind("LD_LIBRARY_PATH=", 0) != 0) kept.emplace_back(text);
    }
    return kept;
}

// As exec wants them: a null pointer after the last.
std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

struct Pipe {
    Handle read_end;
    Handle write_end;
};

// Moves a handle above the standard streams, which the child overwrites.
Handle above_standard_streams(Handle handle) {
    if (handle.get() > 2) return handle;
    Handle moved(::fcntl(handle.get(), F_DUPFD_CLOEXEC, 3));
    if (!moved) throw not_started(reason(errno));
    return moved;
}

Pipe make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw not_started(reason(errno));
    Handle read_end(ends[0]);
    Handle write_end(ends[1]);
    return {above_standard_streams(std::move(read_end)), above_standard_streams(std::move(write_end))};
}

unsigned open_file_limit() {
    rlimit limit{};
    constexpr rlim_t kMost = 1u << 20;
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > kMost) return kMost;
    return static_cast<unsigned>(limit.rlim_cur);
}

// The errno that the child reported; 0 when exec closed the pipe without a word.
int exec_error(const Handle& report) {
    int error = 0;
    const ssize_t got = restarted([&] { return ::read(report.get(), &error, sizeof error); });
    return got == static_cast<ssize_t>(sizeof error) ? error : 0;
}

}  // namespace

DetachedProcess::DetachedProcess(const std::vector<std::string>& argv, const std::string& log_path)
    : log_path_(log_path) {
    const std::string program = find_program(argv.at(0));
    const std::vector<char*> arguments = pointers_to(argv);
    const std::vector<std::string> environment = engine_environment();
    const std::vector<char*> environment_pointers = pointers_to(environment);

    Handle log(::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!log) throw not_started("its log " + log_path + " can't be opened: " + reason(errno));
    log = above_standard_streams(std::move(log));
    if (::lseek(log.get(), 0, SEEK_END) > kMostLogBytes && ::ftruncate(log.get(), 0) != 0)
        throw not_started(reason(errno));
    log_start_ = ::lseek(log.get(), 0, SEEK_END);

    // The engine's stdin is this pipe: nothing is ever written, but when the engine ends, the write end knows at once.
    Pipe life = make_pipe();
    Pipe report = make_pipe();
    const std::string folder = std::filesystem::path(log_path).parent_path();
    const ChildPlan plan{program.c_str(),     folder.c_str(), arguments.data(),       environment_pointers.data(),
                         life.read_end.get(), log.get(),      report.write_end.get(), open_file_limit()};
    if (const int error = start_orphan(plan); error != 0) throw not_started(reason(error));
    report.write_end.close();
    if (const int error = exec_error(report.read_end); error != 0) throw not_started(program + ": " + reason(error));
    alive_ = std::move(life.write_end);
}

bool DetachedProcess::ended() const {
    pollfd entry{alive_.get(), 0, 0};
    return ::poll(&entry, 1, 0) == 1 && (entry.revents & POLLERR) != 0;
}

std::string DetachedProcess::last_words() const {
    constexpr off_t kTailBytes = 4096;
    const Handle log(::open(log_path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!log) return "";
    const off_t end = ::lseek(log.get(), 0, SEEK_END);
    const off_t begin = std::max<off_t>(log_start_, end - kTailBytes);
    std::string tail(static_cast<size_t>(std::max<off_t>(end - begin, 0)), '\0');
    const ssize_t got = ::pread(log.get(), tail.data(), tail.size(), begin);
    tail.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
    const size_t last = tail.find_last_not_of(" \t\r\n");
    if (last == std::string::npos) return "";
    tail.resize(last + 1);
    const size_t line = tail.rfind('\n');
    return line == std::string::npos ? tail : tail.substr(line + 1);
}

}  // namespace platform

}  // namespace reelmend::transport
