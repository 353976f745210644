#include "engine_facts.h"

#include <ofxpp/guard.h>

#include <algorithm>
#include <utility>

#include "engine_pool.h"
#include "lasting.h"

namespace reelmend::plugin {

namespace {

using transport::ServerInfo;

Lasting<EngineFacts> facts;

std::string resolved(const std::string& address) {
    return address.empty() ? transport::default_address() : address;
}

const char* provider_of(Device device) {
    return device == Device::cuda ? "CUDAExecutionProvider" : "CPUExecutionProvider";
}

const char* word_for(Device device) {
    return device == Device::cuda ? "CUDA" : "the CPU";
}

}  // namespace

EngineFacts& EngineFacts::shared() {
    return facts.get();
}

std::optional<ServerInfo> EngineFacts::find(const std::string& address) const {
    const std::lock_guard lock(mutex_);
    const auto found = engines_.find(resolved(address));
    return found == engines_.end() ? std::nullopt : found->second.engine;
}

std::string EngineFacts::failure(const std::string& address) const {
    const std::lock_guard lock(mutex_);
    const auto found = engines_.find(resolved(address));
    return found == engines_.end() ? std::string() : found->second.failure;
}

void EngineFacts::learn(const std::string& address, const ServerInfo& engine) {
    const std::lock_guard lock(mutex_);
    Known& known = engines_[resolved(address)];
    // Another process may have other models.
    if (known.engine && known.engine->process_id != engine.process_id) known.models.reset();
    known.engine = engine;
    known.failure.clear();
}

std::optional<std::vector<transport::ModelInfo>> EngineFacts::models(const std::string& address) const {
    const std::lock_guard lock(mutex_);
    const auto found = engines_.find(resolved(address));
    return found == engines_.end() ? std::nullopt : found->second.models;
}

std::optional<transport::ModelInfo> EngineFacts::model(const std::string& address, const std::string& id) const {
    const auto all = models(address);
    if (!all) return std::nullopt;
    const auto found = std::find_if(all->begin(), all->end(), [&](const auto& model) { return model.id == id; });
    return found == all->end() ? std::nullopt : std::optional(*found);
}

void EngineFacts::learn_models(const std::string& address, std::vector<transport::ModelInfo> models) {
    const std::lock_guard lock(mutex_);
    engines_[resolved(address)].models = std::move(models);
}

void EngineFacts::fail(const std::string& address, const std::string& reason) {
    const std::lock_guard lock(mutex_);
    engines_[resolved(address)] = {std::nullopt, reason, std::nullopt};
}

void EngineFacts::forget(const std::string& address) {
    const std::lock_guard lock(mutex_);
    engines_.erase(resolved(address));
}

void EngineFacts::clear() {
    const std::lock_guard lock(mutex_);
    engines_.clear();
}

ServerInfo ask_engine(const std::string& address, Device device, std::chrono::milliseconds timeout,
                      const std::function<bool()>& aborted) {
    ServerInfo engine;
    std::string reason;
    const OfxStatus status = ofxpp::guarded(
        [&] {
            engine = EnginePool::shared().client(address, device)->server_info(timeout, aborted);
            EngineFacts::shared().learn(address, engine);
            return kOfxStatOK;
        },
        [&](const char* why) {
            reason = why;
            EngineFacts::shared().fail(address, reason);
        });
    if (status != kOfxStatOK) throw ofxpp::Error(status, reason);
    return engine;
}

std::vector<transport::ModelInfo> ask_models(const std::string& address, Device device,
                                             std::chrono::milliseconds timeout, const std::function<bool()>& aborted) {
    auto models = EnginePool::shared().client(address, device)->models(timeout, aborted);
    EngineFacts::shared().learn_models(address, models);
    return models;
}

void require_device(const Settings& settings, const std::function<bool()>& aborted) {
    if (settings.device == Device::automatic) return;
    const auto known = EngineFacts::shared().find(settings.engine_address);
    if (known && known->provider == provider_of(settings.device)) return;
    // One that was known to run on something else may have been stopped since.
    require_device(settings.device, ask_engine(settings.engine_address, settings.device, settings.timeout, aborted));
}

void require_device(Device device, const ServerInfo& engine) {
    if (device == Device::automatic || engine.provider == provider_of(device)) return;
    std::string reason = "the engine at " + engine.address + " (process " + std::to_string(engine.process_id) +
                         ") runs on " + engine.provider + ", but Device asks for " + word_for(device);
    if (!engine.provider_reason.empty()) reason += "; it says: " + engine.provider_reason;
    throw ofxpp::Error(kOfxStatFailed,
                       reason + "; stop it, so that the node starts one that does, or set Device to Auto");
}

}  // namespace reelmend::plugin
