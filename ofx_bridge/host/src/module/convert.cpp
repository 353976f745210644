#include "convert.h"

#include <nanobind/ndarray.h>
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
    return toText({value->c_str(), value->size()});
}
nb::object asObject(void* value) {
    return nb::int_(reinterpret_cast<uintptr_t>(value));
}

nb::str readable(const std::string& text) {
    return toText(text);
}
template <class Other>
const Other& readable(const Other& other) {
    return other;
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
            log->attr("errors").attr("append")(type(toText(error.what())));
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

nb::str toText(std::string_view text) {
    return nb::steal<nb::str>(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
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
    if (type.kind == ParamKind::Bytes) return nb::bytes(value.text.data(), value.text.size());
    if (type.kind == ParamKind::String) return toText(value.text);
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
    if (type.kind == ParamKind::Bytes) {
        if (!nb::isinstance<nb::bytes>(value)) throw wrongValue(param, "bytes");
        const auto bytes = nb::cast<nb::bytes>(value);
        result.text.assign(static_cast<const char*>(bytes.data()), bytes.size());
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

PictureView pictureOf(nb::handle array, bool writable) {
    auto buffer =
        std::unique_ptr<Py_buffer, void (*)(Py_buffer*)>(new Py_buffer{}, [](Py_buffer* held) { delete held; });
    const int flags = PyBUF_STRIDES | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(array.ptr(), buffer.get(), flags) != 0) throw nb::python_error();
    const std::shared_ptr<void> owner(buffer.release(), [](void* held) {
        if (Py_IsInitialized()) {
            const nb::gil_scoped_acquire gil;
            PyBuffer_Release(static_cast<Py_buffer*>(held));
        }
        delete static_cast<Py_buffer*>(held);
    });
    const auto& view = *static_cast<Py_buffer*>(owner.get());
    PictureView picture;
    switch (view.format == nullptr ? 'B' : view.format[0]) {
        case 'B':
            picture.format.depth = Depth::Byte;
            break;
        case 'H':
            picture.format.depth = Depth::Short;
            break;
        case 'e':
            picture.format.depth = Depth::Half;
            break;
        case 'f':
            picture.format.depth = Depth::Float;
            break;
        default:
            throw StatusError(kOfxStatErrValue, "pixels must be uint8, uint16, float16 or float32");
    }
    const auto sample = static_cast<Py_ssize_t>(bytesOf(picture.format.depth));
    if (view.ndim != 3 || view.strides[2] != sample || view.strides[1] != view.shape[2] * sample) {
        throw StatusError(kOfxStatErrValue, "pixels must be (height, width, channels) with each row contiguous");
    }
    picture.height = static_cast<int>(view.shape[0]);
    picture.width = static_cast<int>(view.shape[1]);
    picture.format.channels = static_cast<int>(view.shape[2]);
    picture.top_row = static_cast<std::byte*>(view.buf);
    picture.row_step = view.strides[0];
    picture.owner = owner;
    return picture;
}

FrameSource frameSource(nb::object callable, const Log& log) {
    return [log, kept = keep(std::move(callable))](int64_t frame) {
        return withPython<std::optional<PictureView>>(log, std::nullopt, [&]() -> std::optional<PictureView> {
            const nb::object picture = (*kept)(frame);
            if (picture.is_none()) return std::nullopt;
            return pictureOf(picture, false);
        });
    };
}

FrameSource frameSource(std::map<int64_t, PictureView> pictures) {
    return [kept = std::move(pictures)](int64_t frame) -> std::optional<PictureView> {
        const auto found = kept.find(frame);
        return found == kept.end() ? std::nullopt : std::optional(found->second);
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
            return nb::cast<int>(log->attr("message")(toText(message.type), toText(message.id), toText(message.text),
                                                      message.persistent));
        });
    };
    const auto tell = [log](const char* method, auto... arguments) {
        withPython(log, true, [&] {
            log->attr(method)(readable(arguments)...);
            return true;
        });
    };
    listener->persistent_cleared = [tell] { tell("persistent_cleared"); };
    listener->progress_start = [tell](const std::string& label, const std::string& id) {
        tell("progress_start", label, id);
    };
    listener->progress_end = [tell] { tell("progress_end"); };
    listener->goto_time = [tell](double time) { tell("goto_time", time); };
    listener->finding = [tell](const Finding& finding) {
        static const char* const severities[] = {"note", "warning", "error"};
        tell("finding", severities[static_cast<int>(finding.severity)], finding.rule, finding.text, finding.action);
    };
    // Only where somebody listens: it takes the GIL after every action.
    if (!log->attr("answers").is_none()) {
        listener->answered = [tell](const std::string& action, const void* handle, OfxStatus status, double seconds) {
            tell("answered", action, reinterpret_cast<uintptr_t>(handle), status, seconds);
        };
    }
    listener->progress_update = [log](double progress) {
        return withPython(log, true, [&] { return nb::cast<bool>(log->attr("progress_update")(progress)); });
    };
    return listener;
}

nb::object toArray(const PixelBuffer& pixels, const OfxRectI& area, bool swap_red_blue) {
    const PictureView view = pixels.view(area);
    const RowConversion conversion{view.format, view.format, swap_red_blue, false};
    const size_t row_bytes = static_cast<size_t>(view.width) * view.format.bytes();
    // Not make_unique: the samples are about to be written, so there is no need to clear them.
    std::unique_ptr<std::byte[]> copied(new std::byte[row_bytes * static_cast<size_t>(view.height)]);
    for (int row = 0; row < view.height; ++row) conversion(copied.get() + row * row_bytes, view.row(row), view.width);

    const nb::gil_scoped_acquire gil;
    std::byte* data = copied.get();
    const nb::capsule owner(copied.release(), [](void* held) noexcept { delete[] static_cast<std::byte*>(held); });
    const size_t shape[] = {static_cast<size_t>(view.height), static_cast<size_t>(view.width),
                            static_cast<size_t>(view.format.channels)};
    const Depth depth = view.format.depth;
    const auto code =
        depth == Depth::Byte || depth == Depth::Short ? nb::dlpack::dtype_code::UInt : nb::dlpack::dtype_code::Float;
    const nb::dlpack::dtype type{static_cast<uint8_t>(code), static_cast<uint8_t>(8 * bytesOf(depth)), 1};
    return nb::cast(nb::ndarray<nb::numpy>(data, 3, shape, owner, nullptr, type));
}

}  // namespace ofxhost
