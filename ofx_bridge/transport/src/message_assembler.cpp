#include "message_assembler.h"

#include <algorithm>
#include <string>

#include "failures.h"

namespace reelmend::transport {

void MessageAssembler::begin_message() {
    if (prefix_[0] != 0) throw ProtocolBroken("it sent a compressed message that nobody asked for");
    missing_ = (size_t{prefix_[1]} << 24) | (size_t{prefix_[2]} << 16) | (size_t{prefix_[3]} << 8) | prefix_[4];
    if (missing_ > kMaxMessageBytes) {
        throw ProtocolBroken("it sent a message of " + std::to_string(missing_) + " bytes; at most " +
                             std::to_string(kMaxMessageBytes) + " are allowed");
    }
    current_ = std::move(spare_);
    current_.clear();
    message_bytes_ = missing_;
    looks_ = placer_ && message_bytes_ > kLookBytes;
    target_ = nullptr;
    if (!looks_) current_.reserve(missing_);
}

void MessageAssembler::add_body(const uint8_t* data, size_t size) {
    if (target_ == nullptr) {
        current_.insert(current_.end(), data, data + size);
    } else {
        std::copy_n(data, size, target_);
        target_ += size;
    }
    missing_ -= size;
}

void MessageAssembler::look() {
    looks_ = false;
    const std::optional<Place> place = placer_ ? placer_(current_.data(), message_bytes_) : std::nullopt;
    if (!place) {
        current_.reserve(message_bytes_);
        return;
    }
    target_ = std::copy(current_.begin() + static_cast<ptrdiff_t>(place->head_bytes), current_.end(), place->target);
    current_.resize(place->head_bytes);
}

void MessageAssembler::finish_message() {
    complete_.push_back({std::move(current_), message_bytes_, target_ != nullptr});
    current_ = Bytes();
    spare_ = Bytes();
    prefix_size_ = 0;
}

void MessageAssembler::add(const uint8_t* data, size_t size) {
    while (size > 0) {
        if (prefix_size_ < kPrefixBytes) {
            prefix_[prefix_size_++] = *data++;
            --size;
            if (prefix_size_ < kPrefixBytes) continue;
            begin_message();
        } else {
            const size_t wanted = looks_ ? kLookBytes - current_.size() : missing_;
            const size_t taken = std::min(size, wanted);
            add_body(data, taken);
            if (looks_ && current_.size() == kLookBytes) look();
            data += taken;
            size -= taken;
        }
        if (missing_ == 0) finish_message();
    }
}

Bytes MessageAssembler::take() {
    Bytes message = std::move(complete_.front().bytes);
    complete_.pop_front();
    return message;
}

}  // namespace reelmend::transport
