#include "engine_pool.h"

#include <utility>

#include "engine_command.h"
#include "lasting.h"
#include "reelmend/transport/system.h"

namespace reelmend::plugin {

namespace {

Lasting<EnginePool> pool;

}  // namespace

EnginePool& EnginePool::shared() {
    return pool.get();
}

std::shared_ptr<transport::EngineClient> EnginePool::client(const std::string& address, Device device) {
    const std::string where = address.empty() ? transport::default_address() : address;
    const std::lock_guard lock(mutex_);
    leave_parents_clients();
    auto& client = clients_[{where, device}];
    if (client == nullptr) {
        transport::EngineStart start;
        start.command = engine_command();
        if (device != Device::automatic)
            start.command.insert(start.command.end(), {"--provider", device == Device::cuda ? "cuda" : "cpu"});
        client = std::make_shared<transport::EngineClient>(where, std::move(start));
    }
    return client;
}

void EnginePool::add_user(const void* effect) {
    const std::lock_guard lock(mutex_);
    users_.insert(effect);
}

void EnginePool::remove_user(const void* effect) {
    Clients gone;
    const std::lock_guard lock(mutex_);
    users_.erase(effect);
    leave_parents_clients();
    if (users_.empty()) gone.swap(clients_);
}

bool EnginePool::in_use() {
    const std::lock_guard lock(mutex_);
    return !users_.empty();
}

// A host that forks without exec leaves its child our connections. They are the parent's: a word on them from here
// would end its streams, so they are neither used nor closed, but left alone for good.
void EnginePool::leave_parents_clients() {
    const long process = transport::process_id();
    if (process_ != 0 && process_ != process) static_cast<void>(new Clients(std::move(clients_)));
    if (process_ != process) clients_.clear();
    process_ = process;
}

}  // namespace reelmend::plugin
