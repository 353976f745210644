// One EngineClient per address for the whole process, however many instances and threads render.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "params.h"

namespace reelmend::plugin {

class EnginePool {
  public:
    static EnginePool& shared();

    // Empty: the user's default address. Never connects. An engine that it has to start is told to run on the device.
    std::shared_ptr<transport::EngineClient> client(const std::string& address, Device device = Device::automatic);

    // Effects that are loaded. When the last one is unloaded all clients go; those that still render live until they
    // are done.
    void add_user(const void* effect);
    void remove_user(const void* effect);
    bool in_use();

  private:
    using Clients = std::map<std::pair<std::string, Device>, std::shared_ptr<transport::EngineClient>>;
    void leave_parents_clients();

    std::mutex mutex_;
    long process_ = 0;
    std::set<const void*> users_;
    Clients clients_;
};

}  // namespace reelmend::plugin
