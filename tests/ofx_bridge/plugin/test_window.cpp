#include <limits>

#include "checks.h"
#include "window.h"

using reelmend::plugin::frames_ahead;
using reelmend::plugin::FrameSpan;
using reelmend::plugin::nearest_frame;
using reelmend::plugin::whole_frames;
using reelmend::plugin::window_at;

TEST(window_reaches_radius_frames_to_both_sides) {
    CHECK((window_at(50, 15, FrameSpan{0, 99}).frames == FrameSpan{35, 65}));
}

TEST(window_ends_where_the_clip_ends) {
    CHECK((window_at(2, 15, FrameSpan{1, 99}).frames == FrameSpan{1, 17}));
    CHECK((window_at(99, 15, FrameSpan{1, 99}).frames == FrameSpan{84, 99}));
    CHECK((window_at(1, 60, FrameSpan{1, 3}).frames == FrameSpan{1, 3}));
}

TEST(window_of_a_clip_with_negative_frames_keeps_them) {
    CHECK((window_at(-5, 3, FrameSpan{-10, 10}).frames == FrameSpan{-8, -2}));
}

TEST(window_without_a_range_leaves_the_ends_to_be_found) {
    const auto window = window_at(3, 15, std::nullopt);
    CHECK((window.frames == FrameSpan{-12, 18}));
    CHECK(!window.clip);
}

TEST(a_range_without_the_rendered_frame_is_not_believed) {
    const auto window = window_at(200, 2, FrameSpan{0, 99});
    CHECK((window.frames == FrameSpan{198, 202}));
    CHECK(!window.clip);
}

TEST(times_between_frames_belong_to_the_nearest_one) {
    CHECK(nearest_frame(10.25) == 10);
    CHECK(nearest_frame(10.5) == 11);
    CHECK(nearest_frame(-0.5) == 0);
    CHECK(nearest_frame(-0.75) == -1);
    CHECK(nearest_frame(9.999999) == 10);
}

TEST(the_last_frame_lasts_until_the_next_would_begin) {
    const auto window = window_at(9.6, 2, FrameSpan{0, 9});
    CHECK(window.centre == 9);
    CHECK((window.frames == FrameSpan{7, 9}));
    CHECK(window.clip);
    CHECK(window_at(10.0, 2, FrameSpan{0, 9}).centre == 10);
}

TEST(endless_ranges_do_not_overflow) {
    const double far = std::numeric_limits<double>::max();
    const auto span = whole_frames(-far, far);
    CHECK(span && span->first < 0 && span->last > 0 && span->last - span->first > 0);
    CHECK((window_at(7, 2, span).frames == FrameSpan{5, 9}));
}

TEST(a_range_holds_only_whole_frames) {
    CHECK((whole_frames(0.5, 9.5) == FrameSpan{1, 9}));
    CHECK(!whole_frames(0.2, 0.8));
}

TEST(what_the_next_window_adds_is_fetched_ahead) {
    using Frames = std::vector<int64_t>;
    const auto now = window_at(50, 15, FrameSpan{0, 99});
    CHECK((frames_ahead(now, 51, 15) == Frames{66}));
    CHECK((frames_ahead(now, 49, 15) == Frames{34}));
    CHECK((frames_ahead(now, 53, 15) == Frames{66, 67, 68}));
    CHECK((frames_ahead(now, 70, 15) == Frames{66, 67, 68, 69}));  // no more than a few
}

TEST(nothing_is_fetched_ahead_beyond_the_clip) {
    CHECK(frames_ahead(window_at(90, 15, FrameSpan{0, 99}), 91, 15).empty());
    CHECK(frames_ahead(window_at(3, 15, FrameSpan{0, 99}), 2, 15).empty());
    CHECK(frames_ahead(window_at(50, 15, std::nullopt), 51, 15).empty());
}
