#include <ofxpp/effect.h>

#include <cstring>
#include <utility>

#include "checks.h"

namespace {

// A host of one property, whose answers a test sets.
OfxStatus answer = kOfxStatOK;
int released = 0;

OfxStatus get_int(OfxPropertySetHandle, const char*, int, int* value) {
    *value = 42;
    return answer;
}
OfxStatus set_int(OfxPropertySetHandle, const char*, int, int) {
    return answer;
}
OfxStatus release_image(OfxPropertySetHandle) {
    ++released;
    return kOfxStatOK;
}
OfxStatus no_image(OfxImageClipHandle, OfxTime, const OfxRectD*, OfxPropertySetHandle*) {
    return answer;
}
OfxStatus get_string(OfxPropertySetHandle, const char*, int, char** value) {
    static char name[] = "Source";
    *value = name;
    return kOfxStatOK;
}

struct Tables {
    OfxPropertySuiteV1 property{};
    OfxImageEffectSuiteV1 effect{};
    OfxParameterSuiteV1 parameter{};
    bool without_parameters = false;

    Tables() {
        property.propGetInt = get_int;
        property.propSetInt = set_int;
        property.propGetString = get_string;
        effect.clipReleaseImage = release_image;
        effect.clipGetImage = no_image;
        answer = kOfxStatOK;
        released = 0;
    }
    OfxHost host() { return {reinterpret_cast<OfxPropertySetHandle>(this), fetch}; }

    static const void* fetch(OfxPropertySetHandle host, const char* name, int version) {
        const auto* tables = reinterpret_cast<const Tables*>(host);
        if (version != 1) return nullptr;
        if (std::strcmp(name, kOfxPropertySuite) == 0) return &tables->property;
        if (std::strcmp(name, kOfxImageEffectSuite) == 0) return &tables->effect;
        if (std::strcmp(name, kOfxParameterSuite) == 0 && !tables->without_parameters) return &tables->parameter;
        return nullptr;
    }
};

template <class Handle>
Handle any_handle() {
    static int object;
    return reinterpret_cast<Handle>(&object);
}

}  // namespace

TEST(a_missing_suite_is_named) {
    Tables tables;
    tables.without_parameters = true;
    const OfxHost host = tables.host();
    CHECK_SAYS(checks::thrown_by([&] { ofxpp::Suites suites(host); }), "the host lacks OfxParameterSuite version 1");
}

TEST(optional_suites_may_be_missing) {
    Tables tables;
    const ofxpp::Suites suites(tables.host());
    CHECK(suites.message_v1() == nullptr && suites.message_v2() == nullptr);
}

TEST(a_found_property_is_what_the_host_wrote) {
    Tables tables;
    const ofxpp::PropertySet properties(tables.property, any_handle<OfxPropertySetHandle>());
    CHECK(properties.find_int("x") == 42);
    CHECK(properties.get_int("x") == 42);
}

TEST(unknown_properties_are_no_error_where_they_are_optional) {
    Tables tables;
    const ofxpp::PropertySet properties(tables.property, any_handle<OfxPropertySetHandle>());
    answer = kOfxStatErrUnknown;
    CHECK(!properties.find_int("x"));
    properties.offer("x", 1);
    CHECK_SAYS(checks::thrown_by([&] { properties.get_int("x"); }), "to read 'x': ErrUnknown (3)");
    CHECK_SAYS(checks::thrown_by([&] { properties.set("x", 1); }), "to set 'x': ErrUnknown (3)");
}

TEST(bad_handles_are_always_an_error) {
    Tables tables;
    const ofxpp::PropertySet properties(tables.property, any_handle<OfxPropertySetHandle>());
    answer = kOfxStatErrBadHandle;
    CHECK_SAYS(checks::thrown_by([&] { properties.find_int("x"); }), "ErrBadHandle (9)");
    CHECK_SAYS(checks::thrown_by([&] { properties.offer("x", 1); }), "ErrBadHandle (9)");
    CHECK_SAYS(checks::thrown_by([&] { ofxpp::PropertySet(tables.property, nullptr); }), "no property set");
}

TEST(a_function_left_null_is_named) {
    Tables tables;
    const ofxpp::PropertySet properties(tables.property, any_handle<OfxPropertySetHandle>());
    CHECK_SAYS(checks::thrown_by([&] { properties.get_double("x"); }), "lacks the suite function propGetDouble");
}

TEST(an_image_is_given_back_exactly_once) {
    Tables tables;
    const ofxpp::Suites suites(tables.host());
    {
        ofxpp::Image image(suites, any_handle<OfxPropertySetHandle>());
        const ofxpp::Image moved(std::move(image));
        CHECK(released == 0);
    }
    CHECK(released == 1);
}

TEST(a_clip_without_an_image_gives_nothing_and_other_refusals_throw) {
    Tables tables;
    const ofxpp::Suites suites(tables.host());
    const ofxpp::Clip clip(suites, any_handle<OfxImageClipHandle>(), any_handle<OfxPropertySetHandle>());
    answer = kOfxStatFailed;
    CHECK(!clip.image(1));
    answer = kOfxStatOK;  // and no image, as sloppy hosts answer
    CHECK(!clip.image(1));
    answer = kOfxStatErrMemory;
    CHECK_SAYS(checks::thrown_by([&] { clip.image(1); }), "an image of clip 'Source': ErrMemory (8)");
}
