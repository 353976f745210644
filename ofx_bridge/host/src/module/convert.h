// Between the host's types and Python's. Every function here needs the GIL unless it says otherwise.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <functional>
#include <memory>

#include "clip.h"
#include "listener.h"
#include "param.h"
#include "property_set.h"

namespace ofxhost {

namespace nb = nanobind;

using PixelArray = nb::ndarray<nb::numpy, float, nb::ndim<3>>;

// A Python object that may be dropped on any thread, with or without the GIL.
std::shared_ptr<nb::object> keep(nb::object object);

// Scalar properties become a value, others a list; pointers become their address.
nb::dict toDict(const PropertySet& props);

nb::object toPython(const ParamType& type, const ParamValue& value);
ParamValue fromPython(const Param& param, nb::handle value);

// What Python code raises while a plug-in runs cannot pass through the plug-in: it is appended to `log.errors`.
using Log = std::shared_ptr<nb::object>;

// `callable(frame) -> float32 array (H, W, C) or None`; its exceptions count as None.
FrameSource frameSource(nb::object callable, const Log& log);
// `callable() -> bool`; an exception counts as true. None means never.
std::function<bool()> abortCheck(nb::object callable, const Log& log);
// `log` has the methods message, persistent_cleared, progress_start, progress_update, progress_end, goto_time and
// violation.
std::shared_ptr<Listener> listenerFor(const Log& log);

// Top row first. Call without the GIL held; it is taken where needed.
struct Pixels {
    std::shared_ptr<PixelBuffer> buffer;
    OfxRectI area;
};
PixelArray toArray(Pixels pixels);

}  // namespace ofxhost
