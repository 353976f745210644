// Is a file whole, and for this machine? The system's loader dies of SIGBUS on a truncated library.
#pragma once

#include <string>

namespace ofxhost {

// What is wrong with the library at `path`, or nothing when the loader may have it.
std::string libraryDefect(const std::string& path);

}  // namespace ofxhost
