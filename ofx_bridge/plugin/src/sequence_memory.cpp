#include "sequence_memory.h"

#include <cstdlib>
#include <iterator>

namespace reelmend::plugin {

void SequenceMemory::begin() {
    const std::lock_guard lock(mutex_);
    drop_all();
    ++open_sequences_;
}

void SequenceMemory::end() {
    const std::lock_guard lock(mutex_);
    drop_all();
    if (open_sequences_ > 0) --open_sequences_;
}

void SequenceMemory::clear() {
    const std::lock_guard lock(mutex_);
    drop_all();
}

uint64_t SequenceMemory::generation() const {
    const std::lock_guard lock(mutex_);
    return generation_;
}

std::shared_ptr<const Announced> SequenceMemory::find(const FrameKey& key) const {
    const std::lock_guard lock(mutex_);
    const auto found = frames_.find(key);
    return found == frames_.end() ? nullptr : found->second;
}

void SequenceMemory::remember(const FrameKey& key, std::shared_ptr<const Announced> frame, uint64_t generation) {
    const std::lock_guard lock(mutex_);
    if (open_sequences_ == 0 || generation != generation_) return;
    if (const auto known = frames_.find(key); known != frames_.end()) drop(known);
    used_bytes_ += size_of(*frame);
    frames_.emplace(key, std::move(frame));
    while (used_bytes_ > budget_bytes_ && !frames_.empty()) {
        const auto lowest = frames_.begin();
        const auto highest = std::prev(frames_.end());
        const bool low = std::llabs(key.frame - lowest->first.frame) >= std::llabs(highest->first.frame - key.frame);
        drop(low ? lowest : highest);
    }
}

void SequenceMemory::forget(const FrameKey& key) {
    const std::lock_guard lock(mutex_);
    if (const auto known = frames_.find(key); known != frames_.end()) drop(known);
}

size_t SequenceMemory::used_bytes() const {
    const std::lock_guard lock(mutex_);
    return used_bytes_;
}

void SequenceMemory::drop_all() {
    ++generation_;
    frames_.clear();
    used_bytes_ = 0;
}

void SequenceMemory::drop(std::map<FrameKey, std::shared_ptr<const Announced>>::iterator entry) {
    used_bytes_ -= size_of(*entry->second);
    frames_.erase(entry);
}

}  // namespace reelmend::plugin
