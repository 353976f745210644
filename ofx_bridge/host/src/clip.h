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

// Answers nothing when there is no picture at that frame number. Called without locks held, from any thread.
using FrameSource = std::function<std::optional<PictureView>(int64_t frame)>;

// What the embedding program connects to a clip.
struct Connection {
    FrameSource source;
    int width = 0;
    int height = 0;
    PixelFormat format;
    int x = 0;  // of the bottom-left pixel
    int y = 0;
    double first = 0.0;
    double last = 0.0;
    std::string premultiplication;
};

class Clip : public Registered<Clip> {
  public:
    Clip(EffectInstance& owner, const ClipDescriptor& descriptor);

    OfxImageClipHandle ofx() { return static_cast<OfxImageClipHandle>(handle()); }
    const std::string& name() const { return name_; }
    EffectInstance& instance() const { return instance_; }
    bool isOutput() const { return name_ == kOfxImageEffectOutputClipName; }
    bool connected() const { return isOutput() || static_cast<bool>(connection_.source); }
    Extraction extraction() const;

    void connect(Connection connection);
    Connection connection() const;
    void disconnect();
    void dropCache();
    // What the plug-in is given, after GetClipPreferences.
    void setFormat(const PixelFormat& format);
    PixelFormat format() const;

    // The picture shown at `time`, or null when there is none.
    std::shared_ptr<PixelBuffer> pixelsAt(double time, const View& view);
    // Canonical coordinates; empty while not connected.
    OfxRectD regionOfDefinition() const;
    bool temporal() const { return props.getInt(kOfxImageEffectPropTemporalClipAccess) != 0; }

    PropertySet props;

  private:
    using Pixels = std::shared_ptr<PixelBuffer>;
    using Key = std::pair<int64_t, View>;
    struct Kept {
        Pixels pixels;
        std::list<Key>::iterator place;
    };

    // Some hosts say that a mask is connected when it is not.
    bool readsConnected() const;
    OfxRectI fullBounds() const;
    View viewAt(double time, View view) const;
    Pixels convert(int64_t frame, const View& view);
    void remember(const Key& key, const Pixels& pixels);

    EffectInstance& instance_;
    std::string name_;
    Connection connection_;

    mutable std::mutex mutex_;
    std::map<Key, Kept> cache_;
    std::list<Key> recent_;                                                     // most recently used first
    std::map<std::pair<uint64_t, Key>, std::shared_future<Pixels>> in_flight_;  // by generation
    size_t cached_bytes_ = 0;
    uint64_t generation_ = 0;
};

}  // namespace ofxhost
