// Which properties a parameter of each type has, and what they say before the plug-in speaks.
#include <cfloat>
#include <climits>

#include "action.h"
#include "param.h"

namespace ofxhost {

namespace {

bool isColour(const std::string& type) {
    return type == kOfxParamTypeRGB || type == kOfxParamTypeRGBA;
}

}  // namespace

void Param::defineProperties() {
    props.setKind("parameter descriptor");
    props.defineText(kOfxPropType, {kOfxTypeParameter});
    props.defineText(kOfxPropName, {name_});
    props.defineText(kOfxPropLabel, {name_});
    props.defineText(kOfxPropShortLabel, {name_});
    props.defineText(kOfxPropLongLabel, {name_});
    props.defineText(kOfxPropIcon, {"", ""});
    props.defineText(kOfxParamPropType, {type_.name});
    props.defineText(kOfxParamPropScriptName, {name_});
    props.defineText(kOfxParamPropHint);
    props.defineText(kOfxParamPropParent);
    props.defineInt(kOfxParamPropSecret);
    props.defineInt(kOfxParamPropEnabled, {1});
    props.definePointer(kOfxParamPropDataPtr);
    const std::string type = type_.name;
    if (type == kOfxParamTypeGroup) props.defineInt(kOfxParamPropGroupOpen, {1});
    if (type == kOfxParamTypePage) props.defineTextN(kOfxParamPropPageChild);
    if (type == kOfxParamTypeGroup || type == kOfxParamTypePage) return;
    props.definePointer(kOfxParamPropInteractV1);
    props.defineDouble(kOfxParamPropInteractSize, {0.0, 0.0});
    props.defineDouble(kOfxParamPropInteractSizeAspect, {1.0});
    props.defineDouble(kOfxParamPropInteractMinimumSize, {10.0, 10.0});
    props.defineInt(kOfxParamPropInteractPreferedSize, {10, 10});
    if (hasValue()) defineValueProperties();
}

void Param::defineValueProperties() {
    const std::string type = type_.name;
    const size_t count = type_.dimension;
    const bool animates_by_itself = type_.kind != ParamKind::String && type_.kind != ParamKind::Bytes;
    props.defineInt(kOfxParamPropAnimates, {animates_by_itself ? 1 : 0});
    props.defineInt(kOfxParamPropIsAnimating);
    props.defineInt(kOfxParamPropIsAutoKeying);
    props.defineInt(kOfxParamPropPersistant, {1});
    props.defineInt(kOfxParamPropEvaluateOnChange, {1});
    props.defineInt(kOfxParamPropPluginMayWrite);
    props.defineInt(kOfxParamPropCanUndo, {1});
    props.defineText(kOfxParamPropCacheInvalidation, {kOfxParamInvalidateValueChange});
    props.defineInt(kOfxParamPropHasHostOverlayHandle);
    props.defineInt(kOfxParamPropUseHostOverlayHandle);
    if (type_.kind == ParamKind::String) {
        props.defineText(kOfxParamPropDefault);
    } else if (type_.kind == ParamKind::Bytes) {
        props.definePointer(kOfxParamPropDefault);
    } else if (type_.kind == ParamKind::Double) {
        const bool colour = isColour(type);
        props.defineDouble(kOfxParamPropDefault, DoubleValues(count, 0.0));
        props.defineDouble(kOfxParamPropMin, DoubleValues(count, -DBL_MAX));
        props.defineDouble(kOfxParamPropMax, DoubleValues(count, DBL_MAX));
        props.defineDouble(kOfxParamPropDisplayMin, DoubleValues(count, colour ? 0.0 : -DBL_MAX));
        props.defineDouble(kOfxParamPropDisplayMax, DoubleValues(count, colour ? 1.0 : DBL_MAX));
    } else {
        props.defineInt(kOfxParamPropDefault, IntValues(count, 0));
    }
    if (type_.kind == ParamKind::Int) {
        props.defineInt(kOfxParamPropMin, IntValues(count, INT_MIN));
        props.defineInt(kOfxParamPropMax, IntValues(count, INT_MAX));
        props.defineInt(kOfxParamPropDisplayMin, IntValues(count, INT_MIN));
        props.defineInt(kOfxParamPropDisplayMax, IntValues(count, INT_MAX));
    }
    if ((type_.kind == ParamKind::Int || type_.kind == ParamKind::Double) && count > 1) {
        static const char* const axes[] = {"x", "y", "z"};
        static const char* const colours[] = {"r", "g", "b", "a"};
        std::vector<std::string> labels;
        for (size_t i = 0; i < count; ++i) labels.emplace_back(isColour(type) ? colours[i] : axes[i]);
        props.defineText(kOfxParamPropDimensionLabel, labels);
    }
    if (type_.kind == ParamKind::Double && !isColour(type)) {
        props.defineDouble(kOfxParamPropIncrement, DoubleValues(count, 1.0));
        props.defineInt(kOfxParamPropDigits, {2});
        props.defineText(kOfxParamPropDoubleType, {kOfxParamDoubleTypePlain});
        const bool normalised = count == 2 && currentTemper().normalised_xy;
        props.defineText(kOfxParamPropDefaultCoordinateSystem,
                         {normalised ? kOfxParamCoordinatesNormalised : kOfxParamCoordinatesCanonical});
        props.defineInt(kOfxParamPropShowTimeMarker);
    }
    if (type == kOfxParamTypeChoice || type == kOfxParamTypeStrChoice) {
        props.defineTextN(kOfxParamPropChoiceOption);
        props.defineIntN(kOfxParamPropChoiceOrder);
    }
    if (type == kOfxParamTypeStrChoice) props.defineTextN(kOfxParamPropChoiceEnum);
    if (type == kOfxParamTypeString) {
        props.defineText(kOfxParamPropStringMode, {kOfxParamStringIsSingleLine});
        props.defineInt(kOfxParamPropStringFilePathExists, {1});
    }
    if (type == kOfxParamTypeCustom) props.definePointer(kOfxParamPropCustomInterpCallbackV1);
}

}  // namespace ofxhost
