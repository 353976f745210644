// Results put into a host's image, with the source's own bits wherever the engine left them alone.
#include <algorithm>
#include <cstring>
#include <utility>

#include "default_rounding.h"
#include "planar.h"

namespace reelmend::transport {

namespace {

float unit_of(SampleDepth depth) {
    return depth == SampleDepth::byte8 ? 255.0f : depth == SampleDepth::short16 ? 65535.0f : 1.0f;
}

// Opaque, in this depth.
uint32_t one_in(SampleDepth depth) {
    switch (depth) {
        case SampleDepth::byte8:
            return 0xff;
        case SampleDepth::short16:
            return 0xffff;
        case SampleDepth::half16:
            return 0x3c00;
        case SampleDepth::float32:
            break;
    }
    return 0x3f800000;
}

// Copies pixels between orders and numbers of components.
template <typename Sample>
void lay_out(const void* from, uint32_t from_components, void* to, uint32_t to_components, bool exchange, Sample one,
             size_t width) {
    const auto* source = static_cast<const Sample*>(from);
    auto* target = static_cast<Sample*>(to);
    for (size_t x = 0; x < width; ++x, source += from_components, target += to_components) {
        target[0] = source[exchange ? 2 : 0];
        target[1] = source[1];
        target[2] = source[exchange ? 0 : 2];
        if (to_components == 4) target[3] = from_components == 4 ? source[3] : one;
    }
}

class RowWriter {
  public:
    RowWriter(const HostPixels& source, const HostTarget& target, SampleType sent, const RowKernels& kernels)
        : reader_(source, kernels),
          source_(source),
          target_(target),
          kernels_(kernels),
          rounds_(sent == SampleType::float16 && source.format().sample_type != SampleType::float16),
          relays_(source.components != target.components || source.swapped != target.swapped),
          keeps_(source.depth == target.depth && multiplies(source) == multiplies(target)),
          past_cache_(samples() * sizeof(float) * target.height >= kPastCacheBytes && target.top_row != source.top_row),
          values_(samples()),
          sent_(samples()),
          halves_(rounds_ ? samples() : 0),
          fresh_(samples()),
          kept_(samples()) {}

    ~RowWriter() { kernels_.fence(); }
    RowWriter(const RowWriter&) = delete;
    RowWriter& operator=(const RowWriter&) = delete;

    void write(const float* const planes[3], size_t row_samples, uint32_t y) {
        const float* ordered[3] = {planes[0], planes[1], planes[2]};
        if (target_.swapped) std::swap(ordered[0], ordered[2]);
        void* const row = static_cast<char*>(target_.top_row) + static_cast<ptrdiff_t>(y) * target_.row_stride_bytes;
        const bool plain_floats = target_.depth == SampleDepth::float32 && target_.components == 4 && keeps_ &&
                                  !relays_ && !rounds_ && !multiplies(target_);
        if (plain_floats) {
            Ahead ahead;
            if (y + 1 < target_.height) {
                ahead = {static_cast<ptrdiff_t>(row_samples * sizeof(float)), source_.row_stride_bytes};
            }
            kernels_.choose_rgba(ordered, static_cast<const float*>(reader_.raw(y)), target_.width, past_cache_, ahead,
                                 static_cast<float*>(row));
            return;
        }
        const float* const sent = sent_row(y);
        kernels_.put_together(ordered, sent, target_.components, target_.width, values_.data());
        encode(sent);
        choose(sent, y, row);
    }

  private:
    template <typename Pixels>
    static bool multiplies(const Pixels& pixels) {
        return pixels.premultiplied && pixels.components == 4;
    }
    size_t samples() const { return size_t{target_.width} * target_.components; }

    // What the engine was given, interleaved as the target is; the alpha too.
    const float* sent_row(uint32_t y) {
        const float* values = reader_.read_interleaved(y);
        // Alpha was divided by nothing, and is still in the source's unit.
        if (!relays_ && !rounds_ && !rescales_alpha()) return values;
        lay_out<float>(values, source_.components, sent_.data(), target_.components, source_.swapped != target_.swapped,
                       rescales_alpha() ? unit_of(source_.depth) : 1.0f, target_.width);
        if (rescales_alpha() && target_.components == 4) {
            for (size_t i = 3; i < sent_.size(); i += 4) sent_[i] /= unit_of(source_.depth);
        }
        if (rounds_) {
            for (size_t i = 0; i < sent_.size(); i += target_.components) round_colour(&sent_[i]);
        }
        return sent_.data();
    }
    bool rescales_alpha() const { return multiplies(source_) && unit_of(source_.depth) != 1.0f; }
    void round_colour(float* pixel) {
        kernels_.halves_of_floats(pixel, 3, halves_.data());
        kernels_.floats_of_halves(halves_.data(), 3, pixel);
    }

    // values_ in the target's own samples, into fresh_.
    void encode(const float* sent) {
        const size_t count = samples();
        const float unit = unit_of(target_.depth);
        scaled_ = values_;
        if (unit != 1.0f) kernels_.scale(scaled_.data(), count, unit);
        if (multiplies(target_)) kernels_.multiply_with_alpha(scaled_.data(), sent, target_.width, 1.0f);
        switch (target_.depth) {
            case SampleDepth::byte8:
                kernels_.bytes_of_floats(scaled_.data(), count, reinterpret_cast<uint8_t*>(fresh_.data()));
                break;
            case SampleDepth::short16:
                kernels_.shorts_of_floats(scaled_.data(), count, reinterpret_cast<uint16_t*>(fresh_.data()));
                break;
            case SampleDepth::half16:
                kernels_.halves_of_floats(scaled_.data(), count, reinterpret_cast<uint16_t*>(fresh_.data()));
                break;
            case SampleDepth::float32:
                std::memcpy(fresh_.data(), scaled_.data(), count * sizeof(float));
                break;
        }
    }

    void choose(const float* sent, uint32_t y, void* row) {
        const size_t count = samples();
        const void* kept = keeps_ ? source_row(y) : fresh_.data();
        switch (target_.depth) {
            case SampleDepth::byte8:
                kernels_.choose_bytes(values_.data(), sent, reinterpret_cast<const uint8_t*>(fresh_.data()),
                                      static_cast<const uint8_t*>(kept), count, static_cast<uint8_t*>(row));
                break;
            case SampleDepth::short16:
            case SampleDepth::half16:
                kernels_.choose_shorts(values_.data(), sent, reinterpret_cast<const uint16_t*>(fresh_.data()),
                                       static_cast<const uint16_t*>(kept), count, static_cast<uint16_t*>(row));
                break;
            case SampleDepth::float32:
                kernels_.choose_floats(values_.data(), sent, fresh_.data(), static_cast<const float*>(kept), count,
                                       static_cast<float*>(row));
                break;
        }
    }

    const void* source_row(uint32_t y) {
        if (!relays_) return reader_.raw(y);
        const bool exchange = source_.swapped != target_.swapped;
        const uint32_t one = one_in(source_.depth);
        switch (bytes_of(source_.depth)) {
            case 1:
                lay_out<uint8_t>(reader_.raw(y), source_.components, kept_.data(), target_.components, exchange,
                                 static_cast<uint8_t>(one), target_.width);
                break;
            case 2:
                lay_out<uint16_t>(reader_.raw(y), source_.components, kept_.data(), target_.components, exchange,
                                  static_cast<uint16_t>(one), target_.width);
                break;
            default:
                lay_out<uint32_t>(reader_.raw(y), source_.components, kept_.data(), target_.components, exchange, one,
                                  target_.width);
        }
        return kept_.data();
    }

    RowReader reader_;
    const HostPixels source_;
    const HostTarget target_;
    const RowKernels& kernels_;
    const bool rounds_;  // floats crossed as halves
    const bool relays_;  // the target has another order or number of components
    const bool keeps_;   // the source's bits mean the same in the target
    const bool past_cache_;
    std::vector<float> values_;
    std::vector<float> sent_;
    std::vector<uint16_t> halves_;
    std::vector<float> fresh_;
    std::vector<float> kept_;
    std::vector<float> scaled_;
};

}  // namespace

void unpack(const PlanarPixels& planes, const HostPixels& source, const HostTarget& target, SampleType sent) {
    const DefaultRounding rounding;
    RowWriter writer(source, target, sent, row_kernels());
    const size_t step = planes.channels == 1 ? 0 : planes.plane_samples;
    for (uint32_t y = 0; y < target.height; ++y) {
        const float* const red = planes.samples + y * planes.row_samples;
        const float* const row[3] = {red, red + step, red + 2 * step};
        writer.write(row, planes.row_samples, y);
    }
}

void unpack(const float* planes, uint32_t channels, const HostPixels& source, const HostTarget& target,
            SampleType sent) {
    unpack({planes, channels, target.width, size_t{target.width} * target.height}, source, target, sent);
}

}  // namespace reelmend::transport
