// One parameter: its description, its value, and its value over time.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "ofx/ofxParam.h"
#include "property_set.h"

namespace ofxhost {

enum class ParamKind { None, Int, Double, Bool, Choice, String, Bytes };

struct ParamType {
    const char* name;
    ParamKind kind;
    int dimension;
};

// Null for a type this host does not have.
const ParamType* findParamType(const std::string& name);

// Numbers hold integers, booleans and choice indices too; text holds strings, string choices, custom values and bytes.
struct ParamValue {
    std::array<double, 4> numbers{};
    std::string text;
    bool operator==(const ParamValue& other) const { return numbers == other.numbers && text == other.text; }
    bool operator!=(const ParamValue& other) const { return !(*this == other); }
};

class ParamSet;

// Thread-safe. Values are read from render threads while the embedding program sets them.
class Param : public Registered<Param> {
  public:
    Param(const ParamType& type, const std::string& name);
    // An instance's parameter, at its default. The project's size turns normalised defaults into pixels.
    Param(const Param& descriptor, double project_width, double project_height);

    OfxParamHandle ofx() { return static_cast<OfxParamHandle>(handle()); }
    const ParamType& type() const { return type_; }
    const std::string& name() const { return name_; }
    bool hasValue() const { return type_.kind != ParamKind::None; }
    bool animates() const;

    ParamValue at(double time) const;
    ParamValue defaultValue() const;
    // A constant value; where there are keys, a key at `time`. True when something changed.
    bool set(const ParamValue& value, double time);
    bool setKey(double time, const ParamValue& value);
    void setConstant(const ParamValue& value);

    // Throws kOfxStatErrValue with the allowed range when the value lies outside it.
    void check(const ParamValue& value) const;
    ParamValue clamped(ParamValue value) const;

    double derivative(double time, int dimension) const;
    double integral(double from, double to, int dimension) const;

    std::map<double, ParamValue> keys() const;
    bool deleteKey(double time);
    void deleteAllKeys();
    void copyFrom(const Param& source, double offset, const OfxRangeD* range);

    // A char* with this text that lives as long as the parameter.
    const char* lasting(const std::string& text);

    void setOwner(ParamSet* owner) { owner_ = owner; }
    ParamSet* owner() const { return owner_; }

    PropertySet props;

  private:
    void defineProperties();
    void defineValueProperties();
    void requireAnimates() const;
    void noteAnimation();
    ParamValue interpolated(double time) const;
    ParamValue between(double time, const std::pair<const double, ParamValue>& before,
                       const std::pair<const double, ParamValue>& after) const;
    std::string customBetween(double time, const std::pair<const double, ParamValue>& before,
                              const std::pair<const double, ParamValue>& after) const;
    double limit(const char* property, int dimension) const;

    const ParamType& type_;
    std::string name_;
    ParamSet* owner_ = nullptr;
    mutable std::recursive_mutex mutex_;
    ParamValue constant_;
    std::map<double, ParamValue> keys_;
    std::set<std::string> lasting_;
};

}  // namespace ofxhost
