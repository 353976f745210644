#include "action.h"
#include "ofx/ofxProperty.h"
#include "property_set.h"
#include "standard_properties.h"
#include "suites.h"

namespace ofxhost {

namespace {

template <class Values>
constexpr unsigned kTypeOf = std::is_same_v<Values, IntValues>      ? kInts
                             : std::is_same_v<Values, DoubleValues> ? kDoubles
                             : std::is_same_v<Values, TextValues>   ? kTexts
                                                                    : kPointers;

std::string named(const PropertySet& set, const char* name) {
    return std::string("'") + (name == nullptr ? "(null)" : name) + "' of " + set.kind();
}

// What a strict host has to say about a call that it refuses.
void reportRefusal(const PropertySet& set, const char* name, const char* verb, OfxStatus status) {
    const bool standard = name != nullptr && findStandardProperty(name) != nullptr;
    const std::string what = std::string(verb) + " " + named(set, name);
    if (status == kOfxStatErrUnknown) {
        reportIfStrict(standard ? Severity::Warning : Severity::Note, "unknown-property",
                       what + (standard ? ": this object has no such property" : ": no such property in the standard"));
    } else if (status == kOfxStatErrBadIndex) {
        reportIfStrict(Severity::Error, "bad-index", what + ": no such index");
    } else {
        reportIfStrict(Severity::Error, "wrong-type", what + ": the property is of another type");
    }
}

// Runs `body` on the set; a property that this host's temper hides is unknown.
template <class Body>
OfxStatus onSet(OfxPropertySetHandle handle, const char* name, const char* verb, Body&& body) {
    return guarded([&] {
        PropertySet& set = PropertySet::from(handle);
        try {
            if (currentTemper().hides(set.kind(), name)) throw StatusError(kOfxStatErrUnknown, "hidden");
            body(set);
        } catch (const StatusError& error) {
            reportRefusal(set, name, verb, error.status());
            throw;
        }
    });
}

void checkWrite(const PropertySet& set, const char* name, unsigned type) {
    if (!currentTemper().strict) return;
    if (set.access() == Access::ReadOnly) report(Severity::Error, "read-only", "wrote " + named(set, name));
    const StandardProperty* standard = findStandardProperty(name);
    if (standard != nullptr && (standard->types & type) == 0) {
        report(Severity::Error, "wrong-type", "wrote " + named(set, name) + " with another type than the standard's");
    }
}

void checkText(const PropertySet& set, const char* name, const char* value) {
    const Action* action = currentAction();
    if (action != nullptr && action->strings != nullptr && currentTemper().watchesStrings()) {
        action->strings->note(value, named(set, name));
    }
    if (!currentTemper().strict) return;
    const StandardProperty* standard = findStandardProperty(name);
    if (standard == nullptr || allowsValue(*standard, value)) return;
    report(Severity::Error, "bad-value", "wrote '" + std::string(value) + "' to " + named(set, name));
}

// Some hosts take an instance's menus as they were described.
bool frozen(const PropertySet& set, const char* name) {
    return currentTemper().frozen_menus && std::string(set.kind()) == "parameter" &&
           std::string(name) == kOfxParamPropChoiceOption;
}

template <class Values, class Value>
OfxStatus setOne(OfxPropertySetHandle handle, const char* name, int index, Value value) {
    return onSet(handle, name, "wrote", [&](PropertySet& set) {
        set.setOne<Values>(name, index, value);
        checkWrite(set, name, kTypeOf<Values>);
    });
}

OfxStatus setText(OfxPropertySetHandle handle, const char* name, int index, const char* value) {
    return onSet(handle, name, "wrote", [&](PropertySet& set) {
        if (value == nullptr) throw StatusError(kOfxStatErrValue, "a string property cannot be NULL");
        if (frozen(set, name)) return;
        set.setOne<TextValues>(name, index, std::make_shared<const std::string>(value));
        checkWrite(set, name, kTexts);
        checkText(set, name, value);
    });
}

template <class Values, class Value>
OfxStatus setMany(OfxPropertySetHandle handle, const char* name, int count, Value const* values) {
    return onSet(handle, name, "wrote", [&](PropertySet& set) {
        if (count < 0 || (count > 0 && values == nullptr)) throw StatusError(kOfxStatErrValue, "no values given");
        set.setAll<Values>(name, Values(values, values + count));
        checkWrite(set, name, kTypeOf<Values>);
    });
}

OfxStatus setTexts(OfxPropertySetHandle handle, const char* name, int count, const char* const* values) {
    return onSet(handle, name, "wrote", [&](PropertySet& set) {
        if (count < 0 || (count > 0 && values == nullptr)) throw StatusError(kOfxStatErrValue, "no values given");
        TextValues texts;
        for (int i = 0; i < count; ++i) {
            if (values[i] == nullptr) throw StatusError(kOfxStatErrValue, "a string property cannot be NULL");
            texts.push_back(std::make_shared<const std::string>(values[i]));
        }
        if (frozen(set, name)) return;
        set.setAll<TextValues>(name, std::move(texts));
        checkWrite(set, name, kTexts);
        for (int i = 0; i < count; ++i) checkText(set, name, values[i]);
    });
}

template <class Values, class Value>
OfxStatus getOne(OfxPropertySetHandle handle, const char* name, int index, Value* value) {
    return onSet(handle, name, "read", [&](PropertySet& set) { *value = set.getOne<Values>(name, index); });
}

// A strict host lends the text for the action only.
char* given(const Text& text) {
    Action* action = currentAction();
    const bool lends = action != nullptr && currentTemper().strict;
    return const_cast<char*>(lends ? action->lent.lend(*text) : text->c_str());
}

OfxStatus getText(OfxPropertySetHandle handle, const char* name, int index, char** value) {
    return onSet(handle, name, "read", [&](PropertySet& set) { *value = given(set.getOne<TextValues>(name, index)); });
}

template <class Values, class Value>
OfxStatus getMany(OfxPropertySetHandle handle, const char* name, int count, Value* values) {
    return onSet(handle, name, "read", [&](PropertySet& set) {
        const Values held = set.getAll<Values>(name);
        if (count < 0 || count > static_cast<int>(held.size())) throw StatusError(kOfxStatErrBadIndex, name);
        for (int i = 0; i < count; ++i) values[i] = held[i];
    });
}

OfxStatus getTexts(OfxPropertySetHandle handle, const char* name, int count, char** values) {
    return onSet(handle, name, "read", [&](PropertySet& set) {
        const TextValues held = set.getAll<TextValues>(name);
        if (count < 0 || count > static_cast<int>(held.size())) throw StatusError(kOfxStatErrBadIndex, name);
        for (int i = 0; i < count; ++i) values[i] = given(held[i]);
    });
}

OfxStatus reset(OfxPropertySetHandle handle, const char* name) {
    return onSet(handle, name, "reset", [&](PropertySet& set) { set.reset(name); });
}

OfxStatus getDimension(OfxPropertySetHandle handle, const char* name, int* count) {
    return onSet(handle, name, "read", [&](PropertySet& set) { *count = set.dimension(name); });
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
