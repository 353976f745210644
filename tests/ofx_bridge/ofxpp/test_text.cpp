#include <ofxpp/text.h>

#include "checks.h"

using ofxpp::one_line;

TEST(utf8_stays_as_it_is) {
    CHECK(one_line("frame 5: 1920×1080 → “fail” 🎞") == "frame 5: 1920×1080 → “fail” 🎞");
}

TEST(line_ends_and_control_characters_become_spaces) {
    CHECK(one_line("a\nb\tc\x7f") == "a b c ");
}

TEST(bytes_that_are_no_utf8_become_question_marks) {
    CHECK(one_line("a\xff\x62") == "a?b");
    CHECK(one_line("cut \xe2\x82") == "cut ??");
    CHECK(one_line("\xc0\x80") == "??");
    CHECK(one_line("\xe2(\xa1") == "?(?");
}
