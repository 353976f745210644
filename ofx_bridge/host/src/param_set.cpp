#include "param_set.h"

#include "action.h"

namespace ofxhost {

ParamSet::ParamSet() {
    props.setKind("parameter set");
    props.defineInt(kOfxPropParamSetNeedsSyncing);
    props.defineTextN(kOfxPluginPropParamPageOrder);
}

ParamSet::ParamSet(const ParamSet& descriptor, EffectInstance& instance, double project_width, double project_height)
    : Registered<ParamSet>(), props(descriptor.props), instance_(&instance) {
    for (const auto& param : descriptor.params_) {
        params_.push_back(std::make_unique<Param>(*param, project_width, project_height));
        params_.back()->setOwner(this);
        params_.back()->props.setKind("parameter");
        params_.back()->props.setText(kOfxPropType, kOfxTypeParameterInstance);
    }
}

Param& ParamSet::define(const std::string& type, const std::string& name) {
    if (instance_ != nullptr) throw StatusError(kOfxStatErrBadHandle, "parameters are defined while describing only");
    const ParamType* known = findParamType(type);
    if (currentTemper().unknown_param_types.count(type) != 0) known = nullptr;
    if (known == nullptr) throw StatusError(kOfxStatErrUnsupported, "unknown parameter type " + type);
    if (name.empty()) throw StatusError(kOfxStatErrValue, "a parameter needs a name");
    if (find(name) != nullptr) throw StatusError(kOfxStatErrExists, "parameter already defined: " + name);
    params_.push_back(std::make_unique<Param>(*known, name));
    return *params_.back();
}

Param* ParamSet::find(const std::string& name) const {
    for (const auto& param : params_) {
        if (param->name() == name) return param.get();
    }
    return nullptr;
}

}  // namespace ofxhost
