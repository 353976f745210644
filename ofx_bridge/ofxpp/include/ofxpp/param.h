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

    // Sets the value for all times; keys go first. Whether the host took it: hosts refuse where the standard doesn't
    // allow it, and some lack the functions. A text must stay as it is until it is replaced.
    bool offer(double value) const { return write(value); }
    bool offer(int value) const { return write(value); }
    bool offer(const char* value) const { return write(value); }

    // Whether the host says that the value changes with time.
    bool is_animated() const {
        auto* count_keys = suites_->parameter().paramGetNumKeys;
        unsigned int keys = 0;
        return count_keys != nullptr && count_keys(handle_, &keys) == kOfxStatOK && keys > 0;
    }

    // Nothing where the host has none.
    std::optional<PropertySet> properties() const {
        auto* get = suites_->parameter().paramGetPropertySet;
        OfxPropertySetHandle properties = nullptr;
        if (get == nullptr || get(handle_, &properties) != kOfxStatOK || properties == nullptr) return std::nullopt;
        return PropertySet(suites_->property(), properties);
    }

  private:
    template <class Value>
    bool write(Value value) const {
        const auto& suite = suites_->parameter();
        if (is_animated() && suite.paramDeleteAllKeys != nullptr) suite.paramDeleteAllKeys(handle_);
        return suite.paramSetValue != nullptr && suite.paramSetValue(handle_, value) == kOfxStatOK;
    }

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

    // What is set between these two is one step of the host's undo.
    void begin_edit(const char* label) const {
        if (auto* begin = suites_->parameter().paramEditBegin; begin != nullptr) begin(handle_, label);
    }
    void end_edit() const {
        if (auto* end = suites_->parameter().paramEditEnd; end != nullptr) end(handle_);
    }

  private:
    const Suites* suites_;
    OfxParamSetHandle handle_;
};

}  // namespace ofxpp
