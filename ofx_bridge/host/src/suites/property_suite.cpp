#include "ofx/ofxProperty.h"
#include "property_set.h"
#include "suites.h"

namespace ofxhost {

namespace {

template <class Values, class Value>
OfxStatus setOne(OfxPropertySetHandle set, const char* name, int index, Value value) {
    return guarded([&] { PropertySet::from(set).setOne<Values>(name, index, value); });
}

OfxStatus setText(OfxPropertySetHandle set, const char* name, int index, const char* value) {
    return guarded([&] {
        if (value == nullptr) throw StatusError(kOfxStatErrValue, "a string property cannot be NULL");
        PropertySet::from(set).setOne<TextValues>(name, index, std::make_shared<const std::string>(value));
    });
}

template <class Values, class Value>
OfxStatus setMany(OfxPropertySetHandle set, const char* name, int count, Value const* values) {
    return guarded([&] {
        if (count < 0 || (count > 0 && values == nullptr)) throw StatusError(kOfxStatErrValue, "no values given");
        PropertySet::from(set).setAll<Values>(name, Values(values, values + count));
    });
}

OfxStatus setTexts(OfxPropertySetHandle set, const char* name, int count, const char* const* values) {
    return guarded([&] {
        if (count < 0 || (count > 0 && values == nullptr)) throw StatusError(kOfxStatErrValue, "no values given");
        TextValues texts;
        for (int i = 0; i < count; ++i) {
            if (values[i] == nullptr) throw StatusError(kOfxStatErrValue, "a string property cannot be NULL");
            texts.push_back(std::make_shared<const std::string>(values[i]));
        }
        PropertySet::from(set).setAll<TextValues>(name, std::move(texts));
    });
}

template <class Values, class Value>
OfxStatus getOne(OfxPropertySetHandle set, const char* name, int index, Value* value) {
    return guarded([&] { *value = PropertySet::from(set).getOne<Values>(name, index); });
}

// The interface says char**, yet the string belongs to the host and the caller only reads it.
OfxStatus getText(OfxPropertySetHandle set, const char* name, int index, char** value) {
    return guarded(
        [&] { *value = const_cast<char*>(PropertySet::from(set).getOne<TextValues>(name, index)->c_str()); });
}

template <class Values, class Value>
OfxStatus getMany(OfxPropertySetHandle set, const char* name, int count, Value* values) {
    return guarded([&] {
        const Values held = PropertySet::from(set).getAll<Values>(name);
        if (count < 0 || count > static_cast<int>(held.size())) throw StatusError(kOfxStatErrBadIndex, name);
        for (int i = 0; i < count; ++i) values[i] = held[i];
    });
}

OfxStatus getTexts(OfxPropertySetHandle set, const char* name, int count, char** values) {
    return guarded([&] {
        const TextValues held = PropertySet::from(set).getAll<TextValues>(name);
        if (count < 0 || count > static_cast<int>(held.size())) throw StatusError(kOfxStatErrBadIndex, name);
        for (int i = 0; i < count; ++i) values[i] = const_cast<char*>(held[i]->c_str());
    });
}

OfxStatus reset(OfxPropertySetHandle set, const char* name) {
    return guarded([&] { PropertySet::from(set).reset(name); });
}

OfxStatus getDimension(OfxPropertySetHandle set, const char* name, int* count) {
    return guarded([&] { *count = PropertySet::from(set).dimension(name); });
}

}  // namespace

const OfxPropertySuiteV1* propertySuite() {
    static const OfxPropertySuiteV1 suite = {
        setOne<PointerValues, void*>,
        setText,
        setOne<DoubleValues, double>,
        setOne<IntValues, int>,
        setMany<PointerValues, void*>,
        setTexts,
        setMany<DoubleValues, double>,
        setMany<IntValues, int>,
        getOne<PointerValues, void*>,
        getText,
        getOne<DoubleValues, double>,
        getOne<IntValues, int>,
        getMany<PointerValues, void*>,
        getTexts,
        getMany<DoubleValues, double>,
        getMany<IntValues, int>,
        reset,
        getDimension,
    };
    return &suite;
}

}  // namespace ofxhost
