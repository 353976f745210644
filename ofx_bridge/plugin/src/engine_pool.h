// One EngineClient per address for the whole process, however many instances and threads render.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "reelmend/transport/engine_client.h"

namespace reelmend::plugin {

class EnginePool {
  public:
    static EnginePool& shared();

    // Empty: the user's default address. Never connects.
    std::shared_ptr<transport::EngineClient> client(const std::string& address);

    // Lets all clients go; those that still render live until they are done.
    void clear();

  private:
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<transport::EngineClient>> clients_;
};

}  // namespace reelmend::plugin
