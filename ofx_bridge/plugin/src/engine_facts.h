// What the engines of this process said of themselves when they were asked last, by address.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "params.h"

namespace reelmend::plugin {

// Thread-safe. Never connects by itself.
class EngineFacts {
  public:
    static EngineFacts& shared();

    // Nothing when the engine was never asked, or has failed since. Empty: the user's default address.
    std::optional<transport::ServerInfo> find(const std::string& address) const;
    // Why it couldn't be asked; empty: it could, or never was.
    std::string failure(const std::string& address) const;
    void learn(const std::string& address, const transport::ServerInfo& engine);
    // Its models; nothing when it was never asked for them.
    std::optional<std::vector<transport::ModelInfo>> models(const std::string& address) const;
    std::optional<transport::ModelInfo> model(const std::string& address, const std::string& id) const;
    void learn_models(const std::string& address, std::vector<transport::ModelInfo> models);
    void fail(const std::string& address, const std::string& reason);
    void forget(const std::string& address);
    void clear();

  private:
    struct Known {
        std::optional<transport::ServerInfo> engine;
        std::string failure;
        std::optional<std::vector<transport::ModelInfo>> models;
    };

    mutable std::mutex mutex_;
    std::map<std::string, Known> engines_;
};

// Asks the engine who it is, starting one where none answers, and remembers the answer. Throws, and remembers why.
transport::ServerInfo ask_engine(const std::string& address, Device device, std::chrono::milliseconds timeout,
                                 const std::function<bool()>& aborted);

// Asks the engine for its models and remembers them. Throws.
std::vector<transport::ModelInfo> ask_models(const std::string& address, Device device,
                                             std::chrono::milliseconds timeout, const std::function<bool()>& aborted);

// Throws ofxpp::Error when the engine runs on something else than the settings want. Asks it unless it is known to do.
void require_device(const Settings& settings, const std::function<bool()>& aborted);

// The same of an engine that has answered.
void require_device(Device device, const transport::ServerInfo& engine);

}  // namespace reelmend::plugin
