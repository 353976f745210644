#include "checks.h"
#include "clock_watch.h"

using namespace reelmend::plugin;

namespace {

std::optional<reelmend::transport::Digest> picture(uint8_t content) {
    reelmend::transport::Digest digest{};
    digest[0] = content;
    return digest;
}

FrameWindow around(int64_t frame) {
    return window_at(static_cast<double>(frame), 2, std::nullopt);
}

}  // namespace

TEST(a_host_whose_pictures_follow_the_render_is_caught) {
    ClockWatch clock;
    clock.observe(around(5), picture(5));
    clock.observe(around(6), picture(6));
    CHECK(!clock.caught());  // as an edit above the node would look
    clock.observe(around(7), picture(7));
    CHECK(clock.caught());
}

TEST(a_still_shot_is_no_lie) {
    ClockWatch clock;
    for (int64_t frame = 0; frame < 20; ++frame) clock.observe(around(frame), picture(1));
    CHECK(!clock.caught());
}

TEST(stills_that_the_user_edits_one_after_the_other_are_no_lie) {
    ClockWatch clock;
    for (uint8_t edit = 0; edit < 20; ++edit) clock.observe(around(5), picture(edit));
    CHECK(!clock.caught());
}

TEST(stills_far_apart_are_no_lie) {
    ClockWatch clock;
    for (uint8_t shot = 0; shot < 20; ++shot) clock.observe(around(100 * shot), picture(shot));
    CHECK(!clock.caught());
}

TEST(one_window_of_several_pictures_speaks_for_the_host) {
    ClockWatch clock;
    clock.observe(around(5), picture(5));
    clock.observe(around(6), picture(6));
    clock.observe(around(7), std::nullopt);
    clock.observe(around(8), picture(8));
    clock.observe(around(9), picture(9));
    CHECK(!clock.caught());
}

TEST(a_change_gives_the_host_another_chance) {
    ClockWatch clock;
    for (uint8_t frame = 0; frame < 5; ++frame) clock.observe(around(frame), picture(frame));
    CHECK(clock.caught());
    clock.clear();
    CHECK(!clock.caught());
}
