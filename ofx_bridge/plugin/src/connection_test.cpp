#include "connection_test.h"

#include <ofxpp/guard.h>
#include <ofxpp/message.h>

#include "engine_facts.h"
#include "status_lines.h"

namespace reelmend::plugin {

void test_connection(const EffectDefinition& definition, const ofxpp::Effect& effect, const Settings& settings) {
    const auto tell = [&](const char* kind, const std::string& words) {
        ofxpp::tell_once(effect.suites(), effect.handle(), kind, definition.label + ": " + words);
    };
    ofxpp::guarded(
        [&] {
            const auto engine = ask_engine(settings.engine_address, settings.device, kTestTakes, {});
            require_device(settings.device, engine);
            tell(kOfxMessageMessage, "connected. " + engine_line(engine) + "; it runs on " + device_line(engine) + ".");
            return kOfxStatOK;
        },
        [&](const char* reason) { tell(kOfxMessageError, std::string("Test connection: ") + reason); });
}

}  // namespace reelmend::plugin
