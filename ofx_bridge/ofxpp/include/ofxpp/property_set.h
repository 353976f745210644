// Typed, named, indexed values of one OpenFX object. The host owns the object; this only refers to it.
#pragma once

#include <ofx/ofxProperty.h>

#include <optional>
#include <string>

#include "ofxpp/status.h"

namespace ofxpp {

// `get` and `set` throw when the host refuses. `find` answers nothing, and `offer` does nothing, where the host doesn't
// know the property: hosts of an older version answer ErrUnknown, and that must not fail the action.
class PropertySet {
  public:
    PropertySet(const OfxPropertySuiteV1& suite, OfxPropertySetHandle handle) : suite_(&suite), handle_(handle) {
        if (handle == nullptr) throw Error(kOfxStatErrBadHandle, "the host gave no property set");
    }

    OfxPropertySetHandle handle() const { return handle_; }

    int get_int(const char* name, int index = 0) const {
        int value = 0;
        check(require(suite_->propGetInt, "propGetInt")(handle_, name, index, &value), "to read", name);
        return value;
    }
    double get_double(const char* name, int index = 0) const {
        double value = 0;
        check(require(suite_->propGetDouble, "propGetDouble")(handle_, name, index, &value), "to read", name);
        return value;
    }
    void* get_pointer(const char* name, int index = 0) const {
        void* value = nullptr;
        check(require(suite_->propGetPointer, "propGetPointer")(handle_, name, index, &value), "to read", name);
        return value;
    }
    std::string get_string(const char* name, int index = 0) const {
        char* value = nullptr;
        check(require(suite_->propGetString, "propGetString")(handle_, name, index, &value), "to read", name);
        return value == nullptr ? std::string() : std::string(value);
    }

    std::optional<int> find_int(const char* name, int index = 0) const {
        int value = 0;
        const OfxStatus status = require(suite_->propGetInt, "propGetInt")(handle_, name, index, &value);
        return found(status, name, value);
    }
    std::optional<double> find_double(const char* name, int index = 0) const {
        double value = 0;
        const OfxStatus status = require(suite_->propGetDouble, "propGetDouble")(handle_, name, index, &value);
        return found(status, name, value);
    }
    std::optional<void*> find_pointer(const char* name, int index = 0) const {
        void* value = nullptr;
        const OfxStatus status = require(suite_->propGetPointer, "propGetPointer")(handle_, name, index, &value);
        return found(status, name, value);
    }
    std::optional<std::string> find_string(const char* name, int index = 0) const {
        char* value = nullptr;
        const OfxStatus status = require(suite_->propGetString, "propGetString")(handle_, name, index, &value);
        return found(status, name, value == nullptr ? std::string() : std::string(value));
    }

    void set(const char* name, int value, int index = 0) const {
        check(require(suite_->propSetInt, "propSetInt")(handle_, name, index, value), "to set", name);
    }
    void set(const char* name, double value, int index = 0) const {
        check(require(suite_->propSetDouble, "propSetDouble")(handle_, name, index, value), "to set", name);
    }
    // Some hosts keep the pointer: the text must live as long as the plug-in.
    void set(const char* name, const char* value, int index = 0) const {
        check(require(suite_->propSetString, "propSetString")(handle_, name, index, value), "to set", name);
    }

    // Whether the host took it.
    bool offer_pointer(const char* name, void* value, int index = 0) const {
        const OfxStatus status = require(suite_->propSetPointer, "propSetPointer")(handle_, name, index, value);
        tolerate(status, name);
        return status == kOfxStatOK;
    }
    void offer(const char* name, int value, int index = 0) const {
        tolerate(require(suite_->propSetInt, "propSetInt")(handle_, name, index, value), name);
    }
    void offer(const char* name, double value, int index = 0) const {
        tolerate(require(suite_->propSetDouble, "propSetDouble")(handle_, name, index, value), name);
    }
    void offer(const char* name, const char* value, int index = 0) const {
        tolerate(require(suite_->propSetString, "propSetString")(handle_, name, index, value), name);
    }

  private:
    template <class Value>
    static std::optional<Value> found(OfxStatus status, const char* name, Value value) {
        if (means_unknown(status)) return std::nullopt;
        check(status, "to read", name);
        return value;
    }
    static void tolerate(OfxStatus status, const char* name) {
        if (!means_unknown(status)) check(status, "to set", name);
    }

    const OfxPropertySuiteV1* suite_;
    OfxPropertySetHandle handle_;
};

}  // namespace ofxpp
