#include <cstring>
#include <vector>

#include "checks.h"
#include "pixels.h"

using namespace reelmend::plugin;
using reelmend::transport::SampleDepth;
using reelmend::transport::SampleType;

namespace {

// A float image of its own, rows bottom up or top down, with padding.
struct Canvas {
    std::vector<float> memory;
    PixelView view;

    Canvas(const OfxRectI& bounds, int components, bool top_down = false, int padding = 3) {
        const int width = bounds.x2 - bounds.x1;
        const int height = bounds.y2 - bounds.y1;
        const int row = width * components + padding;
        memory.assign(static_cast<size_t>(row) * height, -9.0F);
        view.bounds = bounds;
        view.components = components;
        view.sample_bytes = 4;
        view.row_bytes = top_down ? -row * 4 : row * 4;
        view.origin = reinterpret_cast<std::byte*>(memory.data() + (top_down ? size_t(row) * (height - 1) : 0));
        for (int y = bounds.y1; y < bounds.y2; ++y)
            for (int x = bounds.x1; x < bounds.x2; ++x)
                for (int c = 0; c < components; ++c) at(x, y, c) = float(100 * y + 10 * x + c);
    }
    float& at(int x, int y, int c) { return reinterpret_cast<float*>(view.at(x, y))[c]; }
    void fill(float value) {
        for (int y = view.bounds.y1; y < view.bounds.y2; ++y)
            for (int x = view.bounds.x1; x < view.bounds.x2; ++x)
                for (int c = 0; c < view.components; ++c) at(x, y, c) = value;
    }
};

float source_value(int x, int y, int c) {
    return float(100 * y + 10 * x + c);
}

}  // namespace

TEST(source_is_copied_between_row_orders_and_paddings) {
    for (const bool from_top : {false, true}) {
        Canvas source({2, 1, 7, 4}, 4, from_top, 5);
        Canvas target({2, 1, 7, 4}, 4, !from_top, 0);
        target.fill(-1);
        write_source(target.view, target.view.bounds, &source.view);
        CHECK(target.at(2, 1, 0) == source_value(2, 1, 0));
        CHECK(target.at(6, 3, 3) == source_value(6, 3, 3));
    }
}

TEST(output_outside_of_the_source_becomes_zero) {
    Canvas source({0, 0, 3, 3}, 4);
    Canvas target({-1, -1, 5, 5}, 4);
    target.fill(-1);
    write_source(target.view, target.view.bounds, &source.view);
    for (int y = -1; y < 5; ++y)
        for (int x = -1; x < 5; ++x) {
            const bool inside = x >= 0 && x < 3 && y >= 0 && y < 3;
            CHECK(target.at(x, y, 1) == (inside ? source_value(x, y, 1) : 0.0F));
        }
}

TEST(only_the_render_window_is_written) {
    Canvas source({0, 0, 4, 4}, 3);
    Canvas target({0, 0, 4, 4}, 3);
    target.fill(-1);
    write_source(target.view, {1, 1, 3, 9}, &source.view);
    CHECK(target.at(0, 1, 0) == -1 && target.at(3, 1, 0) == -1 && target.at(1, 0, 0) == -1);
    CHECK(target.at(1, 1, 0) == source_value(1, 1, 0) && target.at(2, 3, 2) == source_value(2, 3, 2));
}

TEST(padding_is_never_written) {
    Canvas source({0, 0, 3, 2}, 4);
    Canvas target({0, 0, 3, 2}, 4, false, 3);
    write_source(target.view, {-5, -5, 50, 50}, &source.view);
    CHECK(target.memory[12] == -9.0F && target.memory[14] == -9.0F && target.memory.back() == -9.0F);
}

TEST(rgb_becomes_opaque_rgba_and_rgba_loses_alpha) {
    Canvas rgb({0, 0, 2, 2}, 3);
    Canvas rgba({0, 0, 2, 2}, 4);
    rgba.fill(-1);
    write_source(rgba.view, rgba.view.bounds, &rgb.view);
    CHECK(rgba.at(1, 1, 2) == source_value(1, 1, 2) && rgba.at(1, 1, 3) == 1.0F);
    Canvas back({0, 0, 2, 2}, 3);
    back.fill(-1);
    write_source(back.view, back.view.bounds, &rgba.view);
    CHECK(back.at(1, 1, 2) == source_value(1, 1, 2));
}

TEST(a_source_that_touches_nothing_of_the_window_leaves_zero) {
    Canvas source({10, 10, 12, 12}, 4);
    Canvas target({0, 0, 2, 2}, 4);
    write_source(target.view, target.view.bounds, &source.view);
    CHECK(target.at(0, 0, 0) == 0 && target.at(1, 1, 3) == 0);
}

TEST(planes_land_upright_with_the_alpha_of_the_source) {
    const OfxRectI area{1, 2, 4, 4};  // 3 × 2 pixels
    std::vector<float> planes(3 * 3 * 2);
    for (size_t i = 0; i < planes.size(); ++i) planes[i] = float(i);
    reelmend::transport::RenderOutput output;
    output.format = {3, 2, 3};
    output.planes = planes.data();
    for (const bool top_down : {false, true}) {
        Canvas target({0, 0, 5, 5}, 4, top_down);
        Canvas source(area, 4);
        write_planes(target.view, {2, 0, 5, 5}, source.view, output, SampleType::float32);
        CHECK(target.at(2, 3, 0) == 1 && target.at(2, 3, 1) == 7 && target.at(2, 3, 2) == 13);  // top row first
        CHECK(target.at(3, 2, 0) == 5 && target.at(3, 2, 2) == 17);
        CHECK(target.at(2, 3, 3) == source_value(2, 3, 3));         // alpha
        CHECK(target.at(1, 3, 0) == source_value(1, 3, 0));         // outside of the window
        CHECK(target.at(4, 3, 0) == 0 && target.at(2, 4, 3) == 0);  // outside of the source
    }
}

TEST(one_plane_shows_as_grey) {
    const float planes[] = {0.25F, 0.5F};
    reelmend::transport::RenderOutput output;
    output.format = {2, 1, 1};
    output.planes = planes;
    Canvas target({0, 0, 2, 1}, 3);
    const Canvas source({0, 0, 2, 1}, 4);
    write_planes(target.view, target.view.bounds, source.view, output, SampleType::float32);
    CHECK(target.at(1, 0, 0) == 0.5F && target.at(1, 0, 1) == 0.5F && target.at(1, 0, 2) == 0.5F);
}

TEST(alpha_takes_a_plane_inside_of_window_and_source_alone) {
    const OfxRectI area{1, 2, 4, 4};
    const float plane[] = {0.125F, 0.25F, 0.375F, 0.5F, 0.625F, 0.75F};  // of the area, top row first
    reelmend::transport::RenderOutput output;
    output.format = {3, 2, 1};
    output.planes = plane;
    for (const bool top_down : {false, true}) {
        Canvas target({0, 0, 5, 5}, 4, top_down);
        write_alpha(target.view, {2, 0, 5, 5}, area, output);
        CHECK(target.at(2, 3, 3) == 0.25F && target.at(3, 3, 3) == 0.375F && target.at(3, 2, 3) == 0.75F);
        CHECK(target.at(2, 3, 0) == source_value(2, 3, 0) && target.at(3, 2, 2) == source_value(3, 2, 2));
        CHECK(target.at(1, 3, 3) == source_value(1, 3, 3));  // outside of the window
        CHECK(target.at(4, 3, 3) == source_value(4, 3, 3) && target.at(2, 4, 3) == source_value(2, 4, 3));
        write_alpha(target.view, {0, 0, 1, 1}, area, output);
        CHECK(target.at(0, 0, 3) == source_value(0, 0, 3));
    }
}

TEST(pixels_for_the_engine_start_at_the_top_row) {
    for (const bool top_down : {false, true}) {
        Canvas canvas({3, 4, 6, 8}, 4, top_down);
        const auto pixels = host_pixels(canvas.view);
        CHECK(pixels.width == 3 && pixels.height == 4 && pixels.components == 4);
        CHECK(*static_cast<const float*>(pixels.top_row) == source_value(3, 7, 0));
        const auto* second = static_cast<const std::byte*>(pixels.top_row) + pixels.row_stride_bytes;
        CHECK(*reinterpret_cast<const float*>(second) == source_value(3, 6, 0));
    }
}

TEST(planes_may_be_laid_over_the_source_where_it_lies) {
    for (const bool top_down : {false, true}) {
        Canvas target({0, 0, 3, 2}, 4, top_down);
        std::vector<float> planes(3 * 3 * 2, 0.5F);
        reelmend::transport::RenderOutput output;
        output.format = {3, 2, 3};
        output.planes = planes.data();
        write_planes(target.view, target.view.bounds, target.view, output, SampleType::float32);
        CHECK(target.at(2, 1, 0) == 0.5F && target.at(0, 0, 2) == 0.5F);
        CHECK(target.at(2, 1, 3) == source_value(2, 1, 3));
    }
}

TEST(lower_field_holds_the_even_lines_and_the_upper_one_the_odd_ones) {
    for (const int bottom : {-3, -2, 0, 1})
        for (const bool top_down : {false, true}) {
            const Canvas frame({0, bottom, 2, bottom + 5}, 3, top_down);
            const auto lower = field_of(frame.view, Parity::lower);
            const auto upper = field_of(frame.view, Parity::upper);
            CHECK(lower.height() + upper.height() == 5);
            for (int n = lower.bounds.y1; n < lower.bounds.y2; ++n) CHECK(lower.at(1, n) == frame.view.at(1, 2 * n));
            for (int n = upper.bounds.y1; n < upper.bounds.y2; ++n)
                CHECK(upper.at(1, n) == frame.view.at(1, 2 * n + 1));
        }
}

TEST(a_frame_of_one_line_has_one_field) {
    const Canvas frame({0, 0, 2, 1}, 3);
    CHECK(field_of(frame.view, Parity::lower).height() == 1);
    CHECK(field_of(frame.view, Parity::upper).height() == 0);
}

TEST(a_field_is_written_without_touching_the_other) {
    Canvas target({0, 0, 2, 4}, 3);
    target.fill(-1);
    const Canvas source({0, 0, 2, 4}, 3);
    const auto lines = field_of(source.view, Parity::upper);
    write_source(field_of(target.view, Parity::upper), field_of(target.view.bounds, Parity::upper), &lines);
    CHECK(target.at(0, 0, 0) == -1 && target.at(1, 2, 2) == -1);
    CHECK(target.at(0, 1, 0) == source_value(0, 1, 0) && target.at(1, 3, 2) == source_value(1, 3, 2));
}

TEST(colours_are_converted_between_depths) {
    Canvas source({0, 0, 2, 1}, 4);
    for (int c = 0; c < 4; ++c) source.at(0, 0, c) = 0.25F * float(c + 1);
    source.at(1, 0, 0) = 7;
    source.at(1, 0, 1) = -7;
    uint8_t bytes[8] = {};
    PixelView target;
    target.origin = reinterpret_cast<std::byte*>(bytes);
    target.bounds = {0, 0, 2, 1};
    target.row_bytes = 8;
    target.components = 4;
    target.sample_bytes = 1;
    target.depth = SampleDepth::byte8;
    write_source(target, target.bounds, &source.view);
    CHECK(bytes[0] == 64 && bytes[1] == 128 && bytes[2] == 191 && bytes[3] == 255);
    CHECK(bytes[4] == 255 && bytes[5] == 0);
}

TEST(alpha_alone_is_copied_and_not_mixed_with_colour) {
    const Canvas alpha({0, 0, 2, 1}, 1);
    Canvas other({0, 0, 2, 1}, 1);
    other.fill(-1);
    write_source(other.view, other.view.bounds, &alpha.view);
    CHECK(other.at(1, 0, 0) == source_value(1, 0, 0));
    Canvas colour({0, 0, 2, 1}, 4);
    CHECK(!converts(alpha.view, colour.view) && converts(alpha.view, other.view));
    write_source(colour.view, colour.view.bounds, &alpha.view);
    CHECK(colour.at(1, 0, 0) == 0 && colour.at(1, 0, 3) == 0);
}

TEST(a_mask_is_alpha_or_red_over_the_source_and_0_around) {
    for (const int components : {1, 3, 4}) {
        for (const bool from_top : {false, true}) {
            Canvas image({2, 1, 7, 4}, components, from_top);
            image.view.swapped = components == 3;
            const int channel = components == 4 ? 3 : components == 3 ? 2 : 0;
            std::vector<std::byte> samples(3, std::byte{7});
            const OfxRectI area{4, -1, 9, 3};
            const PixelView mask = mask_of(image.view, area, samples);
            CHECK(mask.components == 1 && same_bounds(mask.bounds, area) && !mask.premultiplied && !mask.swapped);
            for (int y = area.y1; y < area.y2; ++y) {
                for (int x = area.x1; x < area.x2; ++x) {
                    float value = -1;
                    std::memcpy(&value, mask.at(x, y), sizeof value);
                    const bool inside = x < 7 && y >= 1;
                    CHECK(value == (inside ? source_value(x, y, channel) : 0));
                }
            }
        }
    }
}

TEST(a_mask_that_lies_elsewhere_is_0) {
    Canvas image({20, 20, 22, 22}, 4);
    std::vector<std::byte> samples;
    const PixelView mask = mask_of(image.view, {0, 0, 3, 2}, samples);
    CHECK(samples == std::vector<std::byte>(6 * sizeof(float), std::byte{0}));
    CHECK(mask.origin == samples.data());
}

TEST(samples_of_a_mask_keep_their_type) {
    for (const size_t bytes : {size_t{1}, size_t{2}, size_t{4}}) {
        std::vector<std::byte> memory(4 * bytes * 3);
        for (size_t i = 0; i < memory.size(); ++i) memory[i] = std::byte(i);
        PixelView image;
        image.origin = memory.data();
        image.bounds = {0, 0, 3, 1};
        image.components = 4;
        image.sample_bytes = static_cast<int>(bytes);
        image.row_bytes = static_cast<std::ptrdiff_t>(memory.size());
        std::vector<std::byte> samples;
        const PixelView mask = mask_of(image, image.bounds, samples);
        CHECK(mask.sample_bytes == image.sample_bytes && mask.depth == image.depth);
        for (size_t x = 0; x < 3; ++x)
            CHECK(std::memcmp(&samples[x * bytes], &memory[(4 * x + 3) * bytes], bytes) == 0);
    }
}
