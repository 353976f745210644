// The source clip during one render: each frame fetched from the host, named by its content, and let go at once.
#pragma once

#include <ofxpp/effect.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "instance.h"
#include "pixels.h"
#include "sequence_memory.h"

namespace reelmend::plugin {

// The host gave other pixels for a frame than it gave before.
class FrameChanged : public ofxpp::Error {
  public:
    explicit FrameChanged(int64_t frame);
};

struct RenderScale {
    double x = 1;
    double y = 1;
};

class SourceFrames {
  public:
    using Known = std::shared_ptr<const Announced>;

    // `instance` may be null: then nothing is remembered from one render to the next.
    SourceFrames(ofxpp::Clip clip, Instance* instance, RenderScale scale);

    const ofxpp::Clip& clip() const { return clip_; }

    // Hands the pixels of a frame to `use`, without having checked that they can be rendered. False: the clip has no
    // image there. Throws ofxpp::Error.
    bool with_pixels(int64_t frame, const std::function<void(const PixelView&)>& use) const;

    // What is known of the frame, fetched when it has to be; null when the clip has no image there.
    Known announce(int64_t frame);
    // The same from pixels that are at hand.
    Known learn(int64_t frame, const PixelView& pixels);

    // Forgets everything when these pixels are not those that are remembered for the frame.
    void confirm(int64_t frame, const PixelView& pixels);

    // Writes all pixels of a frame that was announced, planar. Throws FrameChanged when they are others now.
    void pack(int64_t frame, const Announced& announced, transport::SampleType type, void* planes) const;

    // Forgets everything, so that the host is asked again.
    void forget();

  private:
    FrameKey key(int64_t frame) const { return {frame, scale_.x, scale_.y}; }
    Known recall(int64_t frame) const;

    const ofxpp::Clip clip_;
    Instance* const instance_;
    const RenderScale scale_;
    uint64_t generation_;
    std::map<int64_t, Known> seen_;  // in this render
};

// "the source image of frame 5", for messages.
std::string source_image_of(int64_t frame);

// Why a render fails that needs this frame.
ofxpp::Error missing_frame(int64_t frame);

}  // namespace reelmend::plugin
