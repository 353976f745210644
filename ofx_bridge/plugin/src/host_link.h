// The host as one effect of the bundle knows it.
#pragma once

#include <ofxpp/suites.h>

#include <memory>
#include <mutex>

namespace reelmend::plugin {

// Thread-safe: MLT sets the host anew for each frame, on worker threads, while others render.
class HostLink {
  public:
    void set(const OfxHost* host);

    // Fetched at the first call. Throws ofxpp::Error when no host was set or it lacks a suite.
    std::shared_ptr<const ofxpp::Suites> suites();

    // Forgets the suites, not the host.
    void drop();

  private:
    std::mutex mutex_;
    const OfxHost* host_ = nullptr;
    std::shared_ptr<const ofxpp::Suites> suites_;
};

}  // namespace reelmend::plugin
