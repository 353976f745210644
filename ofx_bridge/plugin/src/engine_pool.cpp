#include "engine_pool.h"

#include "engine_command.h"

namespace reelmend::plugin {

EnginePool& EnginePool::shared() {
    static EnginePool pool;
    return pool;
}

std::shared_ptr<transport::EngineClient> EnginePool::client(const std::string& address) {
    const std::string key = address.empty() ? transport::default_address() : address;
    const std::lock_guard lock(mutex_);
    auto& client = clients_[key];
    if (client == nullptr) {
        transport::EngineStart start;
        start.command = engine_command();
        client = std::make_shared<transport::EngineClient>(key, std::move(start));
    }
    return client;
}

void EnginePool::clear() {
    std::map<std::string, std::shared_ptr<transport::EngineClient>> gone;
    const std::lock_guard lock(mutex_);
    gone.swap(clients_);
}

}  // namespace reelmend::plugin
