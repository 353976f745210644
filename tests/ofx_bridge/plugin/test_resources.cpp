#include <fstream>
#include <sstream>

#include "checks.h"
#include "resources.h"

using namespace reelmend::plugin;

namespace {

const std::string kEffect = R"({"identifier": "org.x.Y", "label": "Y", "grouping": "X", "version": [2, 3],
    "effect": "y", "window": {"radius_parameter": "radius", "radius_frames": 4}, "groups": [{"name": "main",
    "label": "Main"}], "parameters": [{"name": "radius", "label": "Radius", "type": "integer", "role": "model",
    "default": 4, "minimum": 1, "maximum": 9, "hint": "Reach.", "group": "main"}]})";

std::string effects(const std::string& effect) {
    return R"({"format": 2, "effects": [)" + effect + "]}";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    if (at == std::string::npos) checks::fail(__FILE__, __LINE__, "the sample does not hold " + from);
    return text.replace(at, from.size(), to);
}

std::string refusal(const std::string& text) {
    return checks::thrown_by([&] { parse_effects(text, "/b/effects.json"); });
}

}  // namespace

TEST(effects_json_gives_panel_and_window) {
    const auto found = parse_effects(effects(kEffect), "effects.json");
    CHECK(found.size() == 1);
    const auto& effect = found.at(0);
    CHECK(effect.identifier == "org.x.Y" && effect.version_major == 2 && effect.version_minor == 3);
    CHECK(effect.radius_parameter == "radius" && effect.radius_frames == 4 && !effect.identity);
    const auto& radius = effect.parameters.at(0);
    CHECK(radius.type == ParameterType::integer && std::get<int64_t>(radius.default_value) == 4);
    CHECK(radius.minimum == 1 && radius.maximum == 9 && !radius.animates);
    CHECK(radius.hint == "Reach.");
}

TEST(what_is_not_effects_json_is_refused_with_file_and_remedy) {
    for (const char* text : {"", "nonsense", "[]", "{}", R"({"format": 2})", R"({"format": 2, "effects": []})",
                             R"({"format": 2, "effects": [{}]})", R"({"format": 2, "effects": 7})"}) {
        CHECK_SAYS(refusal(text), "/b/effects.json can't be used: ");
        CHECK_SAYS(refusal(text), "reelmend ofx install");
    }
}

TEST(another_format_is_refused) {
    CHECK_SAYS(refusal(R"({"format": 3, "effects": []})"), "format is 3, not 2");
}

TEST(a_defective_parameter_is_refused_by_name) {
    const auto broken = [](const char* from, const char* to) { return refusal(effects(replaced(kEffect, from, to))); };
    CHECK_SAYS(broken("\"integer\"", "\"matrix\""), "unknown type 'matrix'");
    CHECK_SAYS(broken("\"model\"", "\"nobody\""), "unknown role 'nobody'");
    CHECK_SAYS(broken("\"default\": 4", "\"default\": \"four\""), "type must be number");
    CHECK_SAYS(broken("\"minimum\": 1, ", ""), "minimum");
    CHECK_SAYS(broken("\"maximum\": 9", "\"maximum\": 0"), "'radius' has no usable range");
    CHECK_SAYS(broken("\"maximum\": 9", "\"maximum\": 9e9"), "'radius' has no usable range");
    CHECK_SAYS(broken("\"type\": \"integer\"", "\"type\": \"number\""), "the radius 'radius' is no integer");
    CHECK_SAYS(broken("\"group\": \"main\"", "\"group\": \"attic\""), "'radius' is in no group 'attic'");
    CHECK_SAYS(broken("\"radius_parameter\": \"radius\"", "\"radius_parameter\": \"reach\""), "no parameter 'reach'");
    CHECK_SAYS(broken("\"role\": \"model\"", "\"role\": \"view\""), "'radius' has a type that does not fit its role");
}

TEST(a_choice_whose_default_is_not_offered_is_refused) {
    const std::string choice = R"({"name": "view", "label": "View", "type": "choice", "role": "view",
        "default": "gain", "choices": [{"value": "result", "label": "Result"}]}, {"name": "radius")";
    CHECK_SAYS(refusal(effects(replaced(kEffect, "{\"name\": \"radius\"", choice))), "not among its choices");
}

TEST(what_holds_a_frame_is_read_and_refused_by_name) {
    const std::string menu = R"("holds": {"parameter": "reference", "value": "frame", "frame": "radius"},
        "parameters": [{"name": "reference", "label": "Reference", "type": "choice", "role": "model",
        "default": "frame", "choices": [{"value": "frame", "label": "Held frame"}]}, )";
    const std::string holding = replaced(kEffect, "\"parameters\": [", menu);
    const auto rule = parse_effects(effects(holding), "effects.json").at(0).holds;
    CHECK(rule && rule->parameter == "reference" && rule->value == "frame" && rule->frame == "radius");
    const auto broken = [&](const char* from, const char* to) { return refusal(effects(replaced(holding, from, to))); };
    CHECK_SAYS(broken("\"value\": \"frame\", \"frame\"", "\"value\": \"shot\", \"frame\""), "never is 'shot'");
    CHECK_SAYS(broken("\"frame\": \"radius\"", "\"frame\": \"number\""), "no parameter 'number'");
    CHECK_SAYS(broken("\"frame\": \"radius\"", "\"frame\": \"reference\""), "'reference' is no integer");
    CHECK(!parse_effects(effects(kEffect), "effects.json").at(0).holds);
}
