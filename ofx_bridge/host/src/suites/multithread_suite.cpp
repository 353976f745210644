#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "action.h"
#include "registry.h"
#include "suites.h"

namespace ofxhost {

namespace {

constexpr int kNotSpawned = -1;
constexpr unsigned int kMostThreads = 64;
thread_local int spawned_index = kNotSpawned;

unsigned int processors() {
    return std::max(1U, std::thread::hardware_concurrency());
}

OfxStatus multiThread(OfxThreadFunctionV1 function, unsigned int count, void* argument) {
    return guarded([&]() -> OfxStatus {
        if (function == nullptr) return kOfxStatErrValue;
        if (spawned_index != kNotSpawned) return kOfxStatErrExists;
        if (currentTemper().dummy_threads) {
            function(0, 1, argument);
            return kOfxStatOK;
        }
        const unsigned int total = count == 0 ? processors() : count;
        std::atomic<unsigned int> next{0};
        Action* action = currentAction();
        const auto work = [&] {
            const ActionScope scope(action);
            for (unsigned int i = next++; i < total; i = next++) {
                spawned_index = static_cast<int>(i);
                function(i, total, argument);
            }
        };
        std::vector<std::thread> threads;
        for (unsigned int i = 0; i < std::min(total, kMostThreads); ++i) threads.emplace_back(work);
        for (auto& thread : threads) thread.join();
        return kOfxStatOK;
    });
}

OfxStatus multiThreadNumCPUs(unsigned int* count) {
    return guarded([&] { *count = currentTemper().dummy_threads ? 1 : processors(); });
}

OfxStatus multiThreadIndex(unsigned int* index) {
    return guarded([&] { *index = spawned_index == kNotSpawned ? 0U : static_cast<unsigned int>(spawned_index); });
}

int multiThreadIsSpawnedThread() {
    return spawned_index == kNotSpawned ? 0 : 1;
}

// Counts its locks, so that a thread may take it again, and refuses to be unlocked by another.
class Mutex : public Registered<Mutex> {
  public:
    explicit Mutex(int lock_count) : count_(std::max(0, lock_count)) {
        if (count_ > 0) owner_ = std::this_thread::get_id();
    }

    void lock() {
        std::unique_lock guard(mutex_);
        free_.wait(guard, [&] { return mine() || count_ == 0; });
        take();
    }

    bool tryLock() {
        std::lock_guard guard(mutex_);
        if (!mine() && count_ != 0) return false;
        take();
        return true;
    }

    bool unlock() {
        std::lock_guard guard(mutex_);
        if (!mine()) return false;
        if (--count_ == 0) free_.notify_one();
        return true;
    }

  private:
    bool mine() const { return count_ > 0 && owner_ == std::this_thread::get_id(); }
    void take() {
        owner_ = std::this_thread::get_id();
        ++count_;
    }

    std::mutex mutex_;
    std::condition_variable free_;
    std::thread::id owner_;
    int count_;
};

std::mutex mutexes_mutex;
std::unordered_map<void*, std::unique_ptr<Mutex>> mutexes;

OfxStatus mutexCreate(OfxMutexHandle* handle, int lock_count) {
    return guarded([&]() -> OfxStatus {
        if (handle == nullptr) return kOfxStatErrValue;
        auto made = std::make_unique<Mutex>(lock_count);
        void* key = made->handle();
        std::lock_guard lock(mutexes_mutex);
        mutexes.emplace(key, std::move(made));
        *handle = static_cast<OfxMutexHandle>(key);
        return kOfxStatOK;
    });
}

OfxStatus mutexDestroy(const OfxMutexHandle handle) {
    return guarded([&]() -> OfxStatus {
        std::lock_guard lock(mutexes_mutex);
        return mutexes.erase(handle) == 0 ? kOfxStatErrBadHandle : kOfxStatOK;
    });
}

OfxStatus mutexLock(const OfxMutexHandle handle) {
    return guarded([&] { Mutex::from(handle).lock(); });
}

OfxStatus mutexUnLock(const OfxMutexHandle handle) {
    return guarded([&]() -> OfxStatus { return Mutex::from(handle).unlock() ? kOfxStatOK : kOfxStatFailed; });
}

OfxStatus mutexTryLock(const OfxMutexHandle handle) {
    return guarded([&]() -> OfxStatus { return Mutex::from(handle).tryLock() ? kOfxStatOK : kOfxStatFailed; });
}

}  // namespace

const OfxMultiThreadSuiteV1* multiThreadSuite() {
    static const OfxMultiThreadSuiteV1 suite = {
        multiThread, multiThreadNumCPUs, multiThreadIndex, multiThreadIsSpawnedThread, mutexCreate, mutexDestroy,
        mutexLock,   mutexUnLock,        mutexTryLock,
    };
    return &suite;
}

const OfxMultiThreadSuiteV1* multiThreadSuiteWithoutMutexes() {
    static const OfxMultiThreadSuiteV1 suite = {
        multiThread,      multiThreadNumCPUs,
        multiThreadIndex, multiThreadIsSpawnedThread,
        nullptr,          nullptr,
        nullptr,          nullptr,
        nullptr,
    };
    return &suite;
}

}  // namespace ofxhost
