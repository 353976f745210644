// How a process of the host's becomes a program that is no child of the host's.
#pragma once

namespace reelmend::transport::platform {

// What the program is to find. All of it stays the host's memory, and is only read.
struct ChildPlan {
    const char* program;  // an absolute path
    const char* folder;   // the program works in it
    char* const* argv;
    char* const* environment;
    int input;  // these three lie above the standard streams
    int output;
    int report;                  // takes the errno of what went wrong, and closes when the program runs
    unsigned end_of_open_files;  // every descriptor that may be open is below
};

// Starts the program in a session of its own, with no descriptor but its standard streams and every signal as by
// default. Returns 0, or the errno of a start that did not come as far as plan.report. Runs no handler of
// pthread_atfork.
int start_orphan(const ChildPlan& plan);

}  // namespace reelmend::transport::platform
