// XXH3-128, whose state every file shares; the loops themselves are compiled in where they are used.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>
