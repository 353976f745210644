#include "action.h"

namespace ofxhost {

namespace {
thread_local Action* current = nullptr;
}

Action* currentAction() {
    return current;
}

ActionScope::ActionScope(Action* action) : previous_(current) {
    current = action;
}
ActionScope::~ActionScope() {
    current = previous_;
}

}  // namespace ofxhost
