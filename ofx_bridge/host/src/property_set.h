// Named, typed, indexed values: what every OpenFX object carries.
#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <variant>
#include <vector>

#include "registry.h"

namespace ofxhost {

// Shared, so that a char* given to a plug-in stays valid after the value has been replaced.
using Text = std::shared_ptr<const std::string>;

using IntValues = std::vector<int>;
using DoubleValues = std::vector<double>;
using TextValues = std::vector<Text>;
using PointerValues = std::vector<void*>;
using PropertyValues = std::variant<IntValues, DoubleValues, TextValues, PointerValues>;

struct Property {
    int dimension;  // 0: any number of values
    PropertyValues values;
    PropertyValues defaults;
};

enum class Access { ReadWrite, ReadOnly };

// Thread-safe. Unknown names throw kOfxStatErrUnknown, a wrong index kOfxStatErrBadIndex, a wrong type
// kOfxStatErrValue.
class PropertySet : public Registered<PropertySet> {
  public:
    PropertySet() = default;
    PropertySet(const PropertySet& other);
    PropertySet& operator=(const PropertySet&) = delete;
    virtual ~PropertySet() = default;

    // What the set belongs to, in words, and whether a plug-in has any business writing to it.
    void setKind(const char* kind, Access access = Access::ReadWrite) {
        kind_ = kind;
        access_ = access;
    }
    const char* kind() const { return kind_; }
    Access access() const { return access_; }

    OfxPropertySetHandle ofx() { return static_cast<OfxPropertySetHandle>(handle()); }

    // The dimension is the number of defaults; the *N forms take any number of values.
    void defineInt(const std::string& name, IntValues defaults = {0});
    void defineIntN(const std::string& name, IntValues defaults = {});
    void defineDouble(const std::string& name, DoubleValues defaults = {0.0});
    void defineDoubleN(const std::string& name, DoubleValues defaults = {});
    void defineText(const std::string& name, const std::vector<std::string>& defaults = {""});
    void defineTextN(const std::string& name, const std::vector<std::string>& defaults = {});
    void definePointer(const std::string& name, void* value = nullptr);

    template <class Values>
    void setOne(const char* name, int index, typename Values::value_type value);
    template <class Values>
    void setAll(const char* name, Values values);
    template <class Values>
    typename Values::value_type getOne(const char* name, int index) const;
    template <class Values>
    Values getAll(const char* name) const;

    void reset(const char* name);
    int dimension(const char* name) const;
    // True for a property that was declared to hold exactly one value.
    bool isScalar(const char* name) const;
    bool has(const char* name) const;
    std::vector<std::string> names() const;
    PropertyValues values(const char* name) const;

    int getInt(const char* name, int index = 0) const { return getOne<IntValues>(name, index); }
    double getDouble(const char* name, int index = 0) const { return getOne<DoubleValues>(name, index); }
    std::string getText(const char* name, int index = 0) const { return *getOne<TextValues>(name, index); }
    std::vector<std::string> getTexts(const char* name) const;
    void setInt(const char* name, int value) { setOne<IntValues>(name, 0, value); }
    void setDouble(const char* name, double value) { setOne<DoubleValues>(name, 0, value); }
    void setText(const char* name, const std::string& value);
    void setTexts(const char* name, const std::vector<std::string>& values);

  private:
    void define(const std::string& name, int dimension, PropertyValues defaults);
    Property& at(const char* name);
    const Property& at(const char* name) const;

    const char* kind_ = "arguments";
    Access access_ = Access::ReadWrite;
    mutable std::shared_mutex mutex_;
    std::map<std::string, Property, std::less<>> properties_;
    TextValues retired_;
};

}  // namespace ofxhost
