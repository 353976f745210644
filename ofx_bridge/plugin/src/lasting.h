// Objects that outlive every static one.
#pragma once

#include <cstddef>
#include <mutex>
#include <new>

namespace reelmend::plugin {

// Made at the first get(), never destroyed by itself. At exit a plug-in's static objects go before its host's, yet
// hosts unload plug-ins from the destructors of their own: what the entry points use must still be there then.
template <class T>
class Lasting {
  public:
    T& get() {
        std::call_once(made_, [this] { object_ = new (storage_) T(); });
        return *object_;
    }

    // Only where no other thread is in the binary any more, and none will come. Harmless when get() was never called.
    void destroy() {
        if (object_ != nullptr) object_->~T();
        object_ = nullptr;
    }

  private:
    alignas(T) std::byte storage_[sizeof(T)];
    T* object_ = nullptr;
    std::once_flag made_;
};

}  // namespace reelmend::plugin
