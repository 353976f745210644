// Parameters: defining them in a descriptor, reading them in an instance.
#pragma once

#include <ofx/ofxParam.h>

#include <optional>
#include <string>

#include "ofxpp/property_set.h"
#include "ofxpp/suites.h"

namespace ofxpp {

// A parameter of an instance. Without a time the host answers for its current one.
class Param {
  public:
    Param(const Suites& suites, OfxParamHandle handle, const char* name)
        : suites_(&suites), handle_(handle), name_(name) {}

    double number(std::optional<OfxTime> time) const { return read<double>(time); }
    int integer(std::optional<OfxTime> time) const { return read<int>(time); }
    std::string text(std::optional<OfxTime> time) const {
        const char* value = read<const char*>(time);
        return value == nullptr ? std::string() : std::string(value);
    }

  private:
    template <class Value>
    Value read(std::optional<OfxTime> time) const {
        Value value{};
        const auto& suite = suites_->parameter();
        if (time)
            check(require(suite.paramGetValueAtTime, "paramGetValueAtTime")(handle_, *time, &value), "to read", name_);
        else
            check(require(suite.paramGetValue, "paramGetValue")(handle_, &value), "to read", name_);
        return value;
    }

    const Suites* suites_;
    OfxParamHandle handle_;
    const char* name_;
};

class ParamSet {
  public:
    ParamSet(const Suites& suites, OfxParamSetHandle handle) : suites_(&suites), handle_(handle) {
        if (handle == nullptr) throw Error(kOfxStatErrBadHandle, "the host gave no parameter set");
    }

    // Nothing where the host doesn't know the type.
    std::optional<PropertySet> define(const char* type, const char* name) const {
        OfxPropertySetHandle properties = nullptr;
        const OfxStatus status =
            require(suites_->parameter().paramDefine, "paramDefine")(handle_, type, name, &properties);
        if (means_unknown(status)) return std::nullopt;
        check(status, "to define parameter", name);
        return PropertySet(suites_->property(), properties);
    }

    // Nothing where the host didn't take the parameter when it was defined.
    std::optional<Param> find(const char* name) const {
        OfxParamHandle param = nullptr;
        const OfxStatus status =
            require(suites_->parameter().paramGetHandle, "paramGetHandle")(handle_, name, &param, nullptr);
        if (means_unknown(status) || (status == kOfxStatOK && param == nullptr)) return std::nullopt;
        check(status, "to give parameter", name);
        return Param(*suites_, param, name);
    }

  private:
    const Suites* suites_;
    OfxParamSetHandle handle_;
};

}  // namespace ofxpp
