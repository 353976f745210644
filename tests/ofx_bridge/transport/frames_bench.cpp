// Prints milliseconds per 1080p RGBA frame (best of 20, one core) for each frame function.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "reelmend/transport/frame.h"

namespace {

template <typename Work>
double best_ms(Work work) {
    double best = 1e9;
    for (int i = 0; i < 20; ++i) {
        const auto start = std::chrono::steady_clock::now();
        work();
        const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
        best = std::min(best, took.count());
    }
    return best;
}

}  // namespace

int main() {
    using namespace reelmend::transport;
    constexpr uint32_t kWidth = 1920;
    constexpr uint32_t kHeight = 1080;
    std::vector<float> image(size_t{kWidth} * kHeight * 4);
    for (size_t i = 0; i < image.size(); ++i) image[i] = static_cast<float>((i * 2654435761u) % 65536u) / 65536.0f;
    const HostPixels pixels{image.data(), kWidth * 16, kWidth, kHeight, 4};
    std::vector<float> planes(pixels.format().samples());
    std::vector<float> proxy(proxy_format(pixels.format()).samples());
    unsigned sink = 0;
    const double pack_ms = best_ms([&] { pack(pixels, SampleType::float32, planes.data()); });
    const double digest_ms = best_ms([&] { sink += digest_of(pixels)[0]; });
    const double proxy_ms = best_ms([&] { make_proxy(pixels, proxy.data()); });
    const double both_ms = best_ms([&] { sink += digest_and_proxy(pixels, proxy.data())[0]; });
    std::printf("pack %.2f ms  digest %.2f ms  pack+digest %.2f ms  proxy %.2f ms  digest_and_proxy %.2f ms  (%u)\n",
                pack_ms, digest_ms, pack_ms + digest_ms, proxy_ms, both_ms, sink & 1u);
    return 0;
}
