#include "engine_command.h"

#include <ofxpp/guard.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "resources.h"

namespace reelmend::plugin {

namespace {

constexpr const char* kVariable = "REELMEND_ENGINE_COMMAND";

}  // namespace

std::vector<std::string> split_words(const std::string& line) {
    std::vector<std::string> words;
    bool in_word = false;
    char quote = '\0';
    const auto add = [&](char c) {
        if (!in_word) words.emplace_back();
        in_word = true;
        words.back() += c;
    };
    for (size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
            add(line[++i]);
        } else if (quote != '\0') {
            if (c == quote)
                quote = '\0';
            else
                add(c);
        } else if (c == '\'' || c == '"') {
            quote = c;
            if (!in_word) words.emplace_back();
            in_word = true;
        } else if (c == ' ' || c == '\t' || c == '\n') {
            in_word = false;
        } else {
            add(c);
        }
    }
    if (quote != '\0') throw ofxpp::Error(kOfxStatFailed, std::string(kVariable) + " has an open quote: " + line);
    return words;
}

std::vector<std::string> parse_engine_command(const std::string& text, const std::string& where) {
    std::vector<std::string> command;
    std::string reason = "\"command\" is empty";
    const OfxStatus status = ofxpp::guarded(
        [&] {
            nlohmann::json::parse(text).at("command").get_to(command);
            return command.empty() ? kOfxStatFailed : kOfxStatOK;
        },
        [&](const char* why) { reason = why; });
    if (status != kOfxStatOK)
        throw ofxpp::Error(kOfxStatFailed, where + " can't be used: " + reason + "; run 'reelmend ofx install' again");
    return command;
}

std::vector<std::string> engine_command() {
    if (const char* line = std::getenv(kVariable); line != nullptr) {
        auto words = split_words(line);
        if (!words.empty()) return words;
    }
    const auto file = resources_folder() / "engine.json";
    if (const auto text = read_text(file)) return parse_engine_command(*text, file.string());
    return {"reelmend", "serve"};
}

}  // namespace reelmend::plugin
