// How to bring up an engine: from the environment, the bundle, or by name.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace reelmend::plugin {

// Words parted by spaces; a word, or part of one, may stand in '…' or "…". A backslash takes the next sign as it is,
// except in '…'. Throws ofxpp::Error when a quote is left open.
std::vector<std::string> split_words(const std::string& line);

// The argv that starts an engine: $REELMEND_ENGINE_COMMAND, else "command" of the bundle's engine.json, else
// {"reelmend", "serve"}, to be found on PATH. Throws ofxpp::Error.
std::vector<std::string> engine_command();

// "command" of an engine.json. Throws ofxpp::Error that names `where`.
std::vector<std::string> parse_engine_command(const std::string& text, const std::string& where);

}  // namespace reelmend::plugin
