#include "checks.h"
#include "colourspace.h"

using namespace reelmend::plugin;

namespace {

EffectDefinition with_rule() {
    EffectDefinition definition;
    definition.transfer = TransferRule{"input_transfer", "auto", {{"acescg", "linear"}, {"srgb_display", "video"}}};
    return definition;
}

std::string sent(const std::string& stated, const char* chosen) {
    Settings settings;
    if (chosen != nullptr) settings.model.push_back({"input_transfer", std::string(chosen)});
    follow_colourspace(with_rule(), stated, settings);
    return settings.model.empty() ? "nothing" : std::get<std::string>(settings.model.front().value);
}

}  // namespace

TEST(automatic_transfer_follows_the_colourspace_that_the_host_states) {
    CHECK(sent("ACEScg", "auto") == "linear");
    CHECK(sent("sRGB_Display", "auto") == "video");
    CHECK(sent("ACEScg", nullptr) == "linear");
}

TEST(what_the_user_chose_holds_whatever_the_host_states) {
    CHECK(sent("ACEScg", "as_is") == "as_is");
    CHECK(sent("ACEScg", "cineon_log") == "cineon_log");
}

TEST(host_that_states_nothing_known_leaves_the_choice_to_the_engine) {
    CHECK(sent("", "auto") == "auto");
    CHECK(sent("some camera's own", "auto") == "auto");
    CHECK(sent("", nullptr) == "nothing");
}
