#include "geometry.h"

#include <algorithm>
#include <vector>

#include "fields.h"
#include "instance.h"
#include "mask_clip.h"
#include "params.h"
#include "source_frames.h"
#include "window.h"

namespace reelmend::plugin {

namespace {

ofxpp::Clip source_of(const ofxpp::Effect& effect) {
    return effect.clip(kOfxImageEffectSimpleSourceClipName);
}

void answer(const OfxRectD& region, const ofxpp::PropertySet& out_args, const char* property) {
    const double edges[] = {region.x1, region.y1, region.x2, region.y2};
    for (int i = 0; i < 4; ++i) out_args.set(property, edges[i], i);
}

// The masks of the frames that are read, and those that are held before the clip's first and after its last frame.
void name_mask_frames(const MaskClip& mask, const FrameSpan& reads, const ofxpp::PropertySet& out_args) {
    std::vector<FrameSpan> ranges{reads};
    if (const auto span = clip_span(mask.clip); span)
        for (const int64_t edge : {reads.first, reads.last})
            if (const int64_t held = std::clamp(edge, span->first, span->last); held != edge)
                ranges.push_back({held, held});
    int index = 0;
    for (const FrameSpan& range : ranges)
        for (const int64_t frame : {range.first, range.last})
            out_args.offer(mask.input.frames_needed, static_cast<double>(frame), index++);
}

// Whether a held frame is to be named besides those that are read: one that the clip lacks fails where it is rendered.
bool is_beyond(const FrameSpan& reads, int64_t held_frame, const std::optional<FrameSpan>& clip) {
    return !reads.contains(held_frame) && (!clip || clip->contains(held_frame));
}

}  // namespace

OfxStatus get_clip_preferences(const EffectDefinition& definition, const ofxpp::Effect& effect,
                               const ofxpp::PropertySet& out_args) {
    const auto source = source_of(effect).properties();
    const auto alpha = source.find_string(kOfxImageEffectPropPreMultiplication).value_or("");
    if (puts_out_matte(definition, effect.params())) {
        // No host may take the matte for what the colours were multiplied with.
        out_args.offer(kOfxImageEffectPropPreMultiplication, kOfxImageUnPreMultiplied);
        if (source.find_string(kOfxImageEffectPropComponents).value_or("") == kOfxImageComponentRGB)
            out_args.offer("OfxImageClipPropComponents_Output", kOfxImageComponentRGBA);
    } else {
        // Own constants, not the host's text: some hosts keep the pointer.
        for (const char* known : {kOfxImagePreMultiplied, kOfxImageUnPreMultiplied, kOfxImageOpaque})
            if (alpha == known) out_args.offer(kOfxImageEffectPropPreMultiplication, known);
    }
    out_args.offer(kOfxImageClipPropContinuousSamples, 0);
    out_args.offer(kOfxImageEffectFrameVarying, 0);
    return kOfxStatOK;
}

OfxStatus get_frames_needed(const EffectDefinition& definition, const ofxpp::Effect& effect,
                            const ofxpp::PropertySet& in_args, const ofxpp::PropertySet& out_args) {
    const OfxTime time = time_asked(in_args);
    const Settings settings = read_settings(definition, effect.params(), time);
    const ofxpp::Clip source = source_of(effect);
    const bool fielded = is_fielded(settings.field_order, source).value_or(false);
    const int radius_frames = settings.identity ? 0 : settings.radius_frames;
    const FrameWindow window = window_at(frame_time(time, fielded), radius_frames, clip_span(source));
    FrameSpan reads = window.frames;
    if (Instance* instance = instance_of(effect); instance != nullptr && radius_frames > 0) {
        // The render will read these as well, while the engine works.
        const auto next = instance->playback.next_after(window.centre);
        instance->playback.tell(window.centre, next);
        for (const int64_t frame : next ? frames_ahead(window, *next, radius_frames) : std::vector<int64_t>{})
            reads = {std::min(reads.first, frame), std::max(reads.last, frame)};
    }
    constexpr const char* kProperty = "OfxImageClipPropFrameRange_Source";
    out_args.set(kProperty, static_cast<double>(reads.first), 0);
    out_args.set(kProperty, static_cast<double>(reads.last), 1);
    if (!settings.identity && settings.held_frame && is_beyond(reads, *settings.held_frame, window.clip))
        for (const int index : {2, 3}) out_args.offer(kProperty, static_cast<double>(*settings.held_frame), index);
    if (!settings.identity)
        for (const auto& mask : find_masks(definition, effect, settings.reads)) name_mask_frames(mask, reads, out_args);
    return kOfxStatOK;
}

OfxStatus get_region_of_definition(const ofxpp::Effect& effect, const ofxpp::PropertySet& in_args,
                                   const ofxpp::PropertySet& out_args) {
    const auto region = source_of(effect).region_of_definition(time_asked(in_args));
    if (!region) return kOfxStatReplyDefault;
    answer(*region, out_args, kOfxImageEffectPropRegionOfDefinition);
    return kOfxStatOK;
}

OfxStatus get_regions_of_interest(const EffectDefinition& definition, const ofxpp::Effect& effect,
                                  const ofxpp::PropertySet& in_args, const ofxpp::PropertySet& out_args) {
    // Whole frames, whatever part is wanted: a frame's name and its statistics are those of all its pixels.
    const auto region = source_of(effect).region_of_definition(time_asked(in_args));
    if (!region) return kOfxStatReplyDefault;
    answer(*region, out_args, "OfxImageClipPropRoI_Source");
    for (const auto& mask : find_masks(definition, effect, definition.masks))
        answer(*region, out_args, mask.input.region_of_interest);
    return kOfxStatOK;
}

OfxStatus is_identity(const EffectDefinition& definition, const ofxpp::Effect& effect,
                      const ofxpp::PropertySet& in_args, const ofxpp::PropertySet& out_args) {
    const OfxTime time = time_asked(in_args);
    if (!read_settings(definition, effect.params(), time).identity) return kOfxStatReplyDefault;
    out_args.set(kOfxPropName, kOfxImageEffectSimpleSourceClipName);
    out_args.offer(kOfxPropTime, time);
    return kOfxStatOK;
}

}  // namespace reelmend::plugin
