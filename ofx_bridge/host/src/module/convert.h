// Between the host's types and Python's. Every function here needs the GIL unless it says otherwise.
#pragma once

#include <nanobind/nanobind.h>

#include <functional>
#include <memory>
#include <string_view>

#include "clip.h"
#include "listener.h"
#include "param.h"
#include "property_set.h"

namespace ofxhost {

namespace nb = nanobind;

// A Python object that may be dropped on any thread, with or without the GIL.
std::shared_ptr<nb::object> keep(nb::object object);

// What a plug-in or the loader says; bytes that are no UTF-8 read as U+FFFD.
nb::str toText(std::string_view text);

// Scalar properties become a value, others a list; pointers become their address.
nb::dict toDict(const PropertySet& props);

nb::object toPython(const ParamType& type, const ParamValue& value);
ParamValue fromPython(const Param& param, nb::handle value);

// What Python code raises while a plug-in runs cannot pass through the plug-in: it is appended to `log.errors`.
using Log = std::shared_ptr<nb::object>;

// The pixels of a numpy array (height, width, channels), uint8, uint16, float16 or float32; strides of any sign, pixels
// contiguous. The array cannot be resized or freed while the picture lives. Throws kOfxStatErrValue.
PictureView pictureOf(nb::handle array, bool writable);

// `callable(frame) -> array (H, W, C) or None`; its exceptions count as None.
FrameSource frameSource(nb::object callable, const Log& log);
// Pictures by frame number, which need no Python to be read.
FrameSource frameSource(std::map<int64_t, PictureView> pictures);
// `callable() -> bool`; an exception counts as true. None means never.
std::function<bool()> abortCheck(nb::object callable, const Log& log);
// `log` has the methods message, persistent_cleared, progress_start, progress_update, progress_end, goto_time and
// violation.
std::shared_ptr<Listener> listenerFor(const Log& log);

// A new array (height, width, channels), top row first. Call without the GIL held; it is taken where needed.
nb::object toArray(const PixelBuffer& pixels, const OfxRectI& area, bool swap_red_blue);

}  // namespace ofxhost
