#include "connection_test.h"

#include <ofxpp/guard.h>
#include <ofxpp/message.h>

#include "engine_facts.h"
#include "status_lines.h"

namespace reelmend::plugin {

namespace {

constexpr std::chrono::milliseconds kListingTakes{2000};

std::string names_of(const std::vector<transport::ModelInfo>& models) {
    std::string names;
    for (const auto& model : models) names += (names.empty() ? "" : ", ") + model.id + " " + model.version;
    return names.empty() ? "none" : names;
}

}  // namespace

void test_connection(const EffectDefinition& definition, const ofxpp::Effect& effect, const Settings& settings) {
    const auto tell = [&](const char* kind, const std::string& words) {
        ofxpp::tell_once(effect.suites(), effect.handle(), kind, definition.label + ": " + words);
    };
    ofxpp::guarded(
        [&] {
            const auto engine = ask_engine(settings.engine_address, settings.device, kTestTakes, {});
            require_device(settings.device, engine);
            const auto models = ask_models(settings.engine_address, settings.device, kListingTakes, {});
            tell(kOfxMessageMessage, "connected. " + engine_line(engine) + "; it runs on " + device_line(engine) +
                                         "; its models: " + names_of(models) + ".");
            return kOfxStatOK;
        },
        [&](const char* reason) { tell(kOfxMessageError, std::string("Test connection: ") + reason); });
}

}  // namespace reelmend::plugin
