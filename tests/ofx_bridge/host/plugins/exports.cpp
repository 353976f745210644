#include "suites.h"

namespace {

void setHost(OfxHost* host) {
    the_host = host;
}

OfxPlugin plugins[] = {
    {kOfxImageEffectPluginApi, 1, "org.reelmend.test.TemporalAverage", 2, 5, setHost, temporalAverage},
    {kOfxImageEffectPluginApi, 1, "org.reelmend.test.Misbehaviour", 1, 0, setHost, misbehaviour},
    {kOfxImageEffectPluginApi, 1, "org.reelmend.test.AnyFormat", 1, 0, setHost, anyFormat},
    {"OfxSomeOtherPluginAPI", 1, "org.reelmend.test.OtherInterface", 1, 0, setHost, misbehaviour},
};

}  // namespace

extern "C" {
OfxExport int OfxGetNumberOfPlugins(void) {
    return 4;
}
OfxExport OfxPlugin* OfxGetPlugin(int nth) {
    return nth >= 0 && nth < 4 ? &plugins[nth] : nullptr;
}
OfxExport OfxStatus OfxSetHost(const OfxHost* host) {
    the_host = host;
    return kOfxStatOK;
}
}
