// Interlaced material: which lines of a frame are pictures of their own.
#pragma once

#include <ofxpp/effect.h>

#include <string>

#include "params.h"
#include "pixels.h"

namespace reelmend::plugin {

// OpenFX's names of fields.
ImageField field_named(const std::string& name);
bool is_one_field(ImageField field);

// Whether the clip's frames hold two fields; nothing where neither the user nor the host says.
std::optional<bool> is_fielded(FieldOrder wanted, const ofxpp::Clip& clip);

// How a frame is dealt out for a render into an image of this field, of the lines that the host asked for.
Split split_of(FieldOrder wanted, const ofxpp::Clip& clip, ImageField target, ImageField asked);

// The time that the host asks for. Throws when it is no number.
OfxTime time_asked(const ofxpp::PropertySet& in_args);

// The time of the frame that holds this moment's field: the second one comes half a frame after the first.
OfxTime frame_time(OfxTime time, bool fielded);

}  // namespace reelmend::plugin
