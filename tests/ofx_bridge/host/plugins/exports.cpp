#include "suites.h"

namespace {

void setHost(OfxHost* host) {
    the_host = host;
}

OfxPlugin plugins[] = {
    {kOfxImageEffectPluginApi, 1, "org.reelmend.test.TemporalAverage", 2, 5, setHost, temporalAverage},
    {kOfxImageEffectPluginApi, 1, "org.reelmend.test.Misbehaviour", 1, 0, setHost, misbehaviour},
    {"OfxSomeOtherPluginAPI", 1, "org.reelmend.test.OtherInterface", 1, 0, setHost, misbehaviour},
};

}  // namespace

extern "C" {
OfxExport int OfxGetNumberOfPlugins(void) {
    return 3;
}
OfxExport OfxPlugin* OfxGetPlugin(int nth) {
    return nth >= 0 && nth < 3 ? &plugins[nth] : nullptr;
}
OfxExport OfxStatus OfxSetHost(const OfxHost* host) {
    the_host = host;
    return kOfxStatOK;
}
}
