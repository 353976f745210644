// How a host deviates from the plain reading of the standard, or how strictly it holds a plug-in to it.
#pragma once

#include <set>
#include <string>
#include <utility>

namespace ofxhost {

struct Temper {
    bool strict = false;                // report everything that the standard lets a host check
    bool watch_strings = false;         // strings handed over must stay as they are for ever
    bool set_host_export = true;        // call OfxSetHost where it is exported
    bool instance_changed = true;       // tell of changes
    bool lying_frames = false;          // clipGetImage at any time answers OK with the frame being rendered
    bool lying_scale = false;           // say render scale 1 whatever the images' size
    bool masks_read_connected = false;  // the property says so, yet there is no image
    bool dummy_threads = false;         // multiThread runs the function once, on the calling thread
    bool missing_mutexes = false;       // NULL where the multithread suite's mutex functions should be
    bool create_needs_ok = false;       // ReplyDefault to CreateInstance makes no instance
    bool frames_needed_kills = false;   // after a wrong status from GetFramesNeeded nothing is rendered any more
    bool error_message_stops = false;   // no Render while an error message of the last one stands
    bool frozen_menus = false;          // options of an instance's choice stay as they were described
    bool normalised_xy = false;         // positions are normalised unless the plug-in says otherwise
    bool macro_like_names = false;      // premultiplication and field by the names of their macros
    bool says_both_fields = false;      // progressive pictures say that they hold both fields
    bool says_unpremultiplied = false;  // every picture says so
    // (kind of property set, name) that answer kOfxStatErrUnknown; an empty kind is every kind.
    std::set<std::pair<std::string, std::string>> hidden_properties;
    std::set<std::string> unknown_param_types;  // paramDefine answers kOfxStatErrUnsupported

    bool hides(const std::string& kind, const char* name) const {
        if (hidden_properties.empty() || name == nullptr) return false;
        return hidden_properties.count({kind, name}) != 0 || hidden_properties.count({"", name}) != 0;
    }
    bool watchesStrings() const { return strict || watch_strings; }
};

}  // namespace ofxhost
