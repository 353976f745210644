// Every depth and layout of host pixels: the fast loops give the plain ones' bits, and nothing gets lost on the way
// back.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "default_rounding.h"
#include "expectations.h"
#include "reelmend/transport/frame.h"
#include "row_kernels.h"

namespace {

using namespace reelmend::transport;
using tests::expect;

constexpr SampleDepth kDepths[] = {SampleDepth::byte8, SampleDepth::short16, SampleDepth::half16, SampleDepth::float32};
constexpr std::pair<uint32_t, uint32_t> kSizes[] = {{1, 1}, {2, 3}, {7, 2}, {17, 3}, {33, 5}, {331, 190}};

// How an image lies in memory.
struct Layout {
    SampleDepth depth;
    uint32_t components;
    bool premultiplied;
    bool swapped;
    bool bottom_up;
    uint32_t padding_bytes;

    std::string text() const {
        return "depth " + std::to_string(static_cast<int>(depth)) + " × " + std::to_string(components) +
               (premultiplied ? " premultiplied" : "") + (swapped ? " swapped" : "") + (bottom_up ? " up" : " down");
    }
};

std::vector<Layout> all_layouts() {
    std::vector<Layout> layouts;
    for (const SampleDepth depth : kDepths) {
        for (const uint32_t components : {3u, 4u}) {
            for (int flags = 0; flags < 8; ++flags) {
                const auto padding = static_cast<uint32_t>((flags & 4) != 0 ? 8 : 0);
                layouts.push_back({depth, components, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, padding});
            }
        }
    }
    return layouts;
}

class Image {
  public:
    Image(const Layout& layout, uint32_t width, uint32_t height)
        : layout_(layout), width_(width), height_(height), bytes_(stride() * height, 0xa5) {}

    void fill_with_any_bits(uint32_t seed) {
        std::mt19937 random(seed);
        for (uint8_t& byte : bytes_) byte = static_cast<uint8_t>(random());
    }
    // Ordinary pictures: values around 0…1, alpha often 0 or 1.
    void fill_with_pictures(uint32_t seed) {
        std::mt19937 random(seed);
        each_sample([&](uint8_t* sample, uint32_t component) {
            const uint32_t draw = random() % 4096;
            const float alpha = draw < 1000 ? 0.0f : draw < 2000 ? 1.0f : static_cast<float>(draw) / 4096.0f;
            put(sample, component == 3 ? alpha : static_cast<float>(draw) / 3000.0f - 0.1f);
        });
    }
    HostPixels pixels() const {
        return {top(),          row_step(), width_, height_, layout_.components, layout_.depth, layout_.premultiplied,
                layout_.swapped};
    }
    HostTarget target() {
        return {const_cast<uint8_t*>(top()), row_step(),     width_, height_, layout_.components, layout_.depth,
                layout_.premultiplied,       layout_.swapped};
    }
    const std::vector<uint8_t>& bytes() const { return bytes_; }
    // Calls take(sample, component in memory) for each.
    template <typename Take>
    void each_sample(Take take) {
        const size_t sample_bytes = bytes_of(layout_.depth);
        for (uint32_t y = 0; y < height_; ++y) {
            for (uint32_t i = 0; i < width_ * layout_.components; ++i) {
                take(&bytes_[y * stride() + i * sample_bytes], i % layout_.components);
            }
        }
    }

  private:
    void put(uint8_t* sample, float value) const {
        const float bounded = std::clamp(value, 0.0f, 1.0f);
        if (layout_.depth == SampleDepth::byte8) *sample = static_cast<uint8_t>(bounded * 255);
        if (layout_.depth == SampleDepth::short16) {
            const auto number = static_cast<uint16_t>(bounded * 65535);
            std::memcpy(sample, &number, sizeof number);
        }
        if (layout_.depth == SampleDepth::half16) {
            uint16_t half = 0;
            to_halves(&value, 1, &half);
            std::memcpy(sample, &half, sizeof half);
        }
        if (layout_.depth == SampleDepth::float32) std::memcpy(sample, &value, sizeof value);
    }
    size_t stride() const {
        return size_t{width_} * layout_.components * bytes_of(layout_.depth) + layout_.padding_bytes;
    }
    ptrdiff_t row_step() const {
        const auto step = static_cast<ptrdiff_t>(stride());
        return layout_.bottom_up ? -step : step;
    }
    const uint8_t* top() const { return bytes_.data() + (layout_.bottom_up ? stride() * (height_ - 1) : 0); }

    Layout layout_;
    uint32_t width_;
    uint32_t height_;
    std::vector<uint8_t> bytes_;
};

// Everything that the functions write for one image.
struct Outcome {
    std::vector<uint8_t> bytes;

    template <typename Sample>
    void add(const Sample* samples, size_t count) {
        const auto* raw = reinterpret_cast<const uint8_t*>(samples);
        bytes.insert(bytes.end(), raw, raw + count * sizeof(Sample));
    }
    bool operator==(const Outcome& other) const { return bytes == other.bytes; }
};

Outcome outcome_of(const Image& image, const Layout& target_layout, uint32_t seed) {
    Outcome outcome;
    const HostPixels pixels = image.pixels();
    std::vector<float> planes(pixels.format().samples());
    std::vector<uint16_t> halves(planes.size());
    std::vector<float> proxy(proxy_format(pixels.format()).samples());
    const Digest digest = pack(pixels, SampleType::float32, planes.data());
    expect(digest == digest_of(pixels) && digest == digest_and_proxy(pixels, proxy.data()), "one digest");
    expect(digest == pack(pixels, SampleType::float16, halves.data()), "halves are named by their floats");
    outcome.add(digest.data(), digest.size());
    outcome.add(planes.data(), planes.size());
    outcome.add(halves.data(), halves.size());
    outcome.add(proxy.data(), proxy.size());
    std::mt19937 random(seed);
    for (float& sample : planes) {
        if (random() % 2 == 0) sample = sample * 1.5f - 0.1f;
    }
    for (const SampleType sent : {SampleType::float32, SampleType::float16}) {
        Image target(target_layout, pixels.width, pixels.height);
        unpack(planes.data(), 3, pixels, target.target(), sent);
        outcome.add(target.bytes().data(), target.bytes().size());
    }
    return outcome;
}

void fast_and_plain_loops_give_the_same_bits() {
    const std::vector<Layout> layouts = all_layouts();
    for (size_t i = 0; i < layouts.size(); ++i) {
        for (const auto& [width, height] : kSizes) {
            for (const bool any_bits : {true, false}) {
                Image image(layouts[i], width, height);
                any_bits ? image.fill_with_any_bits(width) : image.fill_with_pictures(width);
                // The same layout, which keeps bits, and another one, which converts.
                for (const Layout& target : {layouts[i], layouts[(i * 7 + width) % layouts.size()]}) {
                    use_plain_rows(true);
                    const Outcome plain = outcome_of(image, target, width);
                    use_plain_rows(false);
                    expect(outcome_of(image, target, width) == plain,
                           layouts[i].text() + " to " + target.text() + ", " + std::to_string(width) + " wide");
                }
            }
        }
    }
}

// What hosts were seen to do: round downwards, flush denormals.
class HostileModes {
  public:
    HostileModes() : before_(_mm_getcsr()) { _mm_setcsr(0x1f80 | 0x8040 | 0x2000); }
    ~HostileModes() { _mm_setcsr(before_); }
    HostileModes(const HostileModes&) = delete;
    HostileModes& operator=(const HostileModes&) = delete;

  private:
    unsigned before_;
};

void the_hosts_floating_point_modes_change_nothing() {
    for (const Layout& layout : all_layouts()) {
        Image image(layout, 67, 9);
        image.fill_with_any_bits(5);
        const Outcome expected = outcome_of(image, layout, 5);
        std::vector<float> planes(image.pixels().format().samples());
        pack(image.pixels(), SampleType::float32, planes.data());
        Outcome seen;
        {
            const HostileModes modes;
            const unsigned as_set = _mm_getcsr() & ~0x3fu;
            std::vector<float> again(planes.size());
            pack(image.pixels(), SampleType::float32, again.data());
            expect(std::memcmp(again.data(), planes.data(), planes.size() * sizeof(float)) == 0, layout.text());
            expect((_mm_getcsr() & ~0x3fu) == as_set, "the host's modes are put back");
        }
    }
}

void every_half_becomes_its_float_and_comes_back() {
    std::vector<uint16_t> halves(65536);
    for (size_t i = 0; i < halves.size(); ++i) halves[i] = static_cast<uint16_t>(i);
    std::vector<float> floats[2] = {std::vector<float>(halves.size()), std::vector<float>(halves.size())};
    std::vector<uint16_t> back(halves.size());
    for (const bool plain : {true, false}) {
        use_plain_rows(plain);
        row_kernels().floats_of_halves(halves.data(), halves.size(), floats[plain ? 0 : 1].data());
        row_kernels().halves_of_floats(floats[0].data(), halves.size(), back.data());
        size_t lost = 0;
        for (size_t i = 0; i < halves.size(); ++i) {
            const bool is_nan = (halves[i] & 0x7c00) == 0x7c00 && (halves[i] & 0x3ff) != 0;
            lost += back[i] != (is_nan ? (halves[i] | 0x200) : halves[i]);
        }
        expect(lost == 0, std::to_string(lost) + " halves differ on the way back");
    }
    expect(std::memcmp(floats[0].data(), floats[1].data(), halves.size() * sizeof(float)) == 0, "floats");
}

void floats_round_to_the_nearest_half_everywhere() {
    std::vector<float> floats;
    for (uint64_t bits = 0; bits < (uint64_t{1} << 32); bits += tests::quick ? 65519 : 4091) {
        const auto low = static_cast<uint32_t>(bits);
        float value;
        std::memcpy(&value, &low, sizeof value);
        floats.push_back(value);
    }
    std::vector<uint16_t> plain(floats.size());
    std::vector<uint16_t> fast(floats.size());
    use_plain_rows(true);
    to_halves(floats.data(), floats.size(), plain.data());
    use_plain_rows(false);
    to_halves(floats.data(), floats.size(), fast.data());
    expect(plain == fast, "the processor's own conversion");
    const float around[] = {65519.99f, 65520.0f, 0x1p-25f, 0x1.000002p-25f, 1.00048828125f, 1.00146484375f};
    const uint16_t expected[] = {0x7bff, 0x7c00, 0x0000, 0x0001, 0x3c00, 0x3c02};
    uint16_t got[6];
    to_halves(around, 6, got);
    expect(std::equal(got, got + 6, expected), "ties go to even");
}

void an_untouched_frame_comes_back_bit_for_bit() {
    for (const Layout& layout : all_layouts()) {
        for (const SampleType sent : {SampleType::float32, SampleType::float16}) {
            Image image(layout, 61, 7);
            image.fill_with_any_bits(11);
            std::vector<float> planes(image.pixels().format().samples());
            if (sent == SampleType::float16) {
                std::vector<uint16_t> halves(planes.size());
                pack(image.pixels(), sent, halves.data());
                row_kernels().floats_of_halves(halves.data(), halves.size(), planes.data());
            } else {
                pack(image.pixels(), sent, planes.data());
            }
            Image target = image;
            target.each_sample([&](uint8_t* sample, uint32_t) { std::memset(sample, 0x3c, bytes_of(layout.depth)); });
            unpack(planes.data(), 3, image.pixels(), target.target(), sent);
            expect(target.bytes() == image.bytes(), layout.text());
            // In place as well.
            Image place = image;
            unpack(planes.data(), 3, place.pixels(), place.target(), sent);
            expect(place.bytes() == image.bytes(), "in place, " + layout.text());
        }
    }
}

void padding_is_never_written() {
    for (const Layout& layout : all_layouts()) {
        if (layout.padding_bytes == 0) continue;
        Image image(layout, 13, 4);
        image.fill_with_pictures(3);
        const std::vector<float> planes(image.pixels().format().samples(), 0.5f);
        Image target(layout, 13, 4);
        unpack(planes.data(), 3, image.pixels(), target.target());
        Image visited = target;
        visited.each_sample([&](uint8_t* sample, uint32_t) { std::memset(sample, 0xa5, bytes_of(layout.depth)); });
        expect(std::all_of(visited.bytes().begin(), visited.bytes().end(), [](uint8_t byte) { return byte == 0xa5; }),
               layout.text());
    }
}

void one_plane_shows_as_grey_and_parts_have_strides() {
    Image source({SampleDepth::byte8, 4, false, false, false, 0}, 3, 2);
    source.fill_with_pictures(1);
    const float plane[] = {9, 9, 9, 9, 9, 9, 0.2f, 0.4f, 0.6f, 9, 0.8f, 1.0f, 2.0f, 9};
    Image target({SampleDepth::byte8, 4, false, false, false, 0}, 3, 2);
    unpack({plane + 6, 1, 4, 0}, source.pixels(), target.target());
    const uint8_t expected[] = {51, 102, 153, 204, 255, 255};
    for (size_t i = 0; i < 6; ++i) {
        const uint8_t* pixel = &target.bytes()[4 * i];
        expect(std::all_of(pixel, pixel + 3, [&](uint8_t byte) { return byte == expected[i]; }), std::to_string(i));
        expect(pixel[3] == source.bytes()[4 * i + 3], "alpha");
    }
}

void a_source_without_alpha_is_opaque_in_a_target_with_it() {
    for (const SampleDepth depth : kDepths) {
        Image source({depth, 3, false, false, false, 0}, 9, 2);
        source.fill_with_pictures(2);
        std::vector<float> planes(source.pixels().format().samples());
        pack(source.pixels(), SampleType::float32, planes.data());
        Image target({depth, 4, true, true, false, 0}, 9, 2);
        unpack(planes.data(), 3, source.pixels(), target.target());
        const size_t sample = bytes_of(depth);
        std::vector<uint8_t> expected;
        for (size_t pixel = 0; pixel < 18; ++pixel) {
            const uint8_t* from = &source.bytes()[pixel * 3 * sample];
            for (const size_t component : {2, 1, 0}) {
                expected.insert(expected.end(), from + component * sample, from + (component + 1) * sample);
            }
            const uint32_t one = depth == SampleDepth::half16    ? 0x3c00
                                 : depth == SampleDepth::float32 ? 0x3f800000
                                                                 : ~0u;
            const auto* bytes = reinterpret_cast<const uint8_t*>(&one);
            expected.insert(expected.end(), bytes, bytes + sample);
        }
        expect(target.bytes() == expected, "depth " + std::to_string(static_cast<int>(depth)));
    }
}

void only_halves_promise_halves() {
    for (const Layout& layout : all_layouts()) {
        const bool expected = layout.depth == SampleDepth::half16 && !(layout.premultiplied && layout.components == 4);
        const Image image(layout, 1, 1);
        expect((image.pixels().format().sample_type == SampleType::float16) == expected, layout.text());
    }
}

void one_plane_is_read_as_the_first_of_three() {
    for (const SampleDepth depth : kDepths) {
        for (const auto& [width, height] : kSizes) {
            for (const bool plain : {false, true}) {
                use_plain_rows(plain);
                const size_t sample = bytes_of(depth);
                Image grey({depth, 1, false, false, true, 8}, width, height);
                grey.fill_with_pictures(width);
                Image colour({depth, 3, false, false, true, 0}, width, height);
                std::vector<const uint8_t*> samples;
                grey.each_sample([&](uint8_t* at, uint32_t) { samples.push_back(at); });
                size_t next = 0;
                colour.each_sample([&](uint8_t* at, uint32_t) { std::memcpy(at, samples[next++ / 3], sample); });
                const HostPixels one = grey.pixels();
                const HostPixels three = colour.pixels();
                const std::string what = "depth " + std::to_string(static_cast<int>(depth)) + ", width " +
                                         std::to_string(width) + (plain ? ", plain" : "");
                expect(one.format().channels == 1 && three.format().channels == 3, what);
                std::vector<float> plane(one.format().samples());
                std::vector<float> planes(three.format().samples());
                const Digest digest = pack(one, SampleType::float32, plane.data());
                pack(three, SampleType::float32, planes.data());
                expect(std::memcmp(plane.data(), planes.data(), plane.size() * sizeof(float)) == 0, "plane, " + what);
                std::vector<float> proxy(proxy_format(one.format()).samples());
                std::vector<float> proxies(proxy_format(three.format()).samples());
                expect(digest_and_proxy(one, proxy.data()) == digest && digest_of(one) == digest, "name, " + what);
                make_proxy(three, proxies.data());
                expect(std::memcmp(proxy.data(), proxies.data(), proxy.size() * sizeof(float)) == 0, "proxy, " + what);
            }
        }
    }
    use_plain_rows(false);
}

const std::vector<tests::Test> kTests{
    TEST(fast_and_plain_loops_give_the_same_bits),
    TEST(the_hosts_floating_point_modes_change_nothing),
    TEST(every_half_becomes_its_float_and_comes_back),
    TEST(floats_round_to_the_nearest_half_everywhere),
    TEST(an_untouched_frame_comes_back_bit_for_bit),
    TEST(padding_is_never_written),
    TEST(one_plane_shows_as_grey_and_parts_have_strides),
    TEST(a_source_without_alpha_is_opaque_in_a_target_with_it),
    TEST(only_halves_promise_halves),
    TEST(one_plane_is_read_as_the_first_of_three),
};

}  // namespace

int main(int argc, char** argv) {
    std::printf("the fast loops here: %s\n", row_kernels().name);
    return tests::run_tests(kTests, argc, argv);
}
