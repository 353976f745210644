// The little that others need to know of the operating system.
#pragma once

#include <string>

namespace reelmend::transport {

// Differs between a process and the child that it forked.
long process_id();

// The file that the code or data at this address was loaded from, as the loader knows it; empty when it knows none.
std::string library_path(const void* inside);

}  // namespace reelmend::transport
