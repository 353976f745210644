#include "resources.h"

#include <ofxpp/status.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "reelmend/transport/system.h"

namespace reelmend::plugin {

namespace {

[[noreturn]] void refuse(const std::string& reason) {
    throw ofxpp::Error(kOfxStatFailed, reason);
}

}  // namespace

std::optional<int> ParameterDefinition::choice_of(const std::string& value) const {
    const auto found = std::find_if(choices.begin(), choices.end(), [&](const Choice& c) { return c.value == value; });
    if (found == choices.end()) return std::nullopt;
    return static_cast<int>(found - choices.begin());
}

int ParameterDefinition::default_choice() const {
    const auto found = choice_of(std::get<std::string>(default_value));
    if (!found) refuse("the default of '" + name + "' is not among its choices");
    return *found;
}

const ModelParameter* ModelDefinition::find(const std::string& name) const {
    for (const auto& parameter : parameters)
        if (parameter.name == name) return &parameter;
    return nullptr;
}

const ModelDefinition* EffectDefinition::find_model(const std::string& id) const {
    for (const auto& known : models)
        if (known.id == id) return &known;
    return nullptr;
}

const ParameterDefinition* EffectDefinition::find(const std::string& name) const {
    for (const auto& parameter : parameters)
        if (parameter.name == name) return &parameter;
    return nullptr;
}

const ParameterDefinition* EffectDefinition::find(Role wanted) const {
    for (const auto& parameter : parameters)
        if (parameter.role == wanted) return &parameter;
    return nullptr;
}

std::filesystem::path resources_folder() {
    const std::string library = transport::library_path(reinterpret_cast<const void*>(&resources_folder));
    if (library.empty()) refuse("the plug-in can't tell which file it was loaded from");
    // Contents/Linux-x86-64/Reelmend.ofx → Contents/Resources. The folder is resolved, not the file: a binary that is
    // a link into a build tree still belongs to the bundle that links it.
    const std::filesystem::path folder = std::filesystem::path(library).parent_path();
    return std::filesystem::canonical(folder.empty() ? "." : folder).parent_path() / "Resources";
}

std::optional<std::string> read_text(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace reelmend::plugin
