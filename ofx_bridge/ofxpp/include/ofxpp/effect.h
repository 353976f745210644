// An image effect, either as a descriptor or as an instance.
#pragma once

#include <ofx/ofxImageEffect.h>

#include <optional>

#include "ofxpp/clip.h"
#include "ofxpp/param.h"
#include "ofxpp/property_set.h"
#include "ofxpp/suites.h"

namespace ofxpp {

class Effect {
  public:
    Effect(const Suites& suites, OfxImageEffectHandle handle) : suites_(&suites), handle_(handle) {
        if (handle == nullptr) throw Error(kOfxStatErrBadHandle, "the host gave no effect");
    }

    const Suites& suites() const { return *suites_; }
    OfxImageEffectHandle handle() const { return handle_; }
    PropertySet host() const { return PropertySet(suites_->property(), suites_->host()); }

    PropertySet properties() const {
        OfxPropertySetHandle properties = nullptr;
        check(require(suites_->effect().getPropertySet, "getPropertySet")(handle_, &properties), "the properties of",
              "effect");
        return PropertySet(suites_->property(), properties);
    }

    ParamSet params() const {
        OfxParamSetHandle params = nullptr;
        check(require(suites_->effect().getParamSet, "getParamSet")(handle_, &params), "the parameters of", "effect");
        return ParamSet(*suites_, params);
    }

    PropertySet define_clip(const char* name) const {
        OfxPropertySetHandle properties = nullptr;
        check(require(suites_->effect().clipDefine, "clipDefine")(handle_, name, &properties), "to define clip", name);
        return PropertySet(suites_->property(), properties);
    }

    Clip clip(const char* name) const {
        OfxImageClipHandle clip = nullptr;
        OfxPropertySetHandle properties = nullptr;
        check(require(suites_->effect().clipGetHandle, "clipGetHandle")(handle_, name, &clip, &properties),
              "to give clip", name);
        if (properties == nullptr)
            check(require(suites_->effect().clipGetPropertySet, "clipGetPropertySet")(clip, &properties),
                  "the properties of clip", name);
        return Clip(*suites_, clip, properties);
    }

    // The same for a clip that hosts may lack.
    std::optional<Clip> find_clip(const char* name) const {
        OfxImageClipHandle clip = nullptr;
        OfxPropertySetHandle properties = nullptr;
        auto* get_handle = suites_->effect().clipGetHandle;
        if (get_handle == nullptr || get_handle(handle_, name, &clip, &properties) != kOfxStatOK || clip == nullptr)
            return std::nullopt;
        auto* get_properties = suites_->effect().clipGetPropertySet;
        if (properties == nullptr && (get_properties == nullptr || get_properties(clip, &properties) != kOfxStatOK))
            return std::nullopt;
        return Clip(*suites_, clip, properties);
    }

    // Whether the host wants the render in progress to stop.
    bool aborting() const {
        auto* abort = suites_->effect().abort;
        return abort != nullptr && abort(handle_) != 0;
    }

  private:
    const Suites* suites_;
    OfxImageEffectHandle handle_;
};

}  // namespace ofxpp
