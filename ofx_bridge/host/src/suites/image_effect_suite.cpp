#include <cstdlib>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "instance.h"
#include "suites.h"

namespace ofxhost {

namespace {

EffectInstance& instanceFrom(OfxImageEffectHandle handle) {
    auto* instance = dynamic_cast<EffectInstance*>(&Effect::from(handle));
    if (instance == nullptr) throw StatusError(kOfxStatErrBadHandle, "a descriptor where an instance is needed");
    return *instance;
}

OfxStatus getPropertySet(OfxImageEffectHandle effect, OfxPropertySetHandle* set) {
    return guarded([&] { *set = Effect::from(effect).props.ofx(); });
}

OfxStatus getParamSet(OfxImageEffectHandle effect, OfxParamSetHandle* set) {
    return guarded([&] { *set = Effect::from(effect).paramSet().ofx(); });
}

OfxStatus clipDefine(OfxImageEffectHandle effect, const char* name, OfxPropertySetHandle* set) {
    return guarded([&] {
        auto* descriptor = dynamic_cast<EffectDescriptor*>(&Effect::from(effect));
        if (descriptor == nullptr) throw StatusError(kOfxStatErrBadHandle, "clips are defined on a descriptor");
        if (name == nullptr) throw StatusError(kOfxStatErrValue, "a clip needs a name");
        ClipDescriptor& clip = descriptor->defineClip(name);
        if (set != nullptr) *set = clip.props.ofx();
    });
}

OfxStatus clipGetHandle(OfxImageEffectHandle effect, const char* name, OfxImageClipHandle* clip,
                        OfxPropertySetHandle* set) {
    return guarded([&] {
        Clip& found = instanceFrom(effect).clip(name == nullptr ? "" : name);
        if (clip != nullptr) *clip = found.ofx();
        if (set != nullptr) *set = found.props.ofx();
    });
}

OfxStatus clipGetPropertySet(OfxImageClipHandle clip, OfxPropertySetHandle* set) {
    return guarded([&] { *set = Clip::from(clip).props.ofx(); });
}

OfxStatus clipGetImage(OfxImageClipHandle clip, OfxTime time, const OfxRectD* region, OfxPropertySetHandle* image) {
    return guarded([&] {
        Clip& from = Clip::from(clip);
        return from.instance().getImage(from, time, region, image);
    });
}

OfxStatus clipReleaseImage(OfxPropertySetHandle image) {
    return guarded([&] { EffectInstance::releaseImage(image); });
}

OfxStatus clipGetRegionOfDefinition(OfxImageClipHandle clip, OfxTime time, OfxRectD* bounds) {
    return guarded([&]() -> OfxStatus {
        Clip& from = Clip::from(clip);
        if (!from.connected()) return kOfxStatFailed;
        *bounds = from.isOutput() ? from.instance().regionOfDefinition(time) : from.regionOfDefinition();
        return kOfxStatOK;
    });
}

int abortAsked(OfxImageEffectHandle effect) {
    int answer = 0;
    guarded([&] { answer = instanceFrom(effect).aborting() ? 1 : 0; });
    return answer;
}

// Memory that a host could move while it is unlocked; here it stays where it is.
struct ImageMemory : Registered<ImageMemory> {
    explicit ImageMemory(size_t bytes) : block(bytes == 0 ? 1 : bytes) {}
    std::vector<char> block;
};

std::mutex memory_mutex;
std::unordered_map<void*, std::unique_ptr<ImageMemory>> memories;

OfxStatus imageMemoryAlloc(OfxImageEffectHandle effect, size_t bytes, OfxImageMemoryHandle* memory) {
    return guarded([&] {
        if (effect != nullptr) Effect::from(effect);
        auto made = std::make_unique<ImageMemory>(bytes);
        void* handle = made->handle();
        std::lock_guard lock(memory_mutex);
        memories.emplace(handle, std::move(made));
        *memory = static_cast<OfxImageMemoryHandle>(handle);
    });
}

OfxStatus imageMemoryFree(OfxImageMemoryHandle memory) {
    return guarded([&]() -> OfxStatus {
        std::lock_guard lock(memory_mutex);
        return memories.erase(memory) == 0 ? kOfxStatErrBadHandle : kOfxStatOK;
    });
}

OfxStatus imageMemoryLock(OfxImageMemoryHandle memory, void** pointer) {
    return guarded([&] { *pointer = ImageMemory::from(memory).block.data(); });
}

OfxStatus imageMemoryUnlock(OfxImageMemoryHandle memory) {
    return guarded([&] { ImageMemory::from(memory); });
}

}  // namespace

const OfxImageEffectSuiteV1* imageEffectSuite() {
    static const OfxImageEffectSuiteV1 suite = {
        getPropertySet,     getParamSet,      clipDefine,       clipGetHandle,
        clipGetPropertySet, clipGetImage,     clipReleaseImage, clipGetRegionOfDefinition,
        abortAsked,         imageMemoryAlloc, imageMemoryFree,  imageMemoryLock,
        imageMemoryUnlock,
    };
    return &suite;
}

}  // namespace ofxhost
