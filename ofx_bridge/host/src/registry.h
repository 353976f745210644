// A handle is accepted only while its object lives: a stale or foreign handle answers kOfxStatErrBadHandle.
#pragma once

#include <mutex>
#include <shared_mutex>
#include <unordered_set>

#include "status.h"

namespace ofxhost {

template <class Object>
class Registered {
  public:
    void* handle() { return static_cast<void*>(this); }

    static Object* find(const void* handle) {
        std::shared_lock lock(mutex());
        const auto found = live().find(const_cast<void*>(handle));
        return found == live().end() ? nullptr : static_cast<Object*>(static_cast<Registered*>(*found));
    }

    static Object& from(const void* handle) {
        Object* object = find(handle);
        if (object == nullptr) throw StatusError(kOfxStatErrBadHandle, "handle is not alive or not of this type");
        return *object;
    }

    static size_t count() {
        std::shared_lock lock(mutex());
        return live().size();
    }

  protected:
    Registered() { enter(); }
    Registered(const Registered&) { enter(); }
    Registered& operator=(const Registered&) { return *this; }
    ~Registered() {
        std::unique_lock lock(mutex());
        live().erase(this);
    }

  private:
    void enter() {
        std::unique_lock lock(mutex());
        live().insert(this);
    }
    static std::shared_mutex& mutex() {
        static std::shared_mutex instance;
        return instance;
    }
    static std::unordered_set<void*>& live() {
        static std::unordered_set<void*> instance;
        return instance;
    }
};

}  // namespace ofxhost
