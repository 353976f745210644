// What an OfxImageEffectHandle points to: a description of an effect, or an instance of one.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "clip.h"
#include "listener.h"
#include "param_set.h"

namespace ofxhost {

class Effect : public Registered<Effect> {
  public:
    explicit Effect(Listener* effect_listener) : listener_(effect_listener) {}
    virtual ~Effect() = default;

    OfxImageEffectHandle ofx() { return static_cast<OfxImageEffectHandle>(handle()); }
    virtual ParamSet& paramSet() = 0;
    Listener* listener() const { return listener_; }
    void setListener(Listener* effect_listener) { listener_ = effect_listener; }

    PropertySet props;

  protected:
    Effect(const Effect&) = default;
    Effect(const PropertySet& properties, Listener* effect_listener) : props(properties), listener_(effect_listener) {}

  private:
    Listener* listener_;
};

class EffectDescriptor : public Effect {
  public:
    EffectDescriptor(const std::string& identifier, const std::string& file_path, Listener* listener);
    // A fresh description for one context, starting from what the plug-in said of itself in general.
    EffectDescriptor(const EffectDescriptor& general, const std::string& context);

    ParamSet& paramSet() override { return params_; }
    const ParamSet& paramSet() const { return params_; }
    const std::string& context() const { return context_; }
    ClipDescriptor& defineClip(const std::string& name);
    const std::deque<ClipDescriptor>& clips() const { return clips_; }
    const ClipDescriptor* findClip(const std::string& name) const;
    // Throws when a clip that the context demands is missing.
    void checkComplete() const;

  private:
    std::string context_;
    ParamSet params_;
    std::deque<ClipDescriptor> clips_;
};

}  // namespace ofxhost
