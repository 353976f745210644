// gRPC messages put together from the pieces in which HTTP/2 delivers them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace reelmend::transport {

using Bytes = std::vector<uint8_t>;

class MessageAssembler {
  public:
    // Where a message's bytes belong that follow its first `head_bytes`.
    struct Place {
        size_t head_bytes;
        uint8_t* target;
    };
    // Asked once for each message of more than kLookBytes, when so many have come: the rest of a message with a place
    // goes there without a copy in between, and the message that take() gives is its head alone.
    using Placer = std::function<std::optional<Place>(const uint8_t* first_bytes, size_t message_bytes)>;
    static constexpr size_t kLookBytes = 64;

    // The largest message of the contract is a chunk of 2 MiB and its fields.
    static constexpr size_t kMaxMessageBytes = size_t{4} << 20;
    static constexpr size_t kPrefixBytes = 5;

    // Throws ProtocolBroken for a compressed or an oversized message.
    void add(const uint8_t* data, size_t size);
    bool has_message() const { return !complete_.empty(); }
    // True in the middle of a message.
    bool is_open() const { return prefix_size_ > 0; }
    // Whether the next message was placed, and its size on the wire. Only when there is one.
    bool next_is_placed() const { return complete_.front().placed; }
    size_t next_wire_bytes() const { return complete_.front().wire_bytes; }
    Bytes take();
    void place_with(Placer placer) { placer_ = std::move(placer); }
    // Gives a message's memory back for the next one.
    void recycle(Bytes message) { spare_ = std::move(message); }

  private:
    struct Message {
        Bytes bytes;
        size_t wire_bytes;
        bool placed;
    };

    void begin_message();
    void add_body(const uint8_t* data, size_t size);
    void look();
    void finish_message();

    uint8_t prefix_[kPrefixBytes] = {};
    size_t prefix_size_ = 0;
    size_t missing_ = 0;
    Bytes current_;
    Bytes spare_;
    std::deque<Message> complete_;
    size_t message_bytes_ = 0;  // of the message that is open
    bool looks_ = false;        // its place is still to be asked for
    uint8_t* target_ = nullptr;
    Placer placer_;
};

}  // namespace reelmend::transport
