#include "convert.h"

#include <nanobind/stl/string.h>

#include <cmath>
#include <limits>

namespace ofxhost {

namespace {

nb::object asObject(int value) {
    return nb::int_(value);
}
nb::object asObject(double value) {
    return nb::float_(value);
}
nb::object asObject(const Text& value) {
    return nb::str(value->c_str(), value->size());
}
nb::object asObject(void* value) {
    return nb::int_(reinterpret_cast<uintptr_t>(value));
}

StatusError wrongValue(const Param& param, const std::string& wanted) {
    return StatusError(kOfxStatErrValue, "parameter '" + param.name() + "' takes " + wanted);
}

double numberFrom(const Param& param, nb::handle value) {
    const bool integral = param.type().kind != ParamKind::Double;
    if (integral && !PyIndex_Check(value.ptr())) throw wrongValue(param, "whole numbers");
    const double number = PyFloat_AsDouble(value.ptr());
    if (number == -1.0 && PyErr_Occurred() != nullptr) {
        PyErr_Clear();
        throw wrongValue(param, integral ? "whole numbers" : "numbers");
    }
    return number;
}

// Runs Python code for the host on whatever thread it is on.
template <class Result, class Body>
Result withPython(const Log& log, Result otherwise, Body&& body) {
    const nb::gil_scoped_acquire gil;
    try {
        try {
            return body();
        } catch (nb::python_error& error) {
            log->attr("errors").attr("append")(error.value());
        } catch (const std::exception& error) {
            const nb::object type = nb::module_::import_("builtins").attr("RuntimeError");
            log->attr("errors").attr("append")(type(error.what()));
        }
    } catch (nb::python_error& error) {
        error.discard_as_unraisable("pyopenfx");
    }
    return otherwise;
}

}  // namespace

std::shared_ptr<nb::object> keep(nb::object object) {
    return {new nb::object(std::move(object)), [](nb::object* held) {
                // After the interpreter has ended there is nothing left to release to.
                if (!Py_IsInitialized()) return;
                const nb::gil_scoped_acquire gil;
                delete held;
            }};
}

nb::dict toDict(const PropertySet& props) {
    nb::dict result;
    for (const auto& name : props.names()) {
        std::visit(
            [&](const auto& values) {
                if (props.isScalar(name.c_str())) {
                    result[name.c_str()] = asObject(values.front());
                    return;
                }
                nb::list list;
                for (const auto& value : values) list.append(asObject(value));
                result[name.c_str()] = list;
            },
            props.values(name.c_str()));
    }
    return result;
}

nb::object toPython(const ParamType& type, const ParamValue& value) {
    const auto one = [&](int i) -> nb::object {
        if (type.kind == ParamKind::Double) return nb::float_(value.numbers[i]);
        if (type.kind == ParamKind::Bool) return nb::bool_(value.numbers[i] != 0.0);
        return nb::int_(static_cast<long>(value.numbers[i]));
    };
    if (type.kind == ParamKind::String) return nb::str(value.text.c_str(), value.text.size());
    if (type.dimension == 1) return one(0);
    nb::list list;
    for (int i = 0; i < type.dimension; ++i) list.append(one(i));
    return nb::tuple(list);
}

ParamValue fromPython(const Param& param, nb::handle value) {
    ParamValue result;
    const ParamType& type = param.type();
    if (type.kind == ParamKind::String) {
        if (!nb::isinstance<nb::str>(value)) throw wrongValue(param, "a string");
        result.text = nb::cast<std::string>(value);
        return result;
    }
    if (type.dimension == 1) {
        result.numbers[0] = numberFrom(param, value);
        if (type.kind == ParamKind::Bool) result.numbers[0] = result.numbers[0] != 0.0 ? 1.0 : 0.0;
        return result;
    }
    const std::string wanted = std::to_string(type.dimension) + " numbers";
    if (!PySequence_Check(value.ptr()) || nb::isinstance<nb::str>(value)) throw wrongValue(param, wanted);
    if (nb::len(value) != static_cast<size_t>(type.dimension)) throw wrongValue(param, wanted);
    for (int i = 0; i < type.dimension; ++i) result.numbers[i] = numberFrom(param, value[i]);
    return result;
}

FrameSource frameSource(nb::object callable, const Log& log) {
    return [log, kept = keep(std::move(callable))](int64_t frame) {
        return withPython<std::optional<SourceFrame>>(log, std::nullopt, [&]() -> std::optional<SourceFrame> {
            nb::object picture = (*kept)(frame);
            if (picture.is_none()) return std::nullopt;
            using Input = nb::ndarray<const float, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
            const auto array = nb::cast<Input>(picture);
            SourceFrame result{};
            result.height = static_cast<int>(array.shape(0));
            result.width = static_cast<int>(array.shape(1));
            result.channels = static_cast<int>(array.shape(2));
            result.pixels = array.data();
            result.owner = keep(std::move(picture));
            return result;
        });
    };
}

std::function<bool()> abortCheck(nb::object callable, const Log& log) {
    if (callable.is_none()) return {};
    return [log, kept = keep(std::move(callable))] {
        return withPython(log, true, [&] { return PyObject_IsTrue((*kept)().ptr()) == 1; });
    };
}

std::shared_ptr<Listener> listenerFor(const Log& log) {
    auto listener = std::make_shared<Listener>();
    listener->message = [log](const Message& message) {
        return withPython<OfxStatus>(log, kOfxStatFailed, [&] {
            return nb::cast<int>(log->attr("message")(message.type, message.id, message.text, message.persistent));
        });
    };
    const auto tell = [log](const char* method, auto... arguments) {
        withPython(log, true, [&] {
            log->attr(method)(arguments...);
            return true;
        });
    };
    listener->persistent_cleared = [tell] { tell("persistent_cleared"); };
    listener->progress_start = [tell](const std::string& label, const std::string& id) {
        tell("progress_start", label, id);
    };
    listener->progress_end = [tell] { tell("progress_end"); };
    listener->goto_time = [tell](double time) { tell("goto_time", time); };
    listener->violation = [tell](const std::string& what) { tell("violation", what); };
    listener->progress_update = [log](double progress) {
        return withPython(log, true, [&] { return nb::cast<bool>(log->attr("progress_update")(progress)); });
    };
    return listener;
}

PixelArray toArray(Pixels pixels) {
    const auto& [buffer, area] = pixels;
    const size_t shape[] = {static_cast<size_t>(area.y2 - area.y1), static_cast<size_t>(area.x2 - area.x1),
                            static_cast<size_t>(buffer->channels)};
    // Not make_unique: the values are about to be written, so there is no need to clear them.
    std::unique_ptr<float[]> copied(new float[shape[0] * shape[1] * shape[2]]);
    buffer->copyTo(copied.get(), area);
    const nb::gil_scoped_acquire gil;
    float* data = copied.get();
    const nb::capsule owner(copied.release(), [](void* held) noexcept { delete[] static_cast<float*>(held); });
    return PixelArray(data, 3, shape, owner);
}

}  // namespace ofxhost
