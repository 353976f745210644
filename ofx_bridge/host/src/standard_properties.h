// What the standard says of each property: type, dimension, allowed values.
#pragma once

namespace ofxhost {

enum PropertyTypes : unsigned { kInts = 1, kDoubles = 2, kTexts = 4, kPointers = 8 };

struct StandardProperty {
    const char* name;
    unsigned types;      // PropertyTypes, or'ed
    int dimension;       // 0: any
    const char* values;  // of an enumeration, separated by spaces; null: anything
};

// Null for a name that the standard does not list.
const StandardProperty* findStandardProperty(const char* name);
// True where the property lists no values, or this one.
bool allowsValue(const StandardProperty& property, const char* value);

}  // namespace ofxhost
