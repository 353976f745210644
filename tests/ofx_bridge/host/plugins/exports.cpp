#include "suites.h"

namespace {

void setHost(OfxHost* host) {
    the_host = host;
}

OfxPlugin plugins[] = {
    {kOfxImageEffectPluginApi, 1, "org.reelmend.test.TemporalAverage", 2, 5, setHost, temporalAverage},
    {kOfxImageEffectPluginApi, 1, "org.reelmend.test.Misbehaviour", 1, 0, setHost, misbehaviour},
    {kOfxImageEffectPluginApi, 1, "org.reelmend.test.AnyFormat", 1, 0, setHost, anyFormat},
    {kOfxImageEffectPluginApi, 1, "org.reelmend.test.Lawless", 1, 0, setHost, lawless},
    {"OfxSomeOtherPluginAPI", 1, "org.reelmend.test.OtherInterface", 1, 0, setHost, misbehaviour},
};

}  // namespace

extern "C" {
OfxExport int OfxGetNumberOfPlugins(void) {
    return 5;
}
OfxExport OfxPlugin* OfxGetPlugin(int nth) {
    return nth >= 0 && nth < 5 ? &plugins[nth] : nullptr;
}
OfxExport OfxStatus OfxSetHost(const OfxHost* host) {
    the_host = host;
    return kOfxStatOK;
}
}
