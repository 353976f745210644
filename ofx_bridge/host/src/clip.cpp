#include "clip.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "instance.h"

namespace ofxhost {

namespace {

std::atomic<uint64_t> next_identifier{1};

// A frame holds from its number up to the next; the slack absorbs rounding in a host's time arithmetic.
int64_t frameAt(double time) {
    return static_cast<int64_t>(std::floor(time + 1e-6));
}

}  // namespace

ClipDescriptor::ClipDescriptor(const std::string& clip_name) : name(clip_name) {
    props.defineText(kOfxPropType, {kOfxTypeClip});
    props.defineText(kOfxPropName, {name});
    props.defineText(kOfxPropLabel, {name});
    props.defineText(kOfxPropShortLabel, {name});
    props.defineText(kOfxPropLongLabel, {name});
    props.defineTextN(kOfxImageEffectPropSupportedComponents);
    props.defineInt(kOfxImageEffectPropTemporalClipAccess);
    props.defineInt(kOfxImageClipPropOptional);
    props.defineInt(kOfxImageClipPropIsMask);
    props.defineText(kOfxImageClipPropFieldExtraction, {kOfxImageFieldDoubled});
    props.defineInt(kOfxImageEffectPropSupportsTiles, {1});
}

Clip::Clip(EffectInstance& owner, const ClipDescriptor& descriptor)
    : props(descriptor.props), instance_(owner), name_(descriptor.name) {
    const Project& project = owner.project();
    const bool output = isOutput();
    const std::string components = owner.preferredComponents(descriptor);
    props.defineText(kOfxImageEffectPropPixelDepth, {output ? kOfxBitDepthFloat : kOfxBitDepthNone});
    props.defineText(kOfxImageEffectPropComponents, {output ? components : kOfxImageComponentNone});
    props.defineText(kOfxImageClipPropUnmappedPixelDepth, {output ? kOfxBitDepthFloat : kOfxBitDepthNone});
    props.defineText(kOfxImageClipPropUnmappedComponents, {output ? components : kOfxImageComponentNone});
    props.defineText(kOfxImageEffectPropPreMultiplication,
                     {components == kOfxImageComponentRGBA ? kOfxImagePreMultiplied : kOfxImageOpaque});
    props.defineDouble(kOfxImagePropPixelAspectRatio, {project.pixel_aspect});
    props.defineDouble(kOfxImageEffectPropFrameRate, {project.frame_rate});
    props.defineDouble(kOfxImageEffectPropUnmappedFrameRate, {project.frame_rate});
    props.defineDouble(kOfxImageEffectPropFrameRange, {project.first_frame, project.last_frame});
    props.defineDouble(kOfxImageEffectPropUnmappedFrameRange, {project.first_frame, project.last_frame});
    props.defineText(kOfxImageClipPropFieldOrder, {kOfxImageFieldNone});
    props.defineInt(kOfxImageClipPropConnected, {output ? 1 : 0});
    props.defineInt(kOfxImageClipPropContinuousSamples);
}

void Clip::connect(FrameSource source, int width, int height, int channels, double first, double last,
                   const std::string& premult) {
    {
        std::lock_guard lock(mutex_);
        source_ = std::move(source);
        width_ = width;
        height_ = height;
    }
    dropCache();
    const std::string components = componentsOf(channels);
    props.setInt(kOfxImageClipPropConnected, 1);
    props.setText(kOfxImageEffectPropPixelDepth, kOfxBitDepthFloat);
    props.setText(kOfxImageClipPropUnmappedPixelDepth, kOfxBitDepthFloat);
    props.setText(kOfxImageClipPropUnmappedComponents, components);
    props.setText(kOfxImageEffectPropComponents, instance_.supportedComponents(*this, components));
    props.setText(kOfxImageEffectPropPreMultiplication, premult);
    props.setAll<DoubleValues>(kOfxImageEffectPropFrameRange, {first, last});
    props.setAll<DoubleValues>(kOfxImageEffectPropUnmappedFrameRange, {first, last});
}

void Clip::disconnect() {
    {
        std::lock_guard lock(mutex_);
        source_ = nullptr;
    }
    dropCache();
    props.setInt(kOfxImageClipPropConnected, 0);
    props.setText(kOfxImageEffectPropComponents, kOfxImageComponentNone);
    props.setText(kOfxImageClipPropUnmappedComponents, kOfxImageComponentNone);
}

void Clip::dropCache() {
    std::lock_guard lock(mutex_);
    cache_.clear();
    cached_bytes_ = 0;
    ++generation_;
}

void Clip::setComponents(const std::string& components) {
    if (props.getText(kOfxImageEffectPropComponents) == components) return;
    props.setText(kOfxImageEffectPropComponents, components);
    dropCache();
}

OfxRectD Clip::regionOfDefinition() const {
    if (isOutput()) return instance_.projectRegion();
    return {0.0, 0.0, width_ * instance_.project().pixel_aspect, static_cast<double>(height_)};
}

Clip::Pixels Clip::pixelsAt(double time) {
    const DoubleValues range = props.getAll<DoubleValues>(kOfxImageEffectPropFrameRange);
    if (!std::isfinite(time)) return nullptr;
    const int64_t frame = frameAt(time);
    if (frame < range[0] || frame > range[1]) return nullptr;

    std::promise<Pixels> promise;
    std::unique_lock lock(mutex_);
    if (!source_) return nullptr;
    const auto cached =
        std::find_if(cache_.begin(), cache_.end(), [&](const auto& entry) { return entry.first == frame; });
    if (cached != cache_.end()) {
        cache_.splice(cache_.begin(), cache_, cached);
        return cache_.front().second;
    }
    if (const auto running = in_flight_.find({generation_, frame}); running != in_flight_.end()) {
        const auto shared = running->second;
        lock.unlock();
        return shared.get();
    }
    const uint64_t generation = generation_;
    in_flight_[{generation, frame}] = promise.get_future().share();
    lock.unlock();

    Pixels pixels;
    std::exception_ptr failure;
    try {
        pixels = convert(frame);
    } catch (...) {
        failure = std::current_exception();
    }
    lock.lock();
    in_flight_.erase({generation, frame});
    if (pixels && generation == generation_) remember(frame, pixels);
    lock.unlock();
    if (failure) {
        promise.set_exception(failure);
        std::rethrow_exception(failure);
    }
    promise.set_value(pixels);
    return pixels;
}

Clip::Pixels Clip::convert(int64_t frame) {
    FrameSource source;
    {
        std::lock_guard lock(mutex_);
        source = source_;
    }
    const std::optional<SourceFrame> picture = source(frame);
    if (!picture) return nullptr;
    const int channels = channelsOf(props.getText(kOfxImageEffectPropComponents));
    auto pixels =
        std::make_shared<PixelBuffer>(OfxRectI{0, 0, picture->width, picture->height}, channels, instance_.layout());
    pixels->fillFrom(picture->pixels, picture->channels);
    pixels->identifier = instance_.imageIdentifier(next_identifier.fetch_add(1));
    return pixels;
}

void Clip::remember(int64_t frame, const Pixels& pixels) {
    cache_.emplace_front(frame, pixels);
    cached_bytes_ += pixels->bytes();
    while (cached_bytes_ > instance_.cacheBudgetBytes() && !cache_.empty()) {
        cached_bytes_ -= cache_.back().second->bytes();
        cache_.pop_back();
    }
}

}  // namespace ofxhost
