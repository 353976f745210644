#include "checks.h"
#include "seen_frames.h"

using namespace reelmend::plugin;

namespace {

std::shared_ptr<const Announced> frame_of(uint8_t content, uint32_t width = 4) {
    auto frame = std::make_shared<Announced>();
    Picture picture;
    picture.format.width = width;
    picture.digest[0] = content;
    frame->pictures.push_back(picture);
    return frame;
}

std::vector<int64_t> numbers(const std::vector<SeenFrames::Seen>& frames) {
    std::vector<int64_t> all;
    for (const auto& frame : frames) all.push_back(frame.number);
    return all;
}

using Numbers = std::vector<int64_t>;

}  // namespace

TEST(seen_window_grows_up_to_the_radius) {
    SeenFrames seen;
    CHECK((numbers(seen.window(10, frame_of(0), 2)) == Numbers{10}));
    CHECK((numbers(seen.window(11, frame_of(1), 2)) == Numbers{10, 11}));
    CHECK((numbers(seen.window(12, frame_of(2), 2)) == Numbers{10, 11, 12}));
    CHECK((numbers(seen.window(13, frame_of(3), 2)) == Numbers{11, 12, 13}));
}

TEST(a_jump_begins_a_new_run) {
    SeenFrames seen;
    seen.window(10, frame_of(0), 3);
    seen.window(11, frame_of(1), 3);
    CHECK((numbers(seen.window(40, frame_of(2), 3)) == Numbers{40}));
    CHECK((numbers(seen.window(39, frame_of(3), 3)) == Numbers{39}));
}

TEST(a_frame_rendered_again_has_the_window_it_had) {
    SeenFrames seen;
    for (uint8_t frame = 0; frame < 4; ++frame) seen.window(frame, frame_of(frame), 2);
    CHECK((numbers(seen.window(2, frame_of(2), 2)) == Numbers{0, 1, 2}));
    CHECK((numbers(seen.window(3, frame_of(3), 2)) == Numbers{1, 2, 3}));
}

TEST(a_frame_with_other_pixels_begins_a_new_run) {
    SeenFrames seen;
    for (uint8_t frame = 5; frame < 9; ++frame) seen.window(frame, frame_of(frame), 2);
    CHECK((numbers(seen.window(8, frame_of(99), 2)) == Numbers{8}));
}

TEST(frames_of_another_size_begin_a_new_run) {
    SeenFrames seen;
    seen.window(1, frame_of(1), 2);
    CHECK((numbers(seen.window(2, frame_of(2, 8), 2)) == Numbers{2}));
}

TEST(where_the_clock_stands_at_zero_the_order_of_arrival_counts) {
    SeenFrames seen;
    seen.window(0, frame_of(1), 2);
    CHECK((numbers(seen.window(0, frame_of(2), 2)) == Numbers{0, 1}));
    CHECK((numbers(seen.window(0, frame_of(3), 2)) == Numbers{0, 1, 2}));
    CHECK((numbers(seen.window(0, frame_of(4), 2)) == Numbers{1, 2, 3}));
    CHECK((numbers(seen.window(0, frame_of(4), 2)) == Numbers{1, 2, 3}));  // rendered again
}

TEST(frames_lost_by_the_engine_leave_the_window) {
    SeenFrames seen;
    for (uint8_t frame = 0; frame < 5; ++frame) seen.window(frame, frame_of(frame), 4);
    seen.forget_through(2);
    CHECK((numbers(seen.window(4, frame_of(4), 4)) == Numbers{3, 4}));
}
