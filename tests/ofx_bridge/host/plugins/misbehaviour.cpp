// Does on purpose, by name, what a host must survive; answers of the host are logged as messages.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

#include "suites.h"

namespace {

const char* const kBehaviours[] = {
    "behave",  "fail",           "keep image",    "leave pixels", "set in render", "foreign thread",
    "threads", "wait",           "release twice", "read outside", "bad depth",     "refuse create",
    "memory",  "stale instance", "derivatives",   "ask range",    "ask mutexes",
};

std::atomic<int> live_instances{0};
OfxPropertySetHandle released_image = nullptr;

std::string behaviour(OfxImageEffectHandle effect) {
    char* value = nullptr;
    parameters->paramGetValue(param(effect, "behaviour"), &value);
    return value;
}

OfxStatus describe(OfxImageEffectHandle effect) {
    OfxPropertySetHandle props = propertiesOf(effect);
    properties->propSetString(props, kOfxPropLabel, 0, "Misbehaviour");
    properties->propSetString(props, kOfxImageEffectPropSupportedContexts, 0, kOfxImageEffectContextFilter);
    properties->propSetString(props, kOfxImageEffectPropSupportedPixelDepths, 0, kOfxBitDepthFloat);
    properties->propSetString(props, kOfxImageEffectPluginRenderThreadSafety, 0, kOfxImageEffectRenderInstanceSafe);
    properties->propSetString(props, kOfxImageEffectPropClipPreferencesSlaveParam, 0, "behaviour");
    if (messages != nullptr) messages->message(nullptr, kOfxMessageLog, "", "described without a handle");
    return kOfxStatOK;
}

OfxStatus describeInContext(OfxImageEffectHandle effect) {
    defineClip(effect, kOfxImageEffectSimpleSourceClipName);
    defineClip(effect, kOfxImageEffectOutputClipName);
    OfxParamSetHandle set = nullptr;
    effects->getParamSet(effect, &set);
    OfxPropertySetHandle props = defineParam(set, kOfxParamTypeStrChoice, "behaviour");
    properties->propSetString(props, kOfxParamPropDefault, 0, kBehaviours[0]);
    for (int i = 0; i < static_cast<int>(std::size(kBehaviours)); ++i) {
        properties->propSetString(props, kOfxParamPropChoiceOption, i, kBehaviours[i]);
    }
    defineParam(set, kOfxParamTypeDouble, "level");
    return kOfxStatOK;
}

void copyRows(const Picture& from, const Picture& to, const OfxRectI& window, int first, int last) {
    const auto offset = static_cast<size_t>(window.x1 - to.bounds.x1) * to.channels;
    const auto bytes = static_cast<size_t>(window.x2 - window.x1) * to.channels * sizeof(float);
    for (int y = first; y < last; ++y) std::memcpy(to.row(y) + offset, from.row(y) + offset, bytes);
}

struct Work {
    const Picture& source;
    const Picture& output;
    OfxRectI window;
    OfxMutexHandle mutex;
    int spawned;
    unsigned int index_sum;
};

void copyPart(unsigned int index, unsigned int count, void* argument) {
    Work& work = *static_cast<Work*>(argument);
    const int height = work.window.y2 - work.window.y1;
    const int first = work.window.y1 + height * static_cast<int>(index) / static_cast<int>(count);
    const int last = work.window.y1 + height * static_cast<int>(index + 1) / static_cast<int>(count);
    copyRows(work.source, work.output, work.window, first, last);
    unsigned int seen = 0;
    threads->multiThreadIndex(&seen);
    threads->mutexLock(work.mutex);
    work.spawned += threads->multiThreadIsSpawnedThread();
    work.index_sum += seen;
    threads->mutexUnLock(work.mutex);
}

void copyThreaded(OfxImageEffectHandle effect, const Picture& source, const Picture& output, const OfxRectI& window) {
    Work work{source, output, window, nullptr, 0, 0};
    threads->mutexCreate(&work.mutex, 0);
    const OfxStatus status = threads->multiThread(copyPart, 5, &work);
    OfxStatus other_lock = -1;
    OfxStatus other_unlock = -1;
    threads->mutexLock(work.mutex);
    std::thread other([&] {
        other_lock = threads->mutexTryLock(work.mutex);
        other_unlock = threads->mutexUnLock(work.mutex);
    });
    other.join();
    threads->mutexUnLock(work.mutex);
    threads->mutexDestroy(work.mutex);
    log(effect, "threads status=" + std::to_string(status) + " spawned=" + std::to_string(work.spawned) +
                    " indices=" + std::to_string(work.index_sum) +
                    " main spawned=" + std::to_string(threads->multiThreadIsSpawnedThread()) +
                    " try=" + std::to_string(other_lock) + " foreign unlock=" + std::to_string(other_unlock) +
                    " destroyed lock=" + std::to_string(threads->mutexLock(work.mutex)));
}

OfxStatus waitForAbort(OfxImageEffectHandle effect) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < end) {
        if (effects->abort(effect)) {
            log(effect, "aborted");
            return kOfxStatFailed;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    log(effect, "never aborted");
    return kOfxStatFailed;
}

void useMemory(OfxImageEffectHandle effect) {
    void* block = nullptr;
    int on_stack = 0;
    const OfxStatus allocated = memory->memoryAlloc(effect, 1 << 16, &block);
    std::memset(block, 7, 1 << 16);
    const OfxStatus freed = memory->memoryFree(block);
    const OfxStatus foreign = memory->memoryFree(&on_stack);
    OfxImageMemoryHandle image_memory = nullptr;
    void* locked = nullptr;
    effects->imageMemoryAlloc(effect, 4096, &image_memory);
    effects->imageMemoryLock(image_memory, &locked);
    std::memset(locked, 1, 4096);
    effects->imageMemoryUnlock(image_memory);
    const OfxStatus image_freed = effects->imageMemoryFree(image_memory);
    const OfxStatus image_twice = effects->imageMemoryFree(image_memory);
    log(effect, "memory " + std::to_string(allocated) + std::to_string(freed) + " foreign=" + std::to_string(foreign) +
                    " image " + std::to_string(image_freed) + " twice=" + std::to_string(image_twice));
}

void useDerivatives(OfxImageEffectHandle effect, double time) {
    double slope = 0;
    double area = 0;
    double key_time = 0;
    unsigned int count = 0;
    int next = -1;
    OfxParamHandle level = param(effect, "level");
    parameters->paramGetDerivative(level, time, &slope);
    parameters->paramGetIntegral(level, 0.0, 10.0, &area);
    parameters->paramGetNumKeys(level, &count);
    parameters->paramGetKeyTime(level, 0, &key_time);
    parameters->paramGetKeyIndex(level, time, 1, &next);
    double first = 0;
    double last = 0;
    double now = 0;
    timeline->getTime(effect, &now);
    timeline->getTimeBounds(effect, &first, &last);
    log(effect, "slope=" + std::to_string(slope) + " area=" + std::to_string(area) + " keys=" + std::to_string(count) +
                    " first=" + std::to_string(key_time) + " next=" + std::to_string(next) +
                    " now=" + std::to_string(now) + " bounds=" + std::to_string(first) + ".." + std::to_string(last));
}

OfxStatus render(OfxImageEffectHandle effect, OfxPropertySetHandle in) {
    const double time = timeOf(in);
    const OfxRectI window = windowOf(in);
    const std::string what = behaviour(effect);
    if (messages != nullptr) messages->clearPersistentMessage(effect);
    if (what == "fail") {
        if (messages != nullptr) {
            messages->setPersistentMessage(effect, kOfxMessageError, "failed", "no luck at %g: %s", time, "as asked");
        }
        return kOfxStatFailed;
    }
    if (what == "wait") return waitForAbort(effect);
    Picture output(effect, kOfxImageEffectOutputClipName, time);
    Picture source(effect, kOfxImageEffectSimpleSourceClipName, time);
    if (!output || !source) return kOfxStatFailed;
    if (what == "threads") {
        copyThreaded(effect, source, output, window);
        return kOfxStatOK;
    }
    copyRows(source, output, window, window.y1, what == "leave pixels" ? window.y2 - 1 : window.y2);
    if (what == "keep image") {
        source.handle = nullptr;
    } else if (what == "set in render") {
        log(effect, "set in render=" + std::to_string(parameters->paramSetValue(param(effect, "level"), 2.0)));
    } else if (what == "foreign thread") {
        std::thread other([&] {
            const Picture same(effect, kOfxImageEffectSimpleSourceClipName, time);
            const Picture next(effect, kOfxImageEffectSimpleSourceClipName, time + 1);
            log(effect, "foreign thread " + std::to_string(same.status) + std::to_string(next.status));
        });
        other.join();
    } else if (what == "release twice") {
        released_image = source.handle;
        source.release();
        log(effect, "release twice=" + std::to_string(effects->clipReleaseImage(released_image)));
    } else if (what == "read outside") {
        const Picture beyond(effect, kOfxImageEffectSimpleSourceClipName, 1e6);
        const Picture other_output(effect, kOfxImageEffectOutputClipName, time + 1);
        log(effect, "read outside=" + std::to_string(beyond.status) + " output=" + std::to_string(other_output.status));
    } else if (what == "memory") {
        useMemory(effect);
    } else if (what == "ask range") {
        double value = 0;
        OfxPropertySetHandle props = propertiesOf(effect);
        log(effect,
            "range=" + std::to_string(properties->propGetDouble(props, kOfxImageEffectPropFrameRange, 0, &value)) +
                " size=" + std::to_string(properties->propGetDouble(props, kOfxImageEffectPropProjectSize, 0, &value)));
    } else if (what == "ask mutexes") {
        log(effect, "mutexes=" + std::to_string(threads->mutexCreate != nullptr) +
                        " threads=" + std::to_string(threads->multiThread != nullptr));
    } else if (what == "derivatives") {
        useDerivatives(effect, time);
    } else if (what == "stale instance") {
        int dummy = 0;
        OfxPropertySetHandle props = nullptr;
        auto nobody = reinterpret_cast<OfxImageEffectHandle>(&dummy);
        log(effect, "stale=" + std::to_string(effects->getPropertySet(nobody, &props)) +
                        " abort=" + std::to_string(effects->abort(nobody)));
    }
    return kOfxStatOK;
}

OfxStatus clipPreferences(OfxImageEffectHandle effect, OfxPropertySetHandle out) {
    if (behaviour(effect) == "bad depth") {
        properties->propSetString(out, "OfxImageClipPropDepth_Source", 0, kOfxBitDepthByte);
    }
    return kOfxStatOK;
}

}  // namespace

OfxStatus misbehaviour(const char* name, const void* handle, OfxPropertySetHandle in, OfxPropertySetHandle out) {
    const std::string action = name;
    auto effect = static_cast<OfxImageEffectHandle>(const_cast<void*>(handle));
    if (action == kOfxActionLoad) return fetchSuites();
    if (action == kOfxActionDescribe) return describe(effect);
    if (action == kOfxImageEffectActionDescribeInContext) return describeInContext(effect);
    if (action == kOfxActionCreateInstance) {
        double size[2] = {0, 0};
        properties->propGetDoubleN(propertiesOf(effect), kOfxImageEffectPropProjectSize, 2, size);
        if (size[0] == 13 && messages != nullptr) {
            messages->message(effect, kOfxMessageError, "", "13 pixels bring bad luck");
        }
        if (size[0] == 13) return kOfxStatFailed;
        ++live_instances;
        return kOfxStatOK;
    }
    if (action == kOfxActionDestroyInstance) {
        log(effect, "destroyed, " + std::to_string(--live_instances) + " left");
        return kOfxStatOK;
    }
    if (action == kOfxImageEffectActionGetClipPreferences) return clipPreferences(effect, out);
    if (action == kOfxImageEffectActionRender) return render(effect, in);
    return kOfxStatReplyDefault;
}
