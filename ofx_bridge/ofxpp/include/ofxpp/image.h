// An image lent by the host: given back when this object goes.
#pragma once

#include <ofx/ofxImageEffect.h>

#include <optional>
#include <string>
#include <utility>

#include "ofxpp/property_set.h"
#include "ofxpp/suites.h"

namespace ofxpp {

class Image {
  public:
    Image(const Suites& suites, OfxPropertySetHandle handle)
        : suites_(&suites), properties_(suites.property(), handle) {}
    ~Image() {
        auto* release = suites_ == nullptr ? nullptr : suites_->effect().clipReleaseImage;
        if (release != nullptr) release(properties_.handle());
    }
    Image(Image&& other) noexcept : suites_(std::exchange(other.suites_, nullptr)), properties_(other.properties_) {}
    Image(const Image&) = delete;
    Image& operator=(const Image&) = delete;
    Image& operator=(Image&&) = delete;

    // Of the pixel at (bounds.x1, bounds.y1), the bottom left one; null when the host has none.
    void* data() const { return properties_.find_pointer(kOfxImagePropData).value_or(nullptr); }
    // In pixels, x2 and y2 exclusive, y up.
    OfxRectI bounds() const {
        return {properties_.get_int(kOfxImagePropBounds, 0), properties_.get_int(kOfxImagePropBounds, 1),
                properties_.get_int(kOfxImagePropBounds, 2), properties_.get_int(kOfxImagePropBounds, 3)};
    }
    // Bytes from a row to the one above it: negative where rows are stored top first.
    std::optional<int> row_bytes() const { return properties_.find_int(kOfxImagePropRowBytes); }
    std::string depth() const { return properties_.find_string(kOfxImageEffectPropPixelDepth).value_or(""); }
    const PropertySet& properties() const { return properties_; }
    // Empty where the host doesn't say, here and below.
    std::string premultiplication() const {
        return properties_.find_string(kOfxImageEffectPropPreMultiplication).value_or("");
    }
    std::string field() const { return properties_.find_string(kOfxImagePropField).value_or(""); }
    std::string components() const { return properties_.find_string(kOfxImageEffectPropComponents).value_or(""); }

  private:
    const Suites* suites_;
    PropertySet properties_;
};

}  // namespace ofxpp
