#include "host.h"

#include "action.h"
#include "ofx/ofxColour.h"
#include "ofx/ofxGPURender.h"
#include "ofx/ofxParametricParam.h"
#include "suites/suites.h"

namespace ofxhost {

namespace {

struct SuiteEntry {
    const char* name;
    int version;
    const void* table;
};

const void* fetchSuite(OfxPropertySetHandle handle, const char* name, int version) {
    static const SuiteEntry suites[] = {
        {kOfxPropertySuite, 1, propertySuite()},       {kOfxImageEffectSuite, 1, imageEffectSuite()},
        {kOfxParameterSuite, 1, parameterSuite()},     {kOfxMemorySuite, 1, memorySuite()},
        {kOfxMultiThreadSuite, 1, multiThreadSuite()}, {kOfxMessageSuite, 1, messageSuiteV1()},
        {kOfxMessageSuite, 2, messageSuiteV2()},       {kOfxProgressSuite, 1, progressSuiteV1()},
        {kOfxProgressSuite, 2, progressSuiteV2()},     {kOfxTimeLineSuite, 1, timeLineSuite()},
    };
    const auto* host = dynamic_cast<Host*>(PropertySet::find(handle));
    if (host == nullptr) report(Severity::Error, "host-handle", "fetchSuite was called with a handle that is no host");
    if (host == nullptr || name == nullptr) return nullptr;
    for (const auto& suite : suites) {
        if (suite.version != version || std::string(suite.name) != name) continue;
        if (host->options().withheld_suites.count({suite.name, suite.version}) != 0) return nullptr;
        const bool no_mutexes = host->options().temper.missing_mutexes && suite.table == multiThreadSuite();
        return no_mutexes ? multiThreadSuiteWithoutMutexes() : suite.table;
    }
    return nullptr;
}

}  // namespace

Host::Host(const HostOptions& host_options) : options_(host_options), table_{ofx(), fetchSuite} {
    defineProperties();
}

void Host::defineProperties() {
    setKind("host", Access::ReadOnly);
    defineText(kOfxPropType, {kOfxTypeImageEffectHost});
    defineText(kOfxPropName, {options_.name});
    defineText(kOfxPropLabel, {options_.label});
    defineIntN(kOfxPropVersion, {1, 0, 0});
    defineText(kOfxPropVersionLabel, {options_.version_label});
    defineIntN(kOfxPropAPIVersion, options_.api_version);
    definePointer(kOfxPropHostOSHandle);
    defineInt(kOfxImageEffectHostPropIsBackground, {options_.background ? 1 : 0});
    defineText(kOfxImageEffectHostPropNativeOrigin, {kOfxHostNativeOriginBottomLeft});
    defineInt(kOfxImageEffectPropSupportsOverlays, {0});
    defineInt(kOfxImageEffectPropSupportsMultiResolution, {options_.multi_resolution ? 1 : 0});
    defineInt(kOfxImageEffectPropSupportsTiles, {options_.tiles ? 1 : 0});
    defineInt(kOfxImageEffectPropTemporalClipAccess, {options_.temporal_access ? 1 : 0});
    defineTextN(kOfxImageEffectPropSupportedComponents, options_.components);
    defineTextN(kOfxImageEffectPropSupportedContexts, options_.contexts);
    defineTextN(kOfxImageEffectPropSupportedPixelDepths, options_.depths);
    defineInt(kOfxImageEffectPropSupportsMultipleClipDepths, {0});
    defineInt(kOfxImageEffectPropSupportsMultipleClipPARs, {0});
    defineInt(kOfxImageEffectPropSetableFrameRate, {0});
    defineInt(kOfxImageEffectPropSetableFielding, {0});
    defineInt(kOfxImageEffectInstancePropSequentialRender, {1});
    defineInt(kOfxImageEffectPropRenderQualityDraft, {0});
    defineText(kOfxImageEffectPropCPURenderSupported, {"true"});
    defineText(kOfxImageEffectPropNoSpatialAwareness, {"false"});
    defineText(kOfxImageEffectPropOpenGLRenderSupported, {"false"});
    defineText(kOfxImageEffectPropCudaRenderSupported, {"false"});
    defineText(kOfxImageEffectPropCudaStreamSupported, {"false"});
    defineText(kOfxImageEffectPropMetalRenderSupported, {"false"});
    defineText(kOfxImageEffectPropOpenCLRenderSupported, {"false"});
    defineText(kOfxImageEffectPropOpenCLSupported, {"false"});
    defineText(kOfxImageEffectPropColourManagementStyle, {kOfxImageEffectColourManagementNone});
    defineTextN(kOfxImageEffectPropColourManagementAvailableConfigs);
    defineInt(kOfxParamHostPropMaxParameters, {-1});
    defineInt(kOfxParamHostPropMaxPages, {-1});
    defineInt(kOfxParamHostPropPageRowColumnCount, {0, 0});
    defineInt(kOfxParamHostPropSupportsCustomAnimation, {1});
    defineInt(kOfxParamHostPropSupportsStringAnimation, {1});
    defineInt(kOfxParamHostPropSupportsBooleanAnimation, {1});
    defineInt(kOfxParamHostPropSupportsChoiceAnimation, {1});
    defineInt(kOfxParamHostPropSupportsStrChoiceAnimation, {1});
    defineInt(kOfxParamHostPropSupportsStrChoice, {1});
    defineInt(kOfxParamHostPropSupportsCustomInteract, {0});
    defineInt(kOfxParamHostPropSupportsParametricAnimation, {0});
}

}  // namespace ofxhost
