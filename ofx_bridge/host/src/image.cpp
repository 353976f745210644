#include "image.h"

#include "instance.h"
#include "ofx/ofxImageEffect.h"

namespace ofxhost {

Image::Image(Clip& clip, Action* action, std::shared_ptr<PixelBuffer> pixels, const OfxPointD& scale)
    : instance_(clip.instance()), clip_(clip), action_(action), pixels_(std::move(pixels)) {
    const OfxRectI& area = pixels_->bounds;
    defineText(kOfxPropType, {kOfxTypeImage});
    defineText(kOfxImageEffectPropPixelDepth, {depthName(pixels_->format.depth)});
    defineText(kOfxImageEffectPropComponents, {componentsOf(pixels_->format.channels)});
    defineText(kOfxImageEffectPropPreMultiplication, {clip.props.getText(kOfxImageEffectPropPreMultiplication)});
    defineDouble(kOfxImageEffectPropRenderScale, {scale.x, scale.y});
    defineDouble(kOfxImagePropPixelAspectRatio, {instance_.project().pixel_aspect});
    definePointer(kOfxImagePropData, pixels_->origin);
    defineInt(kOfxImagePropBounds, {area.x1, area.y1, area.x2, area.y2});
    defineInt(kOfxImagePropRegionOfDefinition, {area.x1, area.y1, area.x2, area.y2});
    defineInt(kOfxImagePropRowBytes, {static_cast<int>(pixels_->row_bytes)});
    defineText(kOfxImagePropField, {fieldName(pixels_->field)});
    defineText(kOfxImagePropUniqueIdentifier, {pixels_->identifier});
}

}  // namespace ofxhost
