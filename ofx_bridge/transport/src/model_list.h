// The answer of ListModels.
#pragma once

#include <vector>

#include "grpc_connection.h"
#include "reelmend/transport/engine_client.h"

namespace reelmend::transport {

// Throws ProtocolBroken.
std::vector<ModelInfo> decode_models(const Bytes& message);

}  // namespace reelmend::transport
