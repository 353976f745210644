#include "property_set.h"

#include <algorithm>

namespace ofxhost {

namespace {

TextValues asTexts(const std::vector<std::string>& values) {
    TextValues texts;
    texts.reserve(values.size());
    for (const auto& value : values) texts.push_back(std::make_shared<const std::string>(value));
    return texts;
}

template <class Values>
Values& typed(PropertyValues& values, const char* name) {
    auto* held = std::get_if<Values>(&values);
    if (held == nullptr) throw StatusError(kOfxStatErrValue, std::string("property has another type: ") + name);
    return *held;
}

template <class Values>
const Values& typed(const PropertyValues& values, const char* name) {
    return typed<Values>(const_cast<PropertyValues&>(values), name);
}

StatusError badIndex(const char* name) {
    return StatusError(kOfxStatErrBadIndex, std::string("no such index in property ") + name);
}

}  // namespace

PropertySet::PropertySet(const PropertySet& other)
    : Registered<PropertySet>(other), kind_(other.kind_), access_(other.access_) {
    std::shared_lock lock(other.mutex_);
    properties_ = other.properties_;
}

void PropertySet::define(const std::string& name, int dimension, PropertyValues defaults) {
    std::unique_lock lock(mutex_);
    Property property{dimension, defaults, std::move(defaults)};
    properties_.insert_or_assign(name, std::move(property));
}

void PropertySet::defineInt(const std::string& name, IntValues defaults) {
    const int dimension = static_cast<int>(defaults.size());
    define(name, dimension, std::move(defaults));
}
void PropertySet::defineIntN(const std::string& name, IntValues defaults) {
    define(name, 0, std::move(defaults));
}
void PropertySet::defineDouble(const std::string& name, DoubleValues defaults) {
    const int dimension = static_cast<int>(defaults.size());
    define(name, dimension, std::move(defaults));
}
void PropertySet::defineDoubleN(const std::string& name, DoubleValues defaults) {
    define(name, 0, std::move(defaults));
}
void PropertySet::defineText(const std::string& name, const std::vector<std::string>& defaults) {
    define(name, static_cast<int>(defaults.size()), asTexts(defaults));
}
void PropertySet::defineTextN(const std::string& name, const std::vector<std::string>& defaults) {
    define(name, 0, asTexts(defaults));
}
void PropertySet::definePointer(const std::string& name, void* value) {
    define(name, 1, PointerValues{value});
}

Property& PropertySet::at(const char* name) {
    const auto found = name == nullptr ? properties_.end() : properties_.find(name);
    if (found == properties_.end()) {
        throw StatusError(kOfxStatErrUnknown, std::string("unknown property ") + (name ? name : "(null)"));
    }
    return found->second;
}

const Property& PropertySet::at(const char* name) const {
    return const_cast<PropertySet*>(this)->at(name);
}

template <class Values>
void PropertySet::setOne(const char* name, int index, typename Values::value_type value) {
    std::unique_lock lock(mutex_);
    Property& property = at(name);
    auto& values = typed<Values>(property.values, name);
    const bool appends = property.dimension == 0 && index == static_cast<int>(values.size());
    if (index < 0 || (!appends && index >= static_cast<int>(values.size()))) throw badIndex(name);
    if (appends) {
        values.push_back(std::move(value));
        return;
    }
    if constexpr (std::is_same_v<Values, TextValues>) {
        if (*values[index] == *value) return;
        retired_.push_back(values[index]);
    }
    values[index] = std::move(value);
}

template <class Values>
void PropertySet::setAll(const char* name, Values replacement) {
    std::unique_lock lock(mutex_);
    Property& property = at(name);
    auto& values = typed<Values>(property.values, name);
    if (property.dimension != 0 && static_cast<int>(replacement.size()) > property.dimension) throw badIndex(name);
    if constexpr (std::is_same_v<Values, TextValues>) retired_.insert(retired_.end(), values.begin(), values.end());
    if (property.dimension == 0) {
        values = std::move(replacement);
    } else {
        std::copy(replacement.begin(), replacement.end(), values.begin());
    }
}

template <class Values>
typename Values::value_type PropertySet::getOne(const char* name, int index) const {
    std::shared_lock lock(mutex_);
    const auto& values = typed<Values>(at(name).values, name);
    if (index < 0 || index >= static_cast<int>(values.size())) throw badIndex(name);
    return values[index];
}

template <class Values>
Values PropertySet::getAll(const char* name) const {
    std::shared_lock lock(mutex_);
    return typed<Values>(at(name).values, name);
}

template void PropertySet::setOne<IntValues>(const char*, int, int);
template void PropertySet::setOne<DoubleValues>(const char*, int, double);
template void PropertySet::setOne<TextValues>(const char*, int, Text);
template void PropertySet::setOne<PointerValues>(const char*, int, void*);
template void PropertySet::setAll<IntValues>(const char*, IntValues);
template void PropertySet::setAll<DoubleValues>(const char*, DoubleValues);
template void PropertySet::setAll<TextValues>(const char*, TextValues);
template void PropertySet::setAll<PointerValues>(const char*, PointerValues);
template int PropertySet::getOne<IntValues>(const char*, int) const;
template double PropertySet::getOne<DoubleValues>(const char*, int) const;
template Text PropertySet::getOne<TextValues>(const char*, int) const;
template void* PropertySet::getOne<PointerValues>(const char*, int) const;
template IntValues PropertySet::getAll<IntValues>(const char*) const;
template DoubleValues PropertySet::getAll<DoubleValues>(const char*) const;
template TextValues PropertySet::getAll<TextValues>(const char*) const;
template PointerValues PropertySet::getAll<PointerValues>(const char*) const;

void PropertySet::reset(const char* name) {
    std::unique_lock lock(mutex_);
    Property& property = at(name);
    if (auto* texts = std::get_if<TextValues>(&property.values)) {
        retired_.insert(retired_.end(), texts->begin(), texts->end());
    }
    property.values = property.defaults;
}

int PropertySet::dimension(const char* name) const {
    std::shared_lock lock(mutex_);
    return static_cast<int>(std::visit([](const auto& values) { return values.size(); }, at(name).values));
}

bool PropertySet::isScalar(const char* name) const {
    std::shared_lock lock(mutex_);
    return at(name).dimension == 1;
}

bool PropertySet::has(const char* name) const {
    std::shared_lock lock(mutex_);
    return properties_.find(name) != properties_.end();
}

std::vector<std::string> PropertySet::names() const {
    std::shared_lock lock(mutex_);
    std::vector<std::string> result;
    result.reserve(properties_.size());
    for (const auto& entry : properties_) result.push_back(entry.first);
    return result;
}

PropertyValues PropertySet::values(const char* name) const {
    std::shared_lock lock(mutex_);
    return at(name).values;
}

std::vector<std::string> PropertySet::getTexts(const char* name) const {
    std::vector<std::string> result;
    for (const auto& text : getAll<TextValues>(name)) result.push_back(*text);
    return result;
}

void PropertySet::setText(const char* name, const std::string& value) {
    setOne<TextValues>(name, 0, std::make_shared<const std::string>(value));
}

void PropertySet::setTexts(const char* name, const std::vector<std::string>& values) {
    setAll<TextValues>(name, asTexts(values));
}

}  // namespace ofxhost
