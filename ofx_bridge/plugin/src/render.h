// One Render action: the window is announced, the engine's result written over the source's pixels.
#pragma once

#include <ofxpp/effect.h>

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mask_clip.h"
#include "params.h"
#include "pixels.h"
#include "resources.h"
#include "source_frames.h"
#include "window.h"

namespace reelmend::plugin {

struct Instance;

// What the host asks for.
struct RenderArguments {
    OfxTime time = 0;
    std::optional<OfxRectI> window;  // pixels; some hosts leave it out: everything
    RenderScale scale;
    ImageField field = ImageField::unsaid;

    static RenderArguments read(const ofxpp::PropertySet& in_args);
};

class FrameRender {
  public:
    FrameRender(const EffectDefinition& definition, const ofxpp::Effect& effect, Instance* instance,
                const RenderArguments& arguments)
        : definition_(definition), effect_(effect), instance_(instance), arguments_(arguments) {}

    // Throws when the frame can't be rendered. The output then holds the source's pixels, or 0 where there are none.
    void run();

    // The host asked to stop: the reason why run() threw.
    bool aborted() const { return aborted_; }

    // What the artist should know of a frame that was rendered all the same; empty: nothing.
    const std::string& note() const { return note_; }

    // What the engine did; of several pictures, all together.
    const std::string& model() const { return model_; }
    const transport::RenderTimings& engine_timings() const { return timings_; }

  private:
    // A frame of the window. What was only seen before can't be asked for again.
    struct WindowFrame {
        int64_t number = 0;
        SourceFrames::Known known;
        bool of_host = true;
    };
    // The mask beside frames of the window.
    struct Mask {
        int64_t number = 0;      // as the engine is told
        int64_t host_frame = 0;  // as the host is asked
        SourceFrames::Known known;
    };
    // A mask clip during this render.
    struct MaskTrack {
        MaskTrack(const MaskClip& mask, SequenceMemory* memory, RenderScale scale, Split split,
                  std::function<bool()> aborted, const OfxRectI& area)
            : name(mask.input.clip), source(mask.clip, memory, scale, split, std::move(aborted), area) {}
        const char* name;
        SourceFrames source;
        std::vector<Mask> masks;  // ascending; empty: there is no picture
    };
    class SourceUnlessWritten;

    void open_source();
    void write();
    void show_source();
    void mend();
    void mend_without_neighbours();
    void mend_from_seen();
    bool lacks_neighbours() const;
    void announce_window();
    void announce_held();
    transport::AuxiliaryClip announced_reference(size_t picture) const;
    transport::Digest supply_held(size_t picture, transport::Form form, transport::SampleType type, void* planes);
    void announce_masks();
    void announce_masks(MaskTrack& track);
    Mask mask_beside(MaskTrack& track, int64_t number, int64_t host_frame);
    transport::AuxiliaryClip announced_masks(const MaskTrack& track, size_t picture) const;
    static transport::Digest supply_mask(MaskTrack& track, size_t picture, size_t index, transport::Form form,
                                         transport::SampleType type, void* planes);
    bool announce(int64_t frame);
    void plan_ahead();
    void watch_clock();
    void render();
    transport::RenderJob job(size_t picture) const;
    transport::Digest supply(size_t picture, size_t index, transport::Form form, transport::SampleType type,
                             void* planes);
    transport::Digest supply_beside(size_t picture, size_t index, transport::Form form, transport::SampleType type,
                                    void* planes);
    bool carries_matte() const;
    void wait_usefully(size_t picture);
    void receive(size_t picture, const transport::RenderOutput& output);
    bool is_alpha(const transport::RenderOutput& output) const;
    void write_colours(size_t picture, const PixelView& source, const transport::RenderOutput& output);
    void write_composed(size_t picture, const PixelView& source, transport::RenderOutput output);
    void write_pictures(const PixelView* source);
    void write_without_result() noexcept;
    const PixelView& confirmed_centre();
    bool poll_abort();

    const EffectDefinition& definition_;
    const ofxpp::Effect& effect_;
    Instance* const instance_;
    const RenderArguments arguments_;
    Settings settings_;
    PixelView target_;
    OfxRectI area_{};  // of the output, that has to be written
    Split split_ = Split::whole;
    std::vector<PixelView> targets_;  // one for each picture of a frame
    std::vector<OfxRectI> areas_;
    std::optional<SourceFrames> source_;
    std::vector<MaskClip> mask_clips_;
    std::list<MaskTrack> mask_tracks_;  // of those with a picture
    SourceFrames::Known held_;          // the frame whose light is held; null: none is
    FrameWindow window_;
    std::vector<WindowFrame> frames_;  // the window as announced, ascending
    size_t centre_ = 0;                // its place in frames_
    std::vector<int64_t> ahead_;       // frames to fetch while the engine works
    bool copied_ = false;              // the last picture's source lies in the output, and its image is let go
    transport::SampleType sent_ = transport::SampleType::float32;  // the centre, to the engine
    bool received_ = false;                                        // part of a result lies in the output
    int64_t gone_ = 0;                                             // the last frame that was missing in the engine
    bool aborted_ = false;
    std::string note_;
    std::string model_;
    transport::RenderTimings timings_;
};

}  // namespace reelmend::plugin
