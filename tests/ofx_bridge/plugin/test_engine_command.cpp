#include "checks.h"
#include "engine_command.h"

using reelmend::plugin::parse_engine_command;
using reelmend::plugin::split_words;
using Words = std::vector<std::string>;

TEST(command_words_are_parted_by_spaces) {
    CHECK((split_words("  reelmend   serve\t--provider cpu ") == Words{"reelmend", "serve", "--provider", "cpu"}));
    CHECK(split_words("   ").empty());
}

TEST(quotes_and_backslashes_keep_spaces_in_a_word) {
    CHECK((split_words("'/opt/my python/bin/python' -m reelmend") ==
           Words{"/opt/my python/bin/python", "-m", "reelmend"}));
    CHECK((split_words("/opt/\"my python\"/x a\\ b '' \"a\\\"b\" 'a\\b'") ==
           Words{"/opt/my python/x", "a b", "", "a\"b", "a\\b"}));
}

TEST(an_open_quote_is_refused) {
    CHECK_SAYS(checks::thrown_by([] { split_words("python 'x"); }), "open quote");
}

TEST(engine_json_gives_the_command) {
    CHECK((parse_engine_command(R"({"command": ["/p", "-m", "reelmend", "serve"]})", "engine.json") ==
           Words{"/p", "-m", "reelmend", "serve"}));
}

TEST(a_broken_engine_json_is_refused_with_its_name) {
    for (const char* text : {"", "{", "[]", R"({"command": []})", R"({"command": "reelmend serve"})"}) {
        const auto reason = checks::thrown_by([&] { parse_engine_command(text, "/b/engine.json"); });
        CHECK_SAYS(reason, "/b/engine.json can't be used: ");
        CHECK_SAYS(reason, "reelmend ofx install");
    }
}
