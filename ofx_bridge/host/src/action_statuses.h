// Which statuses the standard lets a plug-in answer to which action.
#pragma once

#include <string>

#include "ofx/ofxCore.h"

namespace ofxhost {

// What is wrong with the answer, or nothing.
std::string statusDefect(const std::string& action, OfxStatus status);

}  // namespace ofxhost
