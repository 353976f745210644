// The parameters of an effect, in the order of their definition.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "param.h"

namespace ofxhost {

class EffectInstance;

class ParamSet : public Registered<ParamSet> {
  public:
    ParamSet();
    // The parameters of an instance, at their defaults.
    ParamSet(const ParamSet& descriptor, EffectInstance& instance, double project_width, double project_height);

    OfxParamSetHandle ofx() { return static_cast<OfxParamSetHandle>(handle()); }
    // Null for a set that only describes.
    EffectInstance* instance() const { return instance_; }

    // Throws kOfxStatErrUnsupported for an unknown type and kOfxStatErrExists for a name already taken.
    Param& define(const std::string& type, const std::string& name);
    Param* find(const std::string& name) const;
    const std::vector<std::unique_ptr<Param>>& all() const { return params_; }

    PropertySet props;

  private:
    EffectInstance* instance_ = nullptr;
    std::vector<std::unique_ptr<Param>> params_;
};

}  // namespace ofxhost
