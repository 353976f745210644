// One call into a plug-in: what the suites must know about the caller's thread while it runs.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "listener.h"

namespace ofxhost {

class EffectInstance;
struct PixelBuffer;

struct Action {
    std::string name;
    Listener* listener = nullptr;
    EffectInstance* instance = nullptr;
    double time = 0.0;
    std::function<bool()> aborted;        // empty: never
    std::shared_ptr<PixelBuffer> output;  // set while rendering
    bool renders() const { return output != nullptr; }
};

// The innermost action that the calling thread, or the thread that started it as a worker, is in; may be null.
Action* currentAction();

class ActionScope {
  public:
    explicit ActionScope(Action* action);
    ~ActionScope();
    ActionScope(const ActionScope&) = delete;
    ActionScope& operator=(const ActionScope&) = delete;

  private:
    Action* previous_;
};

}  // namespace ofxhost
