#include "checks.h"
#include "playback.h"

using reelmend::plugin::Playback;

TEST(nothing_is_guessed_outside_of_a_sequence) {
    Playback playback;
    CHECK(!playback.next_after(5));
    playback.begin(0, 9, 1);
    playback.end();
    CHECK(!playback.next_after(5));
}

TEST(a_sequence_starts_in_the_direction_that_the_host_says) {
    Playback playback;
    playback.begin(0, 9, 1);
    CHECK(playback.next_after(0) == 1);
    playback.begin(9, 0, 1);
    CHECK(playback.next_after(9) == 8);
    playback.begin(0, 9, -1);
    CHECK(playback.next_after(9) == 8);
    playback.begin(0, 9, 3);
    CHECK(playback.next_after(0) == 3);
    playback.begin(0, 9, 0);  // a host that says no step
    CHECK(playback.next_after(0) == 1);
}

TEST(a_sequence_ends_where_the_host_said) {
    Playback playback;
    playback.begin(0, 9, 1);
    CHECK(!playback.next_after(9));
    playback.begin(5, 5, 1);
    CHECK(!playback.next_after(5));
}

TEST(playing_backwards_is_noticed) {
    Playback playback;
    playback.begin(0, 9, 1);
    playback.rendering(9);
    CHECK(playback.next_after(8) == 7);
}

TEST(frames_in_no_order_have_no_next) {
    Playback playback;
    playback.begin(0, 99, 1);
    for (const int64_t frame : {50, 3, 71}) playback.rendering(frame);
    CHECK(!playback.next_after(20));
    CHECK(playback.next_after(72) == 73);
}

TEST(threads_that_render_side_by_side_are_still_in_order) {
    Playback playback;
    playback.begin(0, 99, 1);
    for (const int64_t frame : {0, 2, 1, 4, 3}) playback.rendering(frame);
    CHECK(playback.next_after(5) == 6);
}

TEST(a_render_keeps_to_what_the_host_was_told) {
    Playback playback;
    playback.begin(0, 99, 1);
    CHECK(playback.told(0) == 1);  // a host that never asks
    playback.tell(0, std::nullopt);
    CHECK(!playback.told(0));
    playback.tell(1, 2);
    CHECK(playback.told(1) == 2);
    CHECK(!playback.told(7));
}
