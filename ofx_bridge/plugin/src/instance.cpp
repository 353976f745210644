#include "instance.h"

#include <memory>

namespace reelmend::plugin {

Instance* instance_of(const ofxpp::Effect& effect) {
    return static_cast<Instance*>(effect.properties().find_pointer(kOfxPropInstanceData).value_or(nullptr));
}

void create_instance(const ofxpp::Effect& effect) {
    const auto properties = effect.properties();
    // Resolve reads the wish for sequential frames from the instance, not from the descriptor.
    properties.offer(kOfxImageEffectInstancePropSequentialRender, 2);
    auto instance = std::make_unique<Instance>();
    // From here on the host's property set owns it, until destroy_instance. A host that keeps no data gets an effect
    // that remembers nothing.
    if (properties.offer_pointer(kOfxPropInstanceData, instance.get())) instance.release();
}

void destroy_instance(const ofxpp::Effect& effect) {
    const std::unique_ptr<Instance> instance(instance_of(effect));
    effect.properties().offer_pointer(kOfxPropInstanceData, nullptr);
}

}  // namespace reelmend::plugin
