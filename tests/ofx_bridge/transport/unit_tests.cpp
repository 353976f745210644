// The parts of the transport that need no peer. Prints each broken expectation; the exit status counts them.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "address.h"
#include "expectations.h"
#include "failures.h"
#include "grpc_connection.h"
#include "grpc_status.h"
#include "message_assembler.h"
#include "messages.h"
#include "platform/platform.h"
#include "reelmend/transport/frame.h"
#include "waiting.h"

namespace {

using namespace reelmend::transport;

using tests::expect;
using tests::refusal;

void addresses_on_this_machine_are_accepted() {
    expect(parse_address("unix:/run/a.sock").path == "/run/a.sock", "unix path");
    expect(parse_address("unix:/run/a.sock").runtime_folder() == "/run", "folder of a socket");
    expect(parse_address("127.0.0.1:65535").port == 65535, "highest port");
    expect(parse_address("[::1]:1").kind == Address::Kind::tcp_v6, "IPv6");
    expect(parse_address("localhost:50051").kind == Address::Kind::tcp_localhost, "localhost");
    expect(parse_address("localhost:50051").runtime_folder() == default_runtime_folder(), "folder of a port");
}

void addresses_elsewhere_are_refused() {
    for (const char* text : {"", ":", "example.com:1", "0.0.0.0:1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
                             "127.0.0.1:99999", "127.0.0.1:-1", "127.0.0.1:1x", "unix:", "unix:a", "::1:5", "[::1]"}) {
        const std::string why = refusal<EngineError>([&] { parse_address(text); });
        expect(why.find(std::string("'") + text + "'") != std::string::npos, std::string("names ") + text);
    }
    expect(!refusal<EngineError>([] { parse_address("unix:/" + std::string(200, 'x')); }).empty(), "long path");
}

void the_default_address_follows_the_environment() {
    ::setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
    ::unsetenv("REELMEND_RUNTIME_DIR");
    expect(default_address() == "unix:/run/user/7/reelmend/engine.sock", default_address());
    ::setenv("REELMEND_RUNTIME_DIR", "/own", 1);
    expect(default_address() == "unix:/own/engine.sock", default_address());
    ::unsetenv("REELMEND_RUNTIME_DIR");
    ::unsetenv("XDG_RUNTIME_DIR");
    expect(default_address().rfind("unix:/tmp/reelmend-", 0) == 0, default_address());
}

ReplyFields reply(const std::string& http_status, const std::string& grpc_status, const std::string& message) {
    ReplyFields fields;
    fields.set(":status", http_status);
    fields.set("content-type", "application/grpc");
    if (!grpc_status.empty()) fields.set("grpc-status", grpc_status);
    fields.set("grpc-message", message);
    return fields;
}

void a_status_is_read_from_trailers_or_from_http() {
    expect(status_of(reply("200", "0", "")).code == Code::ok, "ok");
    expect(status_of(reply("200", "3", "50%25 %C3%A4 %zz %")).message == "50% ä %zz %", "percent decoding");
    expect(status_of(reply("200", "12", "nothing")).message == "nothing (gRPC status 12)", "code without a name");
    expect(status_of(reply("503", "", "")).code == Code::unavailable, "HTTP 503");
    expect(status_of(reply("404", "", "")).message == "HTTP status 404", "HTTP 404");
    refusal<ProtocolBroken>([] { status_of(reply("200", "", "")); });
    refusal<ProtocolBroken>([] { status_of(reply("200", "-1", "")); });
    refusal<ProtocolBroken>([] { status_of(reply("200", "99999999999", "")); });
    refusal<ProtocolBroken>([] { status_of(ReplyFields()); });
    expect(one_line(std::string(5000, 'x')).size() == 2000, "long messages are cut");
    expect(timeout_text(std::chrono::milliseconds(0)) == "1m", "no timeout of nothing");
    expect(timeout_text(std::chrono::hours(10000000)).size() == 9, "eight digits at most");
}

std::optional<std::chrono::milliseconds> pushback(const std::string& value) {
    ReplyFields fields = reply("200", "8", "full");
    fields.set("grpc-retry-pushback-ms", value);
    return status_of(fields).retry_after;
}

void a_hint_to_retry_is_a_plain_number_of_milliseconds() {
    expect(pushback("0") == std::chrono::milliseconds(0), "none at all");
    expect(pushback("250") == std::chrono::milliseconds(250), "some");
    for (const char* value : {"", "-1", "1.5", "+3", " 1", "1e3", "99999999999999999999", "soon"}) {
        expect(!pushback(value), value);
    }
}

void messages_are_put_together_from_any_pieces() {
    const Bytes wire{0, 0, 0, 0, 3, 'a', 'b', 'c', 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 'd'};
    for (size_t piece = 1; piece <= wire.size(); ++piece) {
        MessageAssembler assembler;
        for (size_t i = 0; i < wire.size(); i += piece) assembler.add(&wire[i], std::min(piece, wire.size() - i));
        expect(assembler.take() == Bytes{'a', 'b', 'c'}, "first");
        expect(assembler.take().empty(), "second is empty");
        expect(assembler.take() == Bytes{'d'}, "third");
        expect(!assembler.has_message() && !assembler.is_open(), "nothing is left");
    }
}

// A chunk as a response, with its gRPC prefix.
Bytes chunk_on_the_wire(uint64_t offset_bytes, const Bytes& pixels) {
    const Outgoing sent = encode_chunk(1, 0, offset_bytes, pixels.data(), pixels.size());
    Bytes wire(5 + sent.head.size() + pixels.size());
    std::copy(sent.head.begin(), sent.head.end(), wire.begin() + 5);
    std::copy(pixels.begin(), pixels.end(), wire.end() - static_cast<ptrdiff_t>(pixels.size()));
    wire[5] = 0x1a;  // requests and responses number their chunk alike
    const size_t size = wire.size() - 5;
    for (size_t i = 0; i < 4; ++i) wire[1 + i] = static_cast<uint8_t>(size >> (24 - 8 * i));
    return wire;
}

void chunks_go_straight_to_their_place_from_any_pieces() {
    Bytes pixels(1000);
    for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i * 7);
    Bytes wire = chunk_on_the_wire(0, {pixels.begin(), pixels.begin() + 600});
    const Bytes second = chunk_on_the_wire(600, {pixels.begin() + 600, pixels.end()});
    wire.insert(wire.end(), second.begin(), second.end());
    wire.insert(wire.end(), {0, 0, 0, 0, 2, 'o', 'k'});
    for (size_t piece = 1; piece <= wire.size(); piece += piece < 100 ? 1 : 97) {
        Bytes target(pixels.size());
        MessageAssembler assembler;
        assembler.place_with([&](const uint8_t* first_bytes, size_t size) {
            const auto head = decode_chunk_head(first_bytes, MessageAssembler::kLookBytes, size);
            expect(head.has_value(), "a chunk is known by its head");
            return std::optional<MessageAssembler::Place>({head->head_bytes, target.data() + head->chunk.offset_bytes});
        });
        for (size_t i = 0; i < wire.size(); i += piece) assembler.add(&wire[i], std::min(piece, wire.size() - i));
        for (const size_t size : {600, 400}) {
            expect(assembler.next_is_placed() && assembler.next_wire_bytes() > size, "placed");
            expect(assembler.take().size() < 20, "the head alone");
        }
        expect(!assembler.next_is_placed() && assembler.take() == Bytes{'o', 'k'}, "what follows");
        expect(target == pixels, "every byte in its place");
    }
}

void only_chunks_that_end_in_their_data_have_a_place() {
    const Bytes pixels(100, 1);
    const Bytes wire = chunk_on_the_wire(5, pixels);
    const Bytes message(wire.begin() + 5, wire.end());
    const auto head = decode_chunk_head(message.data(), 64, message.size());
    expect(head && head->chunk.offset_bytes == 5 && head->chunk.size == 100 && head->chunk.request_id == 1, "fields");
    expect(!decode_chunk_head(message.data(), 64, message.size() + 1), "more follows");
    expect(!decode_chunk_head(message.data(), 3, message.size()), "too little has come");
    std::mt19937 random(4);
    for (int round = 0; round < tests::rounds(200000); ++round) {
        Bytes changed = message;
        for (unsigned changes = 1 + random() % 3; changes > 0; --changes)
            changed[random() % 12] = static_cast<uint8_t>(random());
        const auto found = decode_chunk_head(changed.data(), 64, changed.size());
        expect(!found || (found->head_bytes <= 64 && found->head_bytes + found->chunk.size == changed.size()),
               "the place has the size of what follows");
    }
}

void oversized_and_compressed_messages_are_refused() {
    const Bytes huge{0, 0xff, 0xff, 0xff, 0xff};
    refusal<ProtocolBroken>([&] { MessageAssembler().add(huge.data(), huge.size()); });
    const Bytes compressed{1, 0, 0, 0, 1, 'x'};
    refusal<ProtocolBroken>([&] { MessageAssembler().add(compressed.data(), compressed.size()); });
}

// FramesNeeded of request 1 with one frame in a slot; OutputFrame; PixelChunk; RenderDone with timings.
std::vector<Bytes> valid_responses() {
    return {
        {0x0a, 0x24, 0x08, 0x01, 0x12, 0x20, 0x0a, 0x06, 'S',  'o',  'u',  'r',  'c',
         'e',  0x10, 0x02, 0x18, 0x01, 0x22, 0x08, 0x08, 0x08, 0x10, 0x08, 0x18, 0x03,
         0x20, 0x01, 0x2a, 0x08, 0x0a, 0x02, '/',  's',  0x10, 0x04, 0x18, 0x05},
        {0x12, 0x14, 0x08, 0x01, 0x1a, 0x06, 'r',  'e',  's',  'u',  'l',
         't',  0x2a, 0x08, 0x08, 0x08, 0x10, 0x08, 0x18, 0x03, 0x20, 0x01},
        {0x1a, 0x08, 0x08, 0x01, 0x18, 0x04, 0x22, 0x02, 0x61, 0x62},
        {0x22, 0x0d, 0x08, 0x01, 0x12, 0x09, 0x31, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f},
        // The first again, in halves and as a proxy.
        {0x0a, 0x1a, 0x08, 0x01, 0x12, 0x16, 0x0a, 0x06, 'S',  'o',  'u',  'r',  'c',  'e',
         0x10, 0x02, 0x18, 0x02, 0x22, 0x08, 0x08, 0x08, 0x10, 0x08, 0x18, 0x03, 0x20, 0x02},
    };
}

void valid_responses_are_understood() {
    const std::vector<Bytes> messages = valid_responses();
    const auto needed = std::get<FramesNeeded>(decode_response(messages[0], 1));
    expect(needed.request_id == 1 && needed.frames.size() == 1, "one frame");
    expect(needed.frames[0].clip == "Source" && needed.frames[0].frame == 2, "which frame");
    expect(needed.frames[0].slot && needed.frames[0].slot->segment == "/s", "segment");
    expect(needed.frames[0].slot->offset_bytes == 4 && needed.frames[0].slot->size_bytes == 5, "place");
    refusal<ProtocolBroken>([&] { decode_response(messages[0], 0); });
    const auto halves = std::get<FramesNeeded>(decode_response(messages[4], 1));
    expect(halves.frames[0].format.sample_type == SampleType::float16, "halves");
    expect(halves.frames[0].form == Form::proxy && !halves.frames[0].slot, "a proxy in the stream");
    Bytes unknown = messages[4];
    unknown.back() = 3;
    expect(refusal<ProtocolBroken>([&] { decode_response(unknown, 1); }).find("floats or halves") != std::string::npos,
           "an unknown sample type");
    const auto output = std::get<OutputFrame>(decode_response(messages[1], 1));
    expect(output.output == "result" && output.format->width == 8 && !output.slot, "output");
    const auto chunk = std::get<PixelChunk>(decode_response(messages[2], 1));
    expect(chunk.offset_bytes == 4 && chunk.size == 2 && chunk.data == &messages[2][8], "chunk stays in place");
    expect(std::get<RenderDone>(decode_response(messages[3], 1)).timings.total_ms == 1.0, "timings");
}

// Decodes without crashing; the sanitizers see the rest.
void digest_anything(const Bytes& message) {
    try {
        const Response response = decode_response(message, 8);
        if (const auto* chunk = std::get_if<PixelChunk>(&response)) {
            const bool inside = chunk->size == 0 || (chunk->data >= message.data() &&
                                                     chunk->data + chunk->size <= message.data() + message.size());
            expect(inside, "a chunk's data lies inside its message");
        }
    } catch (const ProtocolBroken&) {
    }
    try {
        decode_server_info(message);
    } catch (const ProtocolBroken&) {
    }
}

void no_bytes_crash_the_decoder() {
    std::mt19937 random(1);
    const std::vector<Bytes> seeds = valid_responses();
    for (int round = 0; round < tests::rounds(200000); ++round) {
        Bytes message = seeds[random() % seeds.size()];
        for (unsigned changes = random() % 4; changes > 0; --changes)
            message[random() % message.size()] = static_cast<uint8_t>(random());
        if (random() % 4 == 0) message.resize(random() % (message.size() + 1));
        if (random() % 8 == 0) message.insert(message.end(), seeds[0].begin(), seeds[0].end());
        digest_anything(message);
        Bytes noise(random() % 64);
        std::generate(noise.begin(), noise.end(), [&] { return static_cast<uint8_t>(random()); });
        digest_anything(noise);
    }
}

void no_bytes_crash_the_assembler() {
    std::mt19937 random(2);
    for (int round = 0; round < tests::rounds(2000); ++round) {
        MessageAssembler assembler;
        try {
            for (int i = 0; i < 50; ++i) {
                Bytes noise(random() % 40);
                std::generate(noise.begin(), noise.end(),
                              [&] { return static_cast<uint8_t>(random() % 3 == 0 ? random() : 0); });
                assembler.add(noise.data(), noise.size());
            }
        } catch (const ProtocolBroken&) {
        }
        while (assembler.has_message()) assembler.take();
    }
}

void chunks_are_encoded_as_the_decoder_reads_them() {
    const Bytes pixels(300, 7);
    const Outgoing sent = encode_chunk(1, 0, uint64_t{1} << 40, pixels.data(), pixels.size());
    Bytes whole = sent.head;
    whole.insert(whole.end(), sent.body, sent.body + sent.body_size);
    whole[0] = 0x1a;  // requests and responses number their chunk alike
    const auto chunk = std::get<PixelChunk>(decode_response(whole, 1));
    expect(chunk.request_id == 1 && chunk.offset_bytes == uint64_t{1} << 40, "fields");
    expect(chunk.size == pixels.size() && chunk.data[299] == 7, "data");
}

std::vector<float> noise_image(uint32_t width, uint32_t height, uint32_t components) {
    std::mt19937 random(width * 31 + height);
    std::vector<float> image(size_t{width} * height * components);
    for (float& sample : image) sample = static_cast<float>(random() % 4096u) / 1024.0f - 1.0f;
    return image;
}

void bottom_up_images_are_the_same_frame() {
    constexpr uint32_t kWidth = 33;
    constexpr uint32_t kHeight = 21;
    const std::vector<float> image = noise_image(kWidth, kHeight, 4);
    std::vector<float> flipped(image.size());
    for (uint32_t y = 0; y < kHeight; ++y) {
        std::copy_n(&image[size_t{y} * kWidth * 4], kWidth * 4, &flipped[size_t{kHeight - 1 - y} * kWidth * 4]);
    }
    const HostPixels down{image.data(), kWidth * 16, kWidth, kHeight, 4};
    const HostPixels up{&flipped[size_t{kHeight - 1} * kWidth * 4], -static_cast<ptrdiff_t>(kWidth * 16), kWidth,
                        kHeight, 4};
    expect(digest_of(down) == digest_of(up), "digest");
    std::vector<float> planes_down(down.format().samples());
    std::vector<float> planes_up(down.format().samples());
    pack(down, SampleType::float32, planes_down.data());
    pack(up, SampleType::float32, planes_up.data());
    expect(planes_down == planes_up, "planes");
}

void padding_and_alpha_are_not_part_of_the_frame() {
    const std::vector<float> rgba = noise_image(5, 4, 4);
    std::vector<float> padded(4 * 32, NAN);
    for (size_t pixel = 0; pixel < 20; ++pixel) {
        std::copy_n(&rgba[pixel * 4], 3, &padded[(pixel / 5) * 32 + (pixel % 5) * 3]);
    }
    const HostPixels tight{rgba.data(), 5 * 16, 5, 4, 4};
    const HostPixels loose{padded.data(), 32 * sizeof(float), 5, 4, 3};
    expect(digest_of(tight) == digest_of(loose), "digest");
}

void pixels_without_numbers_are_left_out_of_the_proxy() {
    constexpr uint32_t kWidth = 640;
    constexpr uint32_t kHeight = 360;
    std::vector<float> image(size_t{kWidth} * kHeight * 3, 0.25f);
    for (size_t i = 0; i < 6; ++i) image[i] = NAN;                        // two pixels of the first cell
    image[size_t{kWidth} * 3] = INFINITY;                                 // a third one
    for (size_t i = 3; i < 6; ++i) image[size_t{kWidth} * 3 + i] = 1.0f;  // the only valid one
    std::vector<float> proxy(proxy_format({kWidth, kHeight, 3}).samples());
    make_proxy({image.data(), kWidth * 12, kWidth, kHeight, 3}, proxy.data());
    expect(proxy[0] == 1.0f && proxy[1] == 0.25f, "only valid pixels count");
    std::fill(image.begin(), image.end(), NAN);
    make_proxy({image.data(), kWidth * 12, kWidth, kHeight, 3}, proxy.data());
    expect(std::all_of(proxy.begin(), proxy.end(), [](float sample) { return sample == 0.0f; }), "all invalid");
}

// A peer that accepts one connection and goes away when it is told to.
class VanishingPeer {
  public:
    VanishingPeer() : path_("/tmp/reelmend-peer-" + std::to_string(::getpid()) + ".sock") {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        path_.copy(name.sun_path, sizeof name.sun_path - 1);
        ::unlink(path_.c_str());
        listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        expect(::bind(listening_, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0, "bind");
        expect(::listen(listening_, 1) == 0, "listen");
    }
    ~VanishingPeer() {
        ::close(listening_);
        ::unlink(path_.c_str());
    }
    VanishingPeer(const VanishingPeer&) = delete;
    VanishingPeer& operator=(const VanishingPeer&) = delete;

    std::string address() const { return "unix:" + path_; }
    void vanish() { ::close(::accept(listening_, nullptr, nullptr)); }

  private:
    std::string path_;
    int listening_ = -1;
};

void a_connection_lost_in_mid_message_can_still_be_cancelled() {
    VanishingPeer peer;
    const std::function<bool()> never;
    Waiting waiting(std::chrono::seconds(5), never, "test");
    GrpcConnection connection(platform::Socket::connect(parse_address(peer.address()), waiting));
    connection.start_call("/reelmend.rpc.v1.EngineService/Render", std::nullopt);
    expect(connection.is_usable(), "the request's headers are sent");
    peer.vanish();
    const Bytes body(1 << 20, 7);
    refusal<ConnectionLost>([&] { connection.send({{1, 2, 3}, body.data(), body.size()}, waiting); });
    connection.cancel();
    connection.cancel();
    expect(!connection.is_usable(), "a lost connection is not used again");
}

const std::vector<tests::Test> kTests{
    TEST(addresses_on_this_machine_are_accepted),
    TEST(addresses_elsewhere_are_refused),
    TEST(the_default_address_follows_the_environment),
    TEST(a_status_is_read_from_trailers_or_from_http),
    TEST(a_hint_to_retry_is_a_plain_number_of_milliseconds),
    TEST(messages_are_put_together_from_any_pieces),
    TEST(chunks_go_straight_to_their_place_from_any_pieces),
    TEST(only_chunks_that_end_in_their_data_have_a_place),
    TEST(oversized_and_compressed_messages_are_refused),
    TEST(valid_responses_are_understood),
    TEST(no_bytes_crash_the_decoder),
    TEST(no_bytes_crash_the_assembler),
    TEST(chunks_are_encoded_as_the_decoder_reads_them),
    TEST(bottom_up_images_are_the_same_frame),
    TEST(padding_and_alpha_are_not_part_of_the_frame),
    TEST(pixels_without_numbers_are_left_out_of_the_proxy),
    TEST(a_connection_lost_in_mid_message_can_still_be_cancelled),
};

}  // namespace

int main(int argc, char** argv) {
    return tests::run_tests(kTests, argc, argv);
}
