// gRPC messages put together from the pieces in which HTTP/2 delivers them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace reelmend::transport {

using Bytes = std::vector<uint8_t>;

class MessageAssembler {
  public:
    // The largest message of the contract is a chunk of 2 MiB and its fields.
    static constexpr size_t kMaxMessageBytes = size_t{4} << 20;
    static constexpr size_t kPrefixBytes = 5;

    // Throws ProtocolBroken for a compressed or an oversized message.
    void add(const uint8_t* data, size_t size);
    bool has_message() const { return !complete_.empty(); }
    // True in the middle of a message.
    bool is_open() const { return prefix_size_ > 0; }
    Bytes take();
    // Gives a message's memory back for the next one.
    void recycle(Bytes message) { spare_ = std::move(message); }

  private:
    void begin_message();
    void finish_message();

    uint8_t prefix_[kPrefixBytes] = {};
    size_t prefix_size_ = 0;
    size_t missing_ = 0;
    Bytes current_;
    Bytes spare_;
    std::deque<Bytes> complete_;
};

}  // namespace reelmend::transport
