// One call into a plug-in: what the suites must know about the caller's thread while it runs.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "lent_strings.h"
#include "listener.h"
#include "proxy_view.h"
#include "temper.h"

namespace ofxhost {

class EffectInstance;

struct Action {
    std::string name;
    std::string reason;  // of a change
    Listener* listener = nullptr;
    const Temper* temper = nullptr;
    StringWatch* strings = nullptr;
    LentStrings lent;
    EffectInstance* instance = nullptr;
    double time = 0.0;
    View view;
    std::function<bool()> aborted;        // empty: never
    std::atomic<bool> stopped{false};     // set by whoever wants every render of the instance to end
    std::shared_ptr<PixelBuffer> output;  // set while rendering
    // What of each clip's pictures is handed out, in pixels; empty: all of it.
    std::map<std::string, OfxRectI> crops;
    bool renders() const { return output != nullptr; }
    bool aborting() const { return stopped || (aborted && aborted()); }
};

// The innermost action that the calling thread, or the thread that started it as a worker, is in; may be null.
Action* currentAction();

// The temper of the host that the calling thread's action belongs to; a plain one outside of actions.
const Temper& currentTemper();
// Passes a finding on to whoever listens to the calling thread's action.
void report(Severity severity, const std::string& rule, const std::string& text);
// The same, only where the host is strict.
void reportIfStrict(Severity severity, const std::string& rule, const std::string& text);

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
