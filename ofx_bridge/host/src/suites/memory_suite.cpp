#include <cstdlib>
#include <mutex>
#include <unordered_set>

#include "ofx/ofxMemory.h"
#include "status.h"
#include "suites.h"

namespace ofxhost {

namespace {

std::mutex mutex;
std::unordered_set<void*> blocks;

OfxStatus allocate(void* /*effect*/, size_t bytes, void** data) {
    return guarded([&]() -> OfxStatus {
        if (data == nullptr) return kOfxStatErrValue;
        void* block = std::malloc(bytes == 0 ? 1 : bytes);
        if (block == nullptr) return kOfxStatErrMemory;
        std::lock_guard lock(mutex);
        blocks.insert(block);
        *data = block;
        return kOfxStatOK;
    });
}

OfxStatus release(void* data) {
    return guarded([&]() -> OfxStatus {
        std::lock_guard lock(mutex);
        if (blocks.erase(data) == 0) return kOfxStatErrBadHandle;
        std::free(data);
        return kOfxStatOK;
    });
}

}  // namespace

const OfxMemorySuiteV1* memorySuite() {
    static const OfxMemorySuiteV1 suite = {allocate, release};
    return &suite;
}

}  // namespace ofxhost
