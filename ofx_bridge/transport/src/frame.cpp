#include "reelmend/transport/frame.h"

#include <cstring>

#include "planar.h"
#include "vectorise.h"

namespace reelmend::transport {

namespace {

template <typename Take>
void for_each_row(const HostPixels& pixels, Take take) {
    const char* row = reinterpret_cast<const char*>(pixels.top_row);
    for (uint32_t y = 0; y < pixels.height; ++y, row += pixels.row_stride_bytes) {
        take(reinterpret_cast<const float*>(row), y);
    }
}

// Calls `take(PlanarRow)` for each row, top first; the row is valid during the call.
template <typename Take>
void for_each_planar_row(const HostPixels& pixels, Take take) {
    const size_t width = pixels.width;
    std::vector<float> planar(width * 3);
    float* const red = planar.data();
    float* const green = red + width;
    float* const blue = green + width;
    for_each_row(pixels, [&](const float* row, uint32_t) {
        deinterleave(row, pixels.components, width, red, green, blue);
        take(PlanarRow{red, green, blue});
    });
}

REELMEND_VECTORISE void deinterleave_rgba(const float* pixels, size_t width, float* red, float* green, float* blue) {
    for (size_t x = 0; x < width; ++x) {
        red[x] = pixels[4 * x];
        green[x] = pixels[4 * x + 1];
        blue[x] = pixels[4 * x + 2];
    }
}

REELMEND_VECTORISE void deinterleave_rgb(const float* pixels, size_t width, float* red, float* green, float* blue) {
    for (size_t x = 0; x < width; ++x) {
        red[x] = pixels[3 * x];
        green[x] = pixels[3 * x + 1];
        blue[x] = pixels[3 * x + 2];
    }
}

}  // namespace

void deinterleave(const float* pixels, uint32_t components, size_t width, float* red, float* green, float* blue) {
    if (components == 4) {
        deinterleave_rgba(pixels, width, red, green, blue);
    } else {
        deinterleave_rgb(pixels, width, red, green, blue);
    }
}

Digest digest_of(const HostPixels& pixels) {
    FrameDigest digest(pixels.format());
    for_each_planar_row(pixels, [&](const PlanarRow& row) { digest.add(row); });
    return digest.finish();
}

void make_proxy(const HostPixels& pixels, float* planes) {
    ProxyBuilder proxy(pixels.format(), planes);
    for_each_planar_row(pixels, [&](const PlanarRow& row) { proxy.add(row); });
    proxy.finish();
}

Digest digest_and_proxy(const HostPixels& pixels, float* proxy_planes) {
    FrameDigest digest(pixels.format());
    ProxyBuilder proxy(pixels.format(), proxy_planes);
    for_each_planar_row(pixels, [&](const PlanarRow& row) {
        digest.add(row);
        proxy.add(row);
    });
    proxy.finish();
    return digest.finish();
}

void pack(const HostPixels& pixels, float* planes) {
    const size_t plane = pixels.format().plane_samples();
    for_each_row(pixels, [&](const float* row, uint32_t y) {
        float* const red = planes + size_t{y} * pixels.width;
        deinterleave(row, pixels.components, pixels.width, red, red + plane, red + 2 * plane);
    });
}

}  // namespace reelmend::transport
