#include <cstdio>
#include <exception>

#include "checks.h"

namespace {

int failures = 0;

}  // namespace

namespace checks {

std::vector<Test>& tests() {
    static std::vector<Test> all;
    return all;
}

void fail(const char* file, int line, const std::string& what) {
    std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
    ++failures;
}

std::string thrown_by(const std::function<void()>& body) {
    try {
        body();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

}  // namespace checks

int main() {
    int failed_tests = 0;
    for (const auto& test : checks::tests()) {
        const int before = failures;
        if (const auto error = checks::thrown_by(test.body); !error.empty())
            checks::fail(test.name, 0, "threw " + error);
        if (failures == before) continue;
        std::fprintf(stderr, "FAILED %s\n", test.name);
        ++failed_tests;
    }
    std::printf("%zu tests, %d failed\n", checks::tests().size(), failed_tests);
    return failed_tests == 0 && !checks::tests().empty() ? 0 : 1;
}
