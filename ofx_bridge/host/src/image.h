// The handle through which a plug-in sees a picture.
#pragma once

#include <memory>
#include <string>

#include "pixels.h"
#include "property_set.h"
#include "proxy_view.h"

namespace ofxhost {

class Clip;
class EffectInstance;
struct Action;

// A clip's picture handed to a plug-in; lives until released.
class Image : public PropertySet {
  public:
    Image(Clip& clip, Action* action, std::shared_ptr<PixelBuffer> pixels, const OfxPointD& scale);

    EffectInstance& instance() const { return instance_; }
    Clip& clip() const { return clip_; }
    Action* action() const { return action_; }
    const PixelBuffer& pixels() const { return *pixels_; }
    // True when a checksum was kept and the plug-in has changed the picture since.
    bool changed() const { return checksum_ != 0 && pixels_->checksum() != checksum_; }
    void keepChecksum() { checksum_ = pixels_->checksum(); }

  private:
    EffectInstance& instance_;
    Clip& clip_;
    Action* action_;
    std::shared_ptr<PixelBuffer> pixels_;
    uint64_t checksum_ = 0;
};

}  // namespace ofxhost
