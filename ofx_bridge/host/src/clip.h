// A named input or output of an effect instance.
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <mutex>
#include <optional>

#include "image.h"

namespace ofxhost {

// What DescribeInContext says about a clip.
struct ClipDescriptor {
    explicit ClipDescriptor(const std::string& clip_name);
    std::string name;
    PropertySet props;
};

// A picture from the embedding program: float, top row first, contiguous; `owner` keeps it alive.
struct SourceFrame {
    int width;
    int height;
    int channels;
    const float* pixels;
    std::shared_ptr<void> owner;
};

// Answers nothing when there is no picture at that frame number. Called without locks held, from any thread.
using FrameSource = std::function<std::optional<SourceFrame>(int64_t frame)>;

class Clip : public Registered<Clip> {
  public:
    Clip(EffectInstance& owner, const ClipDescriptor& descriptor);

    OfxImageClipHandle ofx() { return static_cast<OfxImageClipHandle>(handle()); }
    const std::string& name() const { return name_; }
    EffectInstance& instance() const { return instance_; }
    bool isOutput() const { return name_ == kOfxImageEffectOutputClipName; }
    bool connected() const { return isOutput() || static_cast<bool>(source_); }

    void connect(FrameSource source, int width, int height, int channels, double first, double last,
                 const std::string& premult);
    void disconnect();
    void dropCache();
    void setComponents(const std::string& components);

    // The picture shown at `time`, or null when there is none.
    std::shared_ptr<PixelBuffer> pixelsAt(double time);
    // Canonical coordinates; empty while not connected.
    OfxRectD regionOfDefinition() const;
    bool temporal() const { return props.getInt(kOfxImageEffectPropTemporalClipAccess) != 0; }

    PropertySet props;

  private:
    using Pixels = std::shared_ptr<PixelBuffer>;

    Pixels convert(int64_t frame);
    void remember(int64_t frame, const Pixels& pixels);

    EffectInstance& instance_;
    std::string name_;
    FrameSource source_;
    int width_ = 0;
    int height_ = 0;

    std::mutex mutex_;
    std::list<std::pair<int64_t, Pixels>> cache_;                                   // most recently used first
    std::map<std::pair<uint64_t, int64_t>, std::shared_future<Pixels>> in_flight_;  // by generation and frame
    size_t cached_bytes_ = 0;
    uint64_t generation_ = 0;
};

}  // namespace ofxhost
