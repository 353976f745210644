#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "platform.h"

extern char** environ;

namespace reelmend::transport::platform {

namespace {

constexpr off_t kMostLogBytes = 4 << 20;  // a longer log begins anew at the next start

std::string reason(int error) {
    return std::system_category().message(error);
}

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

// The host's environment without what its own embedded Python needs and would break another Python's start.
std::vector<char*> engine_environment() {
    std::vector<char*> kept;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        // A host's own libraries and Python are not the engine's.
        if (std::strncmp(*entry, "PYTHONHOME=", 11) != 0 && std::strncmp(*entry, "LD_LIBRARY_PATH=", 16) != 0) {
            kept.push_back(*entry);
        }
    }
    kept.push_back(nullptr);
    return kept;
}

struct ChildPlan {
    const char* program;
    const char* folder;
    char* const* argv;
    char* const* environment;
    int input;
    int log;
    int report;
    unsigned open_files;
};

// The functions below run between fork and exec in a process that had threads: async-signal-safe calls only.

void close_from(unsigned first, unsigned end, unsigned keep) {
#ifdef SYS_close_range
    const bool below = keep <= first || ::syscall(SYS_close_range, first, keep - 1, 0u) == 0;
    if (below && ::syscall(SYS_close_range, keep + 1, ~0u, 0u) == 0) return;
#endif
    for (unsigned fd = first; fd < end; ++fd) {
        if (fd != keep) ::close(static_cast<int>(fd));
    }
}

[[noreturn]] void fail_child(int report) {
    const int error = errno;
    [[maybe_unused]] const ssize_t written = ::write(report, &error, sizeof error);
    ::_exit(127);
}

[[noreturn]] void become_engine(const ChildPlan& plan) {
    if (::setsid() < 0) fail_child(plan.report);
    const pid_t engine = ::fork();
    if (engine < 0) fail_child(plan.report);
    if (engine > 0) ::_exit(0);
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    if (::dup2(plan.input, 0) < 0 || ::dup2(plan.log, 1) < 0 || ::dup2(plan.log, 2) < 0) fail_child(plan.report);
    close_from(3, plan.open_files, static_cast<unsigned>(plan.report));
    // Python looks for modules in the working folder, and the host's may hold anything.
    if (::chdir(plan.folder) != 0) fail_child(plan.report);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execve(plan.program, plan.argv, plan.environment);
    fail_child(plan.report);
}

struct Pipe {
    Handle read_end;
    Handle write_end;
};

// Moves a handle above the standard streams, which dup2 is going to overwrite.
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

// Forks with all signals blocked, so that no handler of the host runs in the child.
pid_t fork_quietly(const ChildPlan& plan) {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t child = ::fork();
    if (child == 0) become_engine(plan);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return child;
}

void reap(pid_t child) {
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
}

// The errno that the child reported; 0 when exec closed the pipe without a word.
int exec_error(const Handle& report) {
    int error = 0;
    ssize_t got;
    do {
        got = ::read(report.get(), &error, sizeof error);
    } while (got < 0 && errno == EINTR);
    return got == static_cast<ssize_t>(sizeof error) ? error : 0;
}

}  // namespace

DetachedProcess::DetachedProcess(const std::vector<std::string>& argv, const std::string& log_path)
    : log_path_(log_path) {
    const std::string program = find_program(argv.at(0));
    std::vector<char*> arguments;
    for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    const std::vector<char*> environment = engine_environment();

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
    const ChildPlan plan{program.c_str(),     folder.c_str(), arguments.data(),       environment.data(),
                         life.read_end.get(), log.get(),      report.write_end.get(), open_file_limit()};
    const pid_t child = fork_quietly(plan);
    if (child < 0) throw not_started(reason(errno));
    report.write_end.close();
    const int error = exec_error(report.read_end);
    reap(child);
    if (error != 0) throw not_started(program + ": " + reason(error));
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

}  // namespace reelmend::transport::platform
