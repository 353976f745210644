// One EngineClient per address for the whole process, however many instances and threads render.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "reelmend/transport/engine_client.h"

namespace reelmend::plugin {

class EnginePool {
  public:
    static EnginePool& shared();

    // Empty: the user's default address. Never connects.
    std::shared_ptr<transport::EngineClient> client(const std::string& address);

    // Effects that are loaded. When the last one is unloaded all clients go; those that still render live until they
    // are done.
    void add_user(const void* effect);
    void remove_user(const void* effect);
    bool in_use();

  private:
    std::mutex mutex_;
    std::set<const void*> users_;
    std::map<std::string, std::shared_ptr<transport::EngineClient>> clients_;
};

}  // namespace reelmend::plugin
