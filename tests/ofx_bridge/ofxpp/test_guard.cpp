#include <ofxpp/guard.h>

#include "checks.h"

using ofxpp::guarded;

namespace {

std::string reported;

void report(const char* reason) {
    reported = reason;
}

}  // namespace

TEST(guarded_answers_what_the_body_answers) {
    reported.clear();
    CHECK(guarded([] { return kOfxStatReplyDefault; }, report) == kOfxStatReplyDefault);
    CHECK(reported.empty());
}

TEST(guarded_answers_the_status_that_an_error_carries) {
    const auto body = []() -> OfxStatus { throw ofxpp::Error(kOfxStatErrFormat, "odd pixels"); };
    CHECK(guarded(body, report) == kOfxStatErrFormat);
    CHECK(reported == "odd pixels");
}

TEST(guarded_turns_lack_of_memory_into_its_status) {
    CHECK(guarded([]() -> OfxStatus { throw std::bad_alloc(); }, report) == kOfxStatErrMemory);
    CHECK_SAYS(reported, "out of memory");
}

TEST(guarded_lets_nothing_through) {
    CHECK(guarded([]() -> OfxStatus { throw std::runtime_error("no engine"); }, report) == kOfxStatFailed);
    CHECK(reported == "no engine");
    CHECK(guarded([]() -> OfxStatus { throw 7; }, report) == kOfxStatFailed);
    const auto broken_report = [](const char*) { throw std::runtime_error("no words"); };
    CHECK(guarded([]() -> OfxStatus { throw std::runtime_error("x"); }, broken_report) == kOfxStatFailed);
}

TEST(succeeds_catches_only_what_is_expected) {
    CHECK(ofxpp::succeeds<ofxpp::Error>([] {}));
    CHECK(!ofxpp::succeeds<ofxpp::Error>([] { throw ofxpp::Error(kOfxStatFailed, "expected"); }));
    const auto passes = [] { ofxpp::succeeds<ofxpp::Error>([] { throw std::runtime_error("other"); }); };
    CHECK(checks::thrown_by(passes) == "other");
}
