#include "checks.h"
#include "sequence_memory.h"

using reelmend::plugin::Announced;
using reelmend::plugin::FrameKey;
using reelmend::plugin::SequenceMemory;

namespace {

std::shared_ptr<const Announced> frame_of(size_t proxy_samples) {
    auto frame = std::make_shared<Announced>();
    frame->proxy.resize(proxy_samples);
    return frame;
}

constexpr size_t kSamples = 1000;
constexpr size_t kFrameBytes = sizeof(Announced) + kSamples * sizeof(float);

void remember(SequenceMemory& memory, int64_t frame) {
    memory.remember({frame}, frame_of(kSamples), memory.generation());
}

}  // namespace

TEST(memory_outside_of_a_sequence_remembers_nothing) {
    SequenceMemory memory;
    remember(memory, 1);
    CHECK(memory.find({1}) == nullptr);
    CHECK(memory.used_bytes() == 0);
}

TEST(memory_lasts_from_begin_to_end) {
    SequenceMemory memory;
    memory.begin();
    remember(memory, 1);
    CHECK(memory.find({1}) != nullptr);
    CHECK(memory.used_bytes() == kFrameBytes);
    memory.end();
    CHECK(memory.find({1}) == nullptr);
    CHECK(memory.used_bytes() == 0);
}

TEST(memory_is_emptied_by_clear_and_goes_on) {
    SequenceMemory memory;
    memory.begin();
    remember(memory, 1);
    memory.clear();
    CHECK(memory.find({1}) == nullptr);
    remember(memory, 2);
    CHECK(memory.find({2}) != nullptr);
}

TEST(frames_read_before_a_clear_are_not_remembered_after_it) {
    SequenceMemory memory;
    memory.begin();
    const uint64_t generation = memory.generation();
    memory.clear();
    memory.remember({1}, frame_of(kSamples), generation);
    CHECK(memory.find({1}) == nullptr);
}

TEST(the_same_frame_in_another_scale_is_another_frame) {
    SequenceMemory memory;
    memory.begin();
    memory.remember({1, 1.0, 1.0}, frame_of(kSamples), memory.generation());
    CHECK(memory.find({1, 0.5, 0.5}) == nullptr);
}

TEST(memory_over_budget_forgets_the_frames_farthest_from_the_newest) {
    SequenceMemory memory(3 * kFrameBytes);
    memory.begin();
    for (int64_t frame = 0; frame < 10; ++frame) remember(memory, frame);
    CHECK(memory.used_bytes() == 3 * kFrameBytes);
    for (int64_t frame = 0; frame < 7; ++frame) CHECK(memory.find({frame}) == nullptr);
    for (int64_t frame = 7; frame < 10; ++frame) CHECK(memory.find({frame}) != nullptr);
    remember(memory, 6);
    CHECK(memory.find({9}) == nullptr);
    CHECK(memory.find({6}) != nullptr);
}

TEST(a_frame_remembered_twice_is_counted_once) {
    SequenceMemory memory;
    memory.begin();
    remember(memory, 1);
    remember(memory, 1);
    CHECK(memory.used_bytes() == kFrameBytes);
}
