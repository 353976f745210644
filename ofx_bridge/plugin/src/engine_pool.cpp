#include "engine_pool.h"

#include "engine_command.h"
#include "lasting.h"

namespace reelmend::plugin {

namespace {

Lasting<EnginePool> pool;

}  // namespace

EnginePool& EnginePool::shared() {
    return pool.get();
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

void EnginePool::add_user(const void* effect) {
    const std::lock_guard lock(mutex_);
    users_.insert(effect);
}

void EnginePool::remove_user(const void* effect) {
    std::map<std::string, std::shared_ptr<transport::EngineClient>> gone;
    const std::lock_guard lock(mutex_);
    users_.erase(effect);
    if (users_.empty()) gone.swap(clients_);
}

bool EnginePool::in_use() {
    const std::lock_guard lock(mutex_);
    return !users_.empty();
}

}  // namespace reelmend::plugin
