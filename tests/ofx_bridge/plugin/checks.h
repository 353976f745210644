// Tests as sentences: TEST(window_is_cut_at_the_clip_start) { CHECK(a == b); }
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace checks {

struct Test {
    const char* name;
    void (*body)();
};

std::vector<Test>& tests();
void fail(const char* file, int line, const std::string& what);

struct Registration {
    Registration(const char* name, void (*body)()) { tests().push_back({name, body}); }
};

// What `body` throws, in words; empty: nothing.
std::string thrown_by(const std::function<void()>& body);

}  // namespace checks

#define TEST(name)                                                             \
    static void test_##name();                                                 \
    static const checks::Registration registration_##name(#name, test_##name); \
    static void test_##name()
#define CHECK(condition) \
    if (!(condition)) checks::fail(__FILE__, __LINE__, #condition)
// Passes when `text` holds `part`.
#define CHECK_SAYS(text, part)                                                 \
    if (const std::string said = (text); said.find(part) == std::string::npos) \
    checks::fail(__FILE__, __LINE__, "\"" + said + "\" does not say \"" + (part) + "\"")
