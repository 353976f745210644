// What an effect does when the host asks.
#pragma once

#include <ofx/ofxCore.h>

#include <string>

#include "host_link.h"
#include "resources.h"

namespace reelmend::plugin {

// An effect of the bundle, from the loading of the binary to its unloading.
struct BundledEffect {
    EffectDefinition definition;
    std::string defect;  // why there is no usable definition; empty: there is one
    HostLink host;
};

// Performs an action and answers a status that the standard knows for it. Errors go to the host's messages.
OfxStatus perform(BundledEffect& bundled, const char* action, const void* handle, OfxPropertySetHandle in_args,
                  OfxPropertySetHandle out_args) noexcept;

}  // namespace reelmend::plugin
