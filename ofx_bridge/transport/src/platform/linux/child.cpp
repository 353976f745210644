// What runs between clone and exec, in the host's own memory while the host's thread waits: system calls alone, without
// the C library's wrappers, which tools (ThreadSanitizer is one) replace by their own. Compiled without sanitizers,
// whose books the child would falsify.
#include "platform/linux/child.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>

// The C library's clone() by its other name: that of newer ThreadSanitizers takes the child's memory for a copy, and
// stops the host over it.
extern "C" int __clone(int (*function)(void*), void* stack_end, int flags, void* argument, ...) noexcept;

namespace reelmend::transport::platform {

namespace {

constexpr size_t kSignalSetBytes = 8;  // the kernel's, which is not the C library's

// Room for the dynamic linker, should it resolve a symbol and save every register on the way.
constexpr size_t kStackBytes = 64 << 10;

struct Start {
    const ChildPlan& plan;
    unsigned char* child_stack_end;
    unsigned char* grandchild_stack_end;
};

// The caller stands still until the new process has become a program or ended. `signal` tells its parent of that end.
int clone_onto(unsigned char* stack_end, int (*function)(void*), Start& start, int signal) {
    return __clone(function, stack_end, CLONE_VM | CLONE_VFORK | signal, &start);
}

int fail(const ChildPlan& plan) {
    const int error = errno;
    ::syscall(SYS_write, plan.report, &error, sizeof error);
    return 127;
}

// A handler would run in the host's memory. All signals are blocked until none has one.
void forget_handlers() {
    // Zeros mean SIG_DFL, no flags and an empty mask, however a processor's kernel lays them out.
    constexpr unsigned long kDefault[8] = {};
    for (int signal = 1; signal < NSIG; ++signal) {
        ::syscall(SYS_rt_sigaction, signal, &kDefault, nullptr, kSignalSetBytes);
    }
}

void unblock_signals() {
    constexpr unsigned long kNone[kSignalSetBytes / sizeof(unsigned long)] = {};
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &kNone, nullptr, kSignalSetBytes);
}

void close_from(unsigned first, unsigned end, unsigned keep) {
#ifdef SYS_close_range
    const bool below = keep <= first || ::syscall(SYS_close_range, first, keep - 1, 0u) == 0;
    if (below && ::syscall(SYS_close_range, keep + 1, ~0u, 0u) == 0) return;
#endif
    for (unsigned fd = first; fd < end; ++fd) {
        if (fd != keep) ::syscall(SYS_close, fd);
    }
}

bool stream(int from, int to) {
    return ::syscall(SYS_dup3, from, to, 0) >= 0;
}

int become_program(void* argument) {
    const ChildPlan& plan = static_cast<const Start*>(argument)->plan;
    forget_handlers();
    if (!stream(plan.input, 0) || !stream(plan.output, 1) || !stream(plan.output, 2)) return fail(plan);
    close_from(3, plan.end_of_open_files, static_cast<unsigned>(plan.report));
    // Python looks for modules in the working folder, and the host's may hold anything.
    if (::syscall(SYS_chdir, plan.folder) != 0) return fail(plan);
    unblock_signals();
    ::syscall(SYS_execve, plan.program, plan.argv, plan.environment);
    return fail(plan);
}

// Ends at once, so that its child is nobody's.
int leave_orphan(void* argument) {
    auto& start = *static_cast<Start*>(argument);
    if (::syscall(SYS_setsid) < 0) return fail(start.plan);
    return clone_onto(start.grandchild_stack_end, become_program, start, SIGCHLD) < 0 ? fail(start.plan) : 0;
}

}  // namespace

int start_orphan(const ChildPlan& plan) {
    // No heap: valgrind makes copies of the clones' memory, and would call it lost there.
    constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK;
    void* stacks = ::mmap(nullptr, 2 * kStackBytes, PROT_READ | PROT_WRITE, kFlags, -1, 0);
    if (stacks == MAP_FAILED) return errno;
    unsigned char* middle = static_cast<unsigned char*>(stacks) + kStackBytes;
    Start start{plan, middle, middle + kStackBytes};
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    // Without a signal at its end, neither a handler nor a wait of the host's for its own children meets it.
    const pid_t child = clone_onto(start.child_stack_end, leave_orphan, start, 0);
    const int error = child < 0 ? errno : 0;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    while (child >= 0 && ::waitpid(child, nullptr, __WALL) < 0 && errno == EINTR) {
    }
    ::munmap(stacks, 2 * kStackBytes);
    return error;
}

}  // namespace reelmend::transport::platform
