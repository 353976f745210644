#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace ofxhost {

inline bool contains(const std::vector<std::string>& list, const std::string& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace ofxhost
