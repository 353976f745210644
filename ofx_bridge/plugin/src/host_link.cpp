#include "host_link.h"

namespace reelmend::plugin {

void HostLink::set(const OfxHost* host) {
    const std::lock_guard lock(mutex_);
    if (host == nullptr || host == host_) return;
    host_ = host;
    suites_.reset();
}

std::shared_ptr<const ofxpp::Suites> HostLink::suites() {
    const std::lock_guard lock(mutex_);
    if (host_ == nullptr) throw ofxpp::Error(kOfxStatErrMissingHostFeature, "the host never called setHost");
    if (suites_ == nullptr) suites_ = std::make_shared<const ofxpp::Suites>(*host_);
    return suites_;
}

void HostLink::drop() {
    const std::lock_guard lock(mutex_);
    suites_.reset();
}

}  // namespace reelmend::plugin
