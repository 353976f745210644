// A test is a function; a broken expectation is printed with its test's name and counted.
#pragma once

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace reelmend::transport::tests {

inline int broken_expectations = 0;
inline const char* current_test = "";

inline void expect(bool holds, const std::string& what) {
    if (holds) return;
    ++broken_expectations;
    std::printf("%s: %s\n", current_test, what.c_str());
}

template <typename Error, typename Work>
std::string refusal(Work work) {
    try {
        work();
    } catch (const Error& error) {
        return error.what();
    }
    expect(false, "nothing was refused");
    return "";
}

struct Test {
    const char* name;
    void (*run)();
};

#define TEST(name)                     \
    reelmend::transport::tests::Test { \
        #name, name                    \
    }

// How often a random test draws: less under tools that make programs slow.
inline bool quick = false;
inline int rounds(int usual) {
    return quick ? usual / 20 : usual;
}

// Runs them all and returns the exit status. The argument "quick" draws less.
inline int run_tests(const std::vector<Test>& tests, int argc, char** argv) {
    quick = argc > 1 && std::string(argv[1]) == "quick";
    for (const Test& test : tests) {
        current_test = test.name;
        try {
            test.run();
        } catch (const std::exception& error) {
            expect(false, std::string("threw ") + error.what());
        }
    }
    std::printf("%zu tests, %d broken expectations\n", tests.size(), broken_expectations);
    return broken_expectations == 0 ? 0 : 1;
}

}  // namespace reelmend::transport::tests
