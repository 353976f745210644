#include "instance.h"

#include <memory>

namespace reelmend::plugin {

namespace {

// Instances in a row that were destroyed after one frame.
std::atomic<int> short_lives{0};
constexpr int kHabit = 2;

bool is_interactive(const ofxpp::PropertySet& in_args) {
    return in_args.find_int(kOfxPropIsInteractive).value_or(0) != 0;
}

}  // namespace

void Instance::begin_sequence(const ofxpp::PropertySet& in_args) {
    if (is_interactive(in_args)) return;
    memory.begin();
    for (auto& masks : mask_memories) masks.begin();
    const double first = in_args.find_double(kOfxImageEffectPropFrameRange, 0).value_or(0);
    const double last = in_args.find_double(kOfxImageEffectPropFrameRange, 1).value_or(first);
    playback.begin(first, last, in_args.find_double(kOfxImageEffectPropFrameStep).value_or(0));
}

void Instance::end_sequence(const ofxpp::PropertySet& in_args) {
    if (is_interactive(in_args)) return;
    memory.end();
    for (auto& masks : mask_memories) masks.end();
    playback.end();
}

void Instance::something_changed() {
    memory.doubt();
    for (auto& masks : mask_memories) masks.doubt();
    seen.clear();
    clock.clear();
    wants_whole_neighbours = false;
}

void Instance::purge() {
    memory.clear();
    for (auto& masks : mask_memories) masks.clear();
    seen.clear();
}

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
    if (instance == nullptr || instance->renders > 1)
        short_lives = 0;
    else if (instance->renders == 1)
        ++short_lives;
}

bool instances_live_for_one_frame() {
    return short_lives >= kHabit;
}

}  // namespace reelmend::plugin
