#include <atomic>
#include <chrono>
#include <thread>

#include "checks.h"
#include "sequence_memory.h"

using namespace reelmend::plugin;

namespace {

constexpr size_t kSamples = 1000;
constexpr size_t kProxyBytes = kSamples * sizeof(float);

std::shared_ptr<const Announced> frame_of(uint8_t content) {
    auto frame = std::make_shared<Announced>();
    Picture picture;
    picture.digest[0] = content;
    picture.proxy.resize(kSamples);
    frame->pictures.push_back(std::move(picture));
    return frame;
}

void remember(SequenceMemory& memory, int64_t frame) {
    memory.remember({frame}, frame_of(static_cast<uint8_t>(frame)), memory.generation());
}

bool knows(const SequenceMemory& memory, int64_t frame) {
    return memory.find({frame}).is_true;
}

bool has_hint(const SequenceMemory& memory, int64_t frame) {
    const auto found = memory.find({frame});
    return !found.is_true && found.frame != nullptr &&
           found.frame->pictures.front().digest[0] == static_cast<uint8_t>(frame);
}

bool has_proxy(const SequenceMemory& memory, int64_t frame) {
    return !memory.find({frame}).frame->pictures.front().proxy.empty();
}

}  // namespace

TEST(what_was_read_is_true_within_its_sequence_only) {
    SequenceMemory memory;
    memory.begin();
    remember(memory, 1);
    CHECK(knows(memory, 1) && has_proxy(memory, 1));
    memory.end();
    CHECK(has_hint(memory, 1));
    memory.begin();
    CHECK(has_hint(memory, 1));
    remember(memory, 1);
    CHECK(knows(memory, 1));
}

TEST(what_was_read_outside_of_a_sequence_is_a_hint) {
    SequenceMemory memory;
    remember(memory, 1);
    CHECK(has_hint(memory, 1));
}

TEST(hints_cost_no_proxies) {
    SequenceMemory memory;
    remember(memory, 1);
    memory.begin();
    remember(memory, 2);
    CHECK(memory.proxy_bytes() == kProxyBytes);
    memory.end();
    CHECK(memory.proxy_bytes() == 0 && !has_proxy(memory, 2));
}

TEST(memory_in_doubt_holds_hints_and_goes_on) {
    SequenceMemory memory;
    memory.begin();
    remember(memory, 1);
    memory.doubt();
    CHECK(has_hint(memory, 1));
    remember(memory, 2);
    CHECK(knows(memory, 2));
}

TEST(cleared_memory_holds_nothing) {
    SequenceMemory memory;
    memory.begin();
    remember(memory, 1);
    memory.clear();
    CHECK(memory.find({1}).frame == nullptr && memory.proxy_bytes() == 0);
}

TEST(frames_read_before_a_doubt_are_not_remembered_after_it) {
    SequenceMemory memory;
    memory.begin();
    const uint64_t generation = memory.generation();
    memory.doubt();
    memory.remember({1}, frame_of(1), generation);
    CHECK(memory.find({1}).frame == nullptr);
}

TEST(the_same_frame_in_another_scale_or_field_is_another_frame) {
    SequenceMemory memory;
    memory.begin();
    remember(memory, 1);
    CHECK(memory.find({1, 0.5, 0.5}).frame == nullptr);
    CHECK(memory.find({1, 1.0, 1.0, Split::lower}).frame == nullptr);
}

TEST(proxies_over_budget_go_from_the_frames_farthest_from_the_newest) {
    SequenceMemory memory(3 * kProxyBytes);
    memory.begin();
    for (int64_t frame = 0; frame < 10; ++frame) remember(memory, frame);
    CHECK(memory.proxy_bytes() == 3 * kProxyBytes);
    for (int64_t frame = 0; frame < 10; ++frame) {
        CHECK(knows(memory, frame));
        CHECK(has_proxy(memory, frame) == (frame >= 7));
    }
    remember(memory, 6);
    CHECK(!has_proxy(memory, 9) && has_proxy(memory, 6));
}

TEST(memory_of_frames_is_bounded) {
    SequenceMemory memory;
    for (int64_t frame = 0; frame < static_cast<int64_t>(SequenceMemory::kMostFrames) + 5; ++frame)
        remember(memory, frame);
    CHECK(memory.find({4}).frame == nullptr && memory.find({5}).frame != nullptr);
}

TEST(a_frame_remembered_twice_is_counted_once) {
    SequenceMemory memory;
    memory.begin();
    remember(memory, 1);
    remember(memory, 1);
    CHECK(memory.proxy_bytes() == kProxyBytes);
}

TEST(two_threads_do_not_read_the_same_frame_at_the_same_time) {
    SequenceMemory memory;
    memory.begin();
    CHECK(memory.begin_read({1}, {}));
    std::atomic<bool> waited{false};
    std::thread other([&] { waited = !memory.begin_read({1}, {}) && knows(memory, 1); });
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    CHECK(!waited);
    remember(memory, 1);
    memory.end_read({1});
    other.join();
    CHECK(waited);
}

TEST(waiting_for_another_thread_ends_when_the_host_stops_the_render) {
    SequenceMemory memory;
    memory.begin();
    CHECK(memory.begin_read({1}, {}));
    const auto start = std::chrono::steady_clock::now();
    CHECK(!memory.begin_read({1}, [] { return true; }));
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(100));
    memory.end_read({1});
}

TEST(outside_of_a_sequence_nobody_waits) {
    SequenceMemory memory;
    CHECK(memory.begin_read({1}, {}));
    CHECK(memory.begin_read({1}, {}));
    memory.end_read({1});
    memory.end_read({1});
}
