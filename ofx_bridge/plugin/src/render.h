// One Render action: the source goes into the output first, then the engine's result over it.
#pragma once

#include <ofxpp/effect.h>

#include <memory>
#include <optional>
#include <vector>

#include "params.h"
#include "pixels.h"
#include "resources.h"
#include "source_frames.h"
#include "window.h"

namespace reelmend::plugin {

// What the host asks for.
struct RenderArguments {
    OfxTime time = 0;
    std::optional<OfxRectI> window;  // pixels; some hosts leave it out: everything
    RenderScale scale;

    static RenderArguments read(const ofxpp::PropertySet& in_args);
};

// The clip's range in whole frames; nothing where the host doesn't say.
std::optional<FrameSpan> clip_span(const ofxpp::Clip& clip);

class FrameRender {
  public:
    FrameRender(const EffectDefinition& definition, const ofxpp::Effect& effect, Instance* instance,
                const RenderArguments& arguments)
        : definition_(definition), effect_(effect), instance_(instance), arguments_(arguments) {}

    // Throws when the frame can't be rendered. The output then holds the source's pixels, or 0 where there are none.
    void run();

    // The host asked to stop: the reason why run() threw.
    bool aborted() const { return aborted_; }

  private:
    void render_into(const PixelView& target);
    void copy_source(const PixelView& target);
    void require_neighbours() const;
    void announce_window();
    bool announce(int64_t frame);
    void render(const PixelView& target);
    transport::RenderJob job() const;
    void supply(size_t index, transport::Form form, transport::SampleType type, void* planes) const;
    void receive(const transport::RenderOutput& output, const PixelView& target) const;
    bool poll_abort();

    const EffectDefinition& definition_;
    const ofxpp::Effect& effect_;
    Instance* const instance_;
    const RenderArguments arguments_;
    Settings settings_;
    std::optional<SourceFrames> source_;
    FrameWindow window_;
    OfxRectI area_{};  // of the output, that has to be written
    OfxRectI source_bounds_{};
    std::vector<std::pair<int64_t, SourceFrames::Known>> frames_;  // the window as announced, ascending
    bool aborted_ = false;
};

}  // namespace reelmend::plugin
