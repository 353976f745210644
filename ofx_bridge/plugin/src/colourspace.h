// What the host says of the source's colours.
#pragma once

#include <string>

#include "params.h"

namespace reelmend::plugin {

// Where the input transfer is automatic and the host states a colourspace that the panel knows, sets it to that
// colourspace's transfer function. `stated` may be empty.
void follow_colourspace(const EffectDefinition& definition, const std::string& stated, Settings& settings);

}  // namespace reelmend::plugin
