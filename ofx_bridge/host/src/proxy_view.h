// A source picture at a render scale, or one field of it.
#pragma once

#include <tuple>

#include "pixels.h"

namespace ofxhost {

// How a render looks at pictures: its scale, and the field it is after.
struct View {
    OfxPointD scale{1.0, 1.0};
    Field field = Field::None;
    bool fullSize() const { return scale.x == 1.0 && scale.y == 1.0; }
    bool operator<(const View& other) const {
        return std::tie(scale.x, scale.y, field) < std::tie(other.scale.x, other.scale.y, other.field);
    }
};

// How a plug-in wants fields: kOfxImageFieldNone/Both (whole frames), Single (half height), Doubled (each line twice).
enum class Extraction { Whole, Single, Doubled };
Extraction extractionOf(const std::string& name);

// Whole pixels that cover a region given in canonical coordinates.
OfxRectI pixelsOf(const OfxRectD& region, double pixel_aspect, const OfxPointD& scale);
// The same region at a view's scale; half as high for a single field.
OfxRectI scaledBounds(const OfxRectI& full, const View& view, Extraction extraction);

// Fills `target`, whose bounds are scaledBounds(full), from a whole picture over `full`. Scaled pixels are the mean of
// those they cover; at full size samples of the same depth keep their bits.
void fillFrom(PixelBuffer& target, const PictureView& source, const OfxRectI& full, const View& view,
              Extraction extraction, const RowConversion& conversion);

}  // namespace ofxhost
