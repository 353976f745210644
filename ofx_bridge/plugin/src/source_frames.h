// An input clip during one render: frames fetched from the host, one image at a time, and named by their content.
#pragma once

#include <ofxpp/effect.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "pixels.h"
#include "sequence_memory.h"
#include "window.h"

namespace reelmend::plugin {

// The host gave other pixels for a frame than it gave before.
class FrameChanged : public ofxpp::Error {
  public:
    explicit FrameChanged(const std::string& image);
};

struct RenderScale {
    double x = 1;
    double y = 1;
};

// The pictures that a frame is dealt out to; a field of a frame without its lines has height 0.
std::vector<PixelView> pictures_of(const PixelView& frame, Split split);
std::vector<OfxRectI> areas_of(const OfxRectI& area, Split split);

// The clip's range in whole frames; nothing where the host doesn't say.
std::optional<FrameSpan> clip_span(const ofxpp::Clip& clip);

class SourceFrames {
  public:
    using Known = std::shared_ptr<const Announced>;

    // `memory` may be null: then nothing is remembered from one render to the next. With `mask_area` the clip is a
    // mask: its frames are one plane over these pixels of the source.
    SourceFrames(ofxpp::Clip clip, SequenceMemory* memory, RenderScale scale, Split split,
                 std::function<bool()> aborted, std::optional<OfxRectI> mask_area = std::nullopt);

    const ofxpp::Clip& clip() const { return clip_; }

    // The image of a frame, as it comes from the host. At most one is held: it stays until another one is fetched or
    // let_go(). Null: the clip has no image there. Throws ofxpp::Error when it can't be read.
    const PixelView* image(int64_t frame);
    // The same when it is held, else null. Asks the host for nothing.
    const PixelView* held(int64_t frame) const;
    void let_go() { held_.reset(); }

    // What is known of the frame, fetched when it has to be; null when the clip has no image there.
    Known announce(int64_t frame);
    // The same from the frame's pixels, whatever was known.
    Known announce_afresh(int64_t frame);
    // The same as announce() for a frame that will be needed soon. Whatever goes wrong shows then.
    void announce_ahead(int64_t frame);

    // Fetches the frame's image unless it is held. Throws FrameChanged when its pixels are not those announced.
    const PixelView& confirmed(int64_t frame, const Announced& announced);
    // Write one of the frame's pictures. Throw FrameChanged as well.
    transport::Digest pack(int64_t frame, const Announced& announced, size_t picture, transport::SampleType type,
                           void* planes);
    void make_proxy(int64_t frame, const Announced& announced, size_t picture, float* planes);

    // Holds nothing for true any more, so that the host is asked again.
    void forget();

  private:
    struct Held {
        int64_t frame;
        std::optional<ofxpp::Image> image;  // nothing: the pixels are a mask's own
        PixelView pixels;
        std::vector<std::byte> mask;
        std::vector<std::optional<transport::Digest>> digests;  // of its pictures, once they were read
    };
    FrameKey key(int64_t frame) const { return {frame, scale_.x, scale_.y, split_}; }
    SequenceMemory::Found recall(int64_t frame) const;
    std::string image_of(int64_t frame) const;
    void check(const PixelView& pixels, int64_t frame) const;
    Known describe(const PixelView& pixels, const Announced* hint);
    // The held frame's picture, sure to have the announced size.
    PixelView picture(int64_t frame, const Announced& announced, size_t index);
    void expect(int64_t frame, const Picture& announced, size_t index, const transport::Digest& digest);

    const ofxpp::Clip clip_;
    SequenceMemory* const memory_;
    const RenderScale scale_;
    const Split split_;
    const std::function<bool()> aborted_;
    const std::optional<OfxRectI> mask_area_;
    uint64_t generation_;
    std::map<int64_t, Known> seen_;  // in this render
    std::optional<Held> held_;
};

// "the source image of frame 5", for messages.
std::string source_image_of(int64_t frame);

// Why a render fails that needs this frame.
ofxpp::Error missing_frame(int64_t frame);

}  // namespace reelmend::plugin
