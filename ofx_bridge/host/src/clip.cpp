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
    props.setKind("clip descriptor");
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
    props.setKind("clip", Access::ReadOnly);
    const Project& project = owner.project();
    const bool output = isOutput();
    const std::string components = owner.preferredComponents(descriptor);
    const char* depth = output ? depthName(owner.supportedDepth(project.depth)) : kOfxBitDepthNone;
    props.defineText(kOfxImageEffectPropPixelDepth, {depth});
    props.defineText(kOfxImageEffectPropComponents, {output ? components : kOfxImageComponentNone});
    props.defineText(kOfxImageClipPropUnmappedPixelDepth, {depth});
    props.defineText(kOfxImageClipPropUnmappedComponents, {output ? components : kOfxImageComponentNone});
    props.defineText(kOfxImageEffectPropPreMultiplication,
                     {components == kOfxImageComponentRGBA ? kOfxImagePreMultiplied : kOfxImageOpaque});
    props.defineDouble(kOfxImagePropPixelAspectRatio, {project.pixel_aspect});
    props.defineDouble(kOfxImageEffectPropFrameRate, {project.frame_rate});
    props.defineDouble(kOfxImageEffectPropUnmappedFrameRate, {project.frame_rate});
    props.defineDouble(kOfxImageEffectPropFrameRange, {project.first_frame, project.last_frame});
    props.defineDouble(kOfxImageEffectPropUnmappedFrameRange, {project.first_frame, project.last_frame});
    const bool both = owner.temper().says_both_fields && project.field_order == Field::None;
    props.defineText(kOfxImageClipPropFieldOrder, {fieldName(both ? Field::Both : project.field_order)});
    props.defineInt(kOfxImageClipPropConnected, {output || readsConnected() ? 1 : 0});
    props.defineInt(kOfxImageClipPropContinuousSamples);
    // VEGAS's own extension of the standard.
    if (owner.options().swap_red_blue) props.defineText("OfxImageEffectPropPixelOrder", {"OfxImagePixelOrderBGRA"});
}

bool Clip::readsConnected() const {
    return instance_.temper().masks_read_connected && props.getInt(kOfxImageClipPropIsMask) != 0;
}

Extraction Clip::extraction() const {
    return extractionOf(props.getText(kOfxImageClipPropFieldExtraction));
}

void Clip::connect(Connection connection) {
    const std::string components = componentsOf(connection.format.channels);
    const char* depth = depthName(connection.format.depth);
    const DoubleValues range{connection.first, connection.last};
    props.setInt(kOfxImageClipPropConnected, 1);
    props.setText(kOfxImageClipPropUnmappedPixelDepth, depth);
    props.setText(kOfxImageClipPropUnmappedComponents, components);
    props.setText(kOfxImageEffectPropPixelDepth, depthName(instance_.supportedDepth(connection.format.depth)));
    props.setText(kOfxImageEffectPropComponents, instance_.supportedComponents(*this, components));
    props.setText(kOfxImageEffectPropPreMultiplication,
                  instance_.temper().says_unpremultiplied ? kOfxImageUnPreMultiplied : connection.premultiplication);
    props.setAll<DoubleValues>(kOfxImageEffectPropFrameRange, range);
    props.setAll<DoubleValues>(kOfxImageEffectPropUnmappedFrameRange, range);
    {
        std::lock_guard lock(mutex_);
        connection_ = std::move(connection);
    }
    dropCache();
}

Connection Clip::connection() const {
    std::lock_guard lock(mutex_);
    return connection_;
}

void Clip::disconnect() {
    {
        std::lock_guard lock(mutex_);
        connection_ = {};
    }
    dropCache();
    props.setInt(kOfxImageClipPropConnected, readsConnected() ? 1 : 0);
    props.setText(kOfxImageEffectPropComponents, kOfxImageComponentNone);
    props.setText(kOfxImageEffectPropPixelDepth, kOfxBitDepthNone);
    props.setText(kOfxImageClipPropUnmappedComponents, kOfxImageComponentNone);
    props.setText(kOfxImageClipPropUnmappedPixelDepth, kOfxBitDepthNone);
}

void Clip::dropCache() {
    std::lock_guard lock(mutex_);
    cache_.clear();
    recent_.clear();
    cached_bytes_ = 0;
    ++generation_;
}

PixelFormat Clip::format() const {
    return {channelsOf(props.getText(kOfxImageEffectPropComponents)),
            depthOf(props.getText(kOfxImageEffectPropPixelDepth))};
}

void Clip::setFormat(const PixelFormat& wanted) {
    if (format() == wanted) return;
    props.setText(kOfxImageEffectPropComponents, componentsOf(wanted.channels));
    props.setText(kOfxImageEffectPropPixelDepth, depthName(wanted.depth));
    dropCache();
}

OfxRectI Clip::fullBounds() const {
    std::lock_guard lock(mutex_);
    return {connection_.x, connection_.y, connection_.x + connection_.width, connection_.y + connection_.height};
}

OfxRectD Clip::regionOfDefinition() const {
    if (isOutput()) return instance_.projectRegion();
    const double aspect = instance_.project().pixel_aspect;
    const OfxRectI full = fullBounds();
    return {full.x1 * aspect, static_cast<double>(full.y1), full.x2 * aspect, static_cast<double>(full.y2)};
}

View Clip::viewAt(double time, View view) const {
    const Field order = instance_.project().field_order;
    if (order == Field::None) {
        view.field = Field::None;
    } else if (view.field == Field::None || extraction() == Extraction::Whole) {
        view.field = Field::Both;
    } else if (view.field != Field::Both) {
        // The first field of a frame is there at its whole number, the second half a frame later.
        const bool second = time + 1e-6 - std::floor(time + 1e-6) >= 0.5 - 1e-6;
        const Field other = order == Field::Lower ? Field::Upper : Field::Lower;
        view.field = second ? other : order;
    }
    return view;
}

Clip::Pixels Clip::pixelsAt(double time, const View& wanted) {
    const DoubleValues range = props.getAll<DoubleValues>(kOfxImageEffectPropFrameRange);
    if (!std::isfinite(time)) return nullptr;
    const int64_t frame = frameAt(time);
    if (frame < range[0] || frame > range[1]) return nullptr;
    const Key key{frame, viewAt(time, wanted)};

    std::unique_lock lock(mutex_);
    if (!connection_.source) return nullptr;
    if (const auto cached = cache_.find(key); cached != cache_.end()) {
        recent_.splice(recent_.begin(), recent_, cached->second.place);
        return cached->second.pixels;
    }
    if (const auto running = in_flight_.find({generation_, key}); running != in_flight_.end()) {
        const auto shared = running->second;
        lock.unlock();
        return shared.get();
    }
    std::promise<Pixels> promise;
    const uint64_t generation = generation_;
    in_flight_[{generation, key}] = promise.get_future().share();
    lock.unlock();

    Pixels pixels;
    std::exception_ptr failure;
    try {
        pixels = convert(frame, key.second);
    } catch (...) {
        failure = std::current_exception();
    }
    lock.lock();
    in_flight_.erase({generation, key});
    if (pixels && generation == generation_) remember(key, pixels);
    lock.unlock();
    if (failure) {
        promise.set_exception(failure);
        std::rethrow_exception(failure);
    }
    promise.set_value(pixels);
    return pixels;
}

Clip::Pixels Clip::convert(int64_t frame, const View& view) {
    FrameSource source;
    {
        std::lock_guard lock(mutex_);
        source = connection_.source;
    }
    const std::optional<PictureView> picture = source(frame);
    if (!picture) return nullptr;
    const InstanceOptions& options = instance_.options();
    const OfxRectI full = fullBounds();
    const Extraction taken = extraction();
    const RowConversion conversion{picture->format, format(), options.swap_red_blue, options.linear_light};
    const bool whole = view.field == Field::None || view.field == Field::Both;
    Pixels pixels;
    if (options.zero_copy && conversion.copiesBits() && view.fullSize() && whole) {
        pixels = std::make_shared<PixelBuffer>(full, *picture);
    } else {
        pixels = std::make_shared<PixelBuffer>(scaledBounds(full, view, taken), conversion.to, options.layout);
        fillFrom(*pixels, *picture, full, view, taken, conversion);
    }
    pixels->field = view.field;
    pixels->identifier = instance_.imageIdentifier(next_identifier.fetch_add(1));
    return pixels;
}

void Clip::remember(const Key& key, const Pixels& pixels) {
    recent_.push_front(key);
    cache_[key] = {pixels, recent_.begin()};
    cached_bytes_ += pixels->bytes();
    while (cached_bytes_ > instance_.options().cache_bytes && !recent_.empty()) {
        const auto oldest = cache_.find(recent_.back());
        cached_bytes_ -= oldest->second.pixels->bytes();
        cache_.erase(oldest);
        recent_.pop_back();
    }
}

}  // namespace ofxhost
