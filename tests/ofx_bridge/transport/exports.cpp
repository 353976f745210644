// A shared object such as the plug-in: everything of the transport inside, one symbol of its own.
#include "reelmend/transport/engine_client.h"

extern "C" __attribute__((visibility("default"))) int exported_by_test() {
    reelmend::transport::EngineClient client("", {});
    return client.address().empty() ? 0
                                    : static_cast<int>(client.server_info(std::chrono::milliseconds(1)).api_version);
}
