#include "sequence_memory.h"

#include <chrono>
#include <cstdlib>
#include <iterator>

namespace reelmend::plugin {

namespace {

constexpr std::chrono::milliseconds kAskEvery{10};
// A host may need this thread before it can serve the other one; then both read the frame.
constexpr std::chrono::seconds kMostPatience{2};

}  // namespace

size_t Announced::proxy_bytes() const {
    size_t bytes = 0;
    for (const auto& picture : pictures) bytes += picture.proxy.size() * sizeof(float);
    return bytes;
}

void SequenceMemory::begin() {
    const std::lock_guard lock(mutex_);
    renew();
    ++open_sequences_;
}

void SequenceMemory::end() {
    const std::lock_guard lock(mutex_);
    renew();
    if (open_sequences_ > 0) --open_sequences_;
    if (open_sequences_ > 0) return;
    for (auto& [key, entry] : frames_) drop_proxy(entry);
}

void SequenceMemory::doubt() {
    const std::lock_guard lock(mutex_);
    renew();
}

void SequenceMemory::clear() {
    const std::lock_guard lock(mutex_);
    renew();
    frames_.clear();
    proxy_bytes_ = 0;
}

uint64_t SequenceMemory::generation() const {
    const std::lock_guard lock(mutex_);
    return generation_;
}

SequenceMemory::Found SequenceMemory::find(const FrameKey& key) const {
    const std::lock_guard lock(mutex_);
    const auto found = frames_.find(key);
    if (found == frames_.end()) return {};
    return {found->second.frame, open_sequences_ > 0 && found->second.generation == generation_};
}

void SequenceMemory::remember(const FrameKey& key, std::shared_ptr<const Announced> frame, uint64_t generation) {
    const std::lock_guard lock(mutex_);
    if (generation != generation_) return;
    Entry& entry = frames_[key];
    if (entry.frame != nullptr) proxy_bytes_ -= entry.frame->proxy_bytes();
    entry = {std::move(frame), generation};
    proxy_bytes_ += entry.frame->proxy_bytes();
    if (open_sequences_ == 0) drop_proxy(entry);
    keep_to_budget(key);
}

bool SequenceMemory::begin_read(const FrameKey& key, const std::function<bool()>& aborted) {
    const auto give_up = std::chrono::steady_clock::now() + kMostPatience;
    std::unique_lock lock(mutex_);
    // Outside of a sequence it would have to be read again anyway.
    if (open_sequences_ == 0 || being_read_.insert(key).second) return true;
    while (being_read_.count(key) != 0 && std::chrono::steady_clock::now() < give_up) {
        read_ended_.wait_for(lock, kAskEvery);
        lock.unlock();
        const bool stops = aborted && aborted();
        lock.lock();
        if (stops) break;
    }
    return false;
}

void SequenceMemory::end_read(const FrameKey& key) {
    {
        const std::lock_guard lock(mutex_);
        being_read_.erase(key);
    }
    read_ended_.notify_all();
}

size_t SequenceMemory::proxy_bytes() const {
    const std::lock_guard lock(mutex_);
    return proxy_bytes_;
}

void SequenceMemory::renew() {
    ++generation_;
}

void SequenceMemory::drop_proxy(Entry& entry) {
    const size_t bytes = entry.frame->proxy_bytes();
    if (bytes == 0) return;
    auto without = std::make_shared<Announced>();
    without->bounds = entry.frame->bounds;
    for (const auto& picture : entry.frame->pictures) without->pictures.push_back({picture.format, picture.digest, {}});
    entry.frame = std::move(without);
    proxy_bytes_ -= bytes;
}

void SequenceMemory::keep_to_budget(const FrameKey& newest) {
    const auto farther_end = [&] {
        const auto lowest = frames_.begin();
        const auto highest = std::prev(frames_.end());
        const bool low =
            std::llabs(newest.frame - lowest->first.frame) >= std::llabs(highest->first.frame - newest.frame);
        return low ? lowest : highest;
    };
    while (frames_.size() > kMostFrames) {
        const auto gone = farther_end();
        proxy_bytes_ -= gone->second.frame->proxy_bytes();
        frames_.erase(gone);
    }
    if (proxy_bytes_ <= proxy_budget_bytes_) return;
    // From both ends of the time line towards the newest frame.
    auto low = frames_.begin();
    auto high = std::prev(frames_.end());
    while (proxy_bytes_ > proxy_budget_bytes_) {
        const bool from_low =
            std::llabs(newest.frame - low->first.frame) >= std::llabs(high->first.frame - newest.frame);
        const bool last = low == high;
        drop_proxy(from_low ? (low++)->second : (high--)->second);
        if (last) return;
    }
}

}  // namespace reelmend::plugin
