#include "image.h"

#include "instance.h"
#include "ofx/ofxImageEffect.h"

namespace ofxhost {

namespace {

// "OfxImageUnPreMultiplied" for kOfxImageUnPreMultiplied, whose value is "OfxImageAlphaUnPremultiplied"; and so on.
std::string macroLike(const std::string& value, bool wanted) {
    if (!wanted) return value;
    if (value == kOfxImagePreMultiplied) return "OfxImagePreMultiplied";
    if (value == kOfxImageUnPreMultiplied) return "OfxImageUnPreMultiplied";
    const std::string field = "OfxField";
    return value.compare(0, field.size(), field) == 0 ? "OfxImageField" + value.substr(field.size()) : value;
}

}  // namespace

Image::Image(Clip& clip, Action* action, std::shared_ptr<PixelBuffer> pixels, const OfxPointD& scale)
    : instance_(clip.instance()), clip_(clip), action_(action), pixels_(std::move(pixels)) {
    const OfxRectI& area = pixels_->bounds;
    const Temper& temper = instance_.temper();
    const bool macros = temper.macro_like_names;
    const bool both = temper.says_both_fields && pixels_->field == Field::None;
    setKind("image", Access::ReadOnly);
    defineText(kOfxPropType, {kOfxTypeImage});
    defineText(kOfxImageEffectPropPixelDepth, {depthName(pixels_->format.depth)});
    defineText(kOfxImageEffectPropComponents, {componentsOf(pixels_->format.channels)});
    defineText(kOfxImageEffectPropPreMultiplication,
               {macroLike(clip.props.getText(kOfxImageEffectPropPreMultiplication), macros)});
    defineDouble(kOfxImageEffectPropRenderScale, {scale.x, scale.y});
    defineDouble(kOfxImagePropPixelAspectRatio, {instance_.project().pixel_aspect});
    definePointer(kOfxImagePropData, pixels_->origin);
    defineInt(kOfxImagePropBounds, {area.x1, area.y1, area.x2, area.y2});
    const OfxRectI& whole = pixels_->region;
    defineInt(kOfxImagePropRegionOfDefinition, {whole.x1, whole.y1, whole.x2, whole.y2});
    defineInt(kOfxImagePropRowBytes, {static_cast<int>(pixels_->row_bytes)});
    defineText(kOfxImagePropField, {macroLike(fieldName(both ? Field::Both : pixels_->field), macros)});
    defineText(kOfxImagePropUniqueIdentifier, {pixels_->identifier});
}

}  // namespace ofxhost
