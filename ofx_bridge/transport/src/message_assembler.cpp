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
    current_.reserve(missing_);
}

void MessageAssembler::finish_message() {
    complete_.push_back(std::move(current_));
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
            const size_t taken = std::min(size, missing_);
            current_.insert(current_.end(), data, data + taken);
            missing_ -= taken;
            data += taken;
            size -= taken;
        }
        if (missing_ == 0) finish_message();
    }
}

Bytes MessageAssembler::take() {
    Bytes message = std::move(complete_.front());
    complete_.pop_front();
    return message;
}

}  // namespace reelmend::transport
