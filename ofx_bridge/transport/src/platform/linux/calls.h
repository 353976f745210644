// How Linux's calls are made, and what they say.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace reelmend::transport::platform {

inline std::string reason(int error) {
    return std::system_category().message(error);
}

// The result of a call that a signal may interrupt: made again until none did.
template <typename Call>
auto restarted(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

}  // namespace reelmend::transport::platform
