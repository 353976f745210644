#include "action.h"

namespace ofxhost {

namespace {
thread_local Action* current = nullptr;
}

Action* currentAction() {
    return current;
}

const Temper& currentTemper() {
    static const Temper plain;
    return current == nullptr || current->temper == nullptr ? plain : *current->temper;
}

void report(Severity severity, const std::string& rule, const std::string& text) {
    if (current == nullptr || current->listener == nullptr || !current->listener->finding) return;
    current->listener->finding({severity, rule, text, current->name});
}

void reportIfStrict(Severity severity, const std::string& rule, const std::string& text) {
    if (currentTemper().strict) report(severity, rule, text);
}

ActionScope::ActionScope(Action* action) : previous_(current) {
    current = action;
}
ActionScope::~ActionScope() {
    current = previous_;
}

}  // namespace ofxhost
