#include "fields.h"

#include <cmath>

namespace reelmend::plugin {

ImageField field_named(const std::string& name) {
    if (name == kOfxImageFieldNone) return ImageField::none;
    if (name == kOfxImageFieldBoth) return ImageField::both;
    if (name == kOfxImageFieldLower) return ImageField::lower;
    if (name == kOfxImageFieldUpper) return ImageField::upper;
    return ImageField::unsaid;
}

bool is_one_field(ImageField field) {
    return field == ImageField::lower || field == ImageField::upper;
}

std::optional<bool> is_fielded(FieldOrder wanted, const ofxpp::Clip& clip) {
    if (wanted != FieldOrder::automatic) return wanted != FieldOrder::progressive;
    const ImageField order = field_named(clip.properties().find_string(kOfxImageClipPropFieldOrder).value_or(""));
    if (order == ImageField::unsaid) return std::nullopt;
    return is_one_field(order);
}

Split split_of(FieldOrder wanted, const ofxpp::Clip& clip, ImageField target, ImageField asked) {
    // A host that hands out fields as images of their own has dealt them out already.
    if (is_one_field(target)) return Split::whole;
    if (!is_fielded(wanted, clip).value_or(target == ImageField::both)) return Split::whole;
    if (asked == ImageField::lower) return Split::lower;
    if (asked == ImageField::upper) return Split::upper;
    return Split::fields;
}

OfxTime time_asked(const ofxpp::PropertySet& in_args) {
    const OfxTime time = in_args.get_double(kOfxPropTime);
    if (!std::isfinite(time))
        throw ofxpp::Error(kOfxStatFailed, "the host asked for a frame at a time that is no number");
    return time;
}

OfxTime frame_time(OfxTime time, bool fielded) {
    // The slack absorbs rounding in a host's arithmetic.
    return fielded ? std::floor(time + 1e-6) : time;
}

}  // namespace reelmend::plugin
