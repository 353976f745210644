#include "colourspace.h"

#include <algorithm>
#include <cctype>

namespace reelmend::plugin {

namespace {

std::string lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return text;
}

}  // namespace

void follow_colourspace(const EffectDefinition& definition, const std::string& stated, Settings& settings) {
    if (!definition.transfer || stated.empty()) return;
    const auto& rule = *definition.transfer;
    const auto found = rule.colourspaces.find(lower_case(stated));
    if (found == rule.colourspaces.end()) return;
    auto& sent = settings.model;
    const auto at = std::find_if(sent.begin(), sent.end(), [&](const auto& p) { return p.name == rule.parameter; });
    if (at == sent.end())  // at its default, which is not sent to a model that the node doesn't know
        sent.push_back({rule.parameter, found->second});
    else if (at->value == transport::Value(rule.automatic))
        at->value = found->second;
}

}  // namespace reelmend::plugin
