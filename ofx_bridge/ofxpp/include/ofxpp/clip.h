// A clip of an effect instance.
#pragma once

#include <ofx/ofxImageEffect.h>

#include <cmath>
#include <optional>

#include "ofxpp/image.h"
#include "ofxpp/property_set.h"
#include "ofxpp/suites.h"

namespace ofxpp {

class Clip {
  public:
    Clip(const Suites& suites, OfxImageClipHandle handle, OfxPropertySetHandle properties)
        : suites_(&suites), handle_(handle), properties_(suites.property(), properties) {}

    const PropertySet& properties() const { return properties_; }

    // The whole image at that time, or nothing when the clip has none there.
    std::optional<Image> image(OfxTime time) const {
        OfxPropertySetHandle image = nullptr;
        const OfxStatus status =
            require(suites_->effect().clipGetImage, "clipGetImage")(handle_, time, nullptr, &image);
        if (status == kOfxStatFailed || (status == kOfxStatOK && image == nullptr)) return std::nullopt;
        check(status, "an image of clip", properties_.find_string(kOfxPropName).value_or("?").c_str());
        return std::optional<Image>(std::in_place, *suites_, image);
    }

    // In canonical coordinates.
    std::optional<OfxRectD> region_of_definition(OfxTime time) const {
        auto* get = suites_->effect().clipGetRegionOfDefinition;
        OfxRectD region{};
        if (get == nullptr || get(handle_, time, &region) != kOfxStatOK) return std::nullopt;
        return region;
    }

    // First and last frame, inclusive, on the effect's time line; nothing when the host doesn't say.
    std::optional<OfxRangeD> frame_range() const {
        const auto first = properties_.find_double(kOfxImageEffectPropFrameRange, 0);
        const auto last = properties_.find_double(kOfxImageEffectPropFrameRange, 1);
        if (!first || !last || !std::isfinite(*first) || !std::isfinite(*last) || *last < *first) return std::nullopt;
        return OfxRangeD{*first, *last};
    }

  private:
    const Suites* suites_;
    OfxImageClipHandle handle_;
    PropertySet properties_;
};

}  // namespace ofxpp
