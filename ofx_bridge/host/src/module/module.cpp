// pyopenfx._host: the native host for Python. The typed face is in ofx_bridge/python/pyopenfx.
#include <nanobind/nanobind.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/set.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "binary.h"
#include "instance_binding.h"

namespace ofxhost {

namespace {

// A bundle for Python; closing it unloads the file.
class PyBinary {
  public:
    PyBinary(const std::string& file, const std::string& bundle, const HostOptions& options, const nb::object& log) {
        auto host_listener = listenerFor(keep(log));
        const nb::gil_scoped_release no_gil;
        binary_ = std::make_shared<Binary>(file, bundle, options, std::move(host_listener));
    }
    ~PyBinary() {
        const nb::gil_scoped_release no_gil;
        binary_.reset();
    }

    Binary& get() const {
        if (!binary_) throw StatusError(kOfxStatErrBadHandle, "the bundle is closed");
        return *binary_;
    }
    // Both keep what they return alive, whoever closes the bundle meanwhile.
    std::shared_ptr<Binary> share() const { return get().shared_from_this(); }
    std::shared_ptr<Plugin> plugin(size_t index) const { return get().plugins().at(index); }

    void close() {
        if (!binary_) return;
        for (const auto& plugin : binary_->plugins()) {
            if (plugin->instances() == 0) continue;
            throw StatusError(kOfxStatFailed,
                              "plug-in '" + plugin->identifier() + "' still has instances; close them first");
        }
        const nb::gil_scoped_release no_gil;
        binary_.reset();
    }

  private:
    std::shared_ptr<Binary> binary_;
};

nb::dict describe(const EffectDescriptor& descriptor) {
    nb::list clips;
    for (const auto& clip : descriptor.clips()) clips.append(nb::make_tuple(clip.name, toDict(clip.props)));
    nb::list params;
    for (const auto& param : descriptor.paramSet().all()) {
        nb::object fallback = param->hasValue() ? toPython(param->type(), param->defaultValue()) : nb::none();
        params.append(nb::make_tuple(param->name(), param->type().name, fallback, toDict(param->props)));
    }
    nb::dict result;
    result["properties"] = toDict(descriptor.props);
    result["clips"] = clips;
    result["params"] = params;
    return result;
}

nb::dict describePlugin(const PyBinary& binary, size_t index, const std::string& context) {
    const auto kept = binary.share();
    const auto plugin = binary.plugin(index);
    const EffectDescriptor* descriptor = nullptr;
    {
        const nb::gil_scoped_release no_gil;
        descriptor = context.empty() ? &plugin->describe() : &plugin->describeInContext(context);
    }
    return describe(*descriptor);
}

std::vector<std::tuple<std::string, unsigned, unsigned>> listPlugins(const PyBinary& binary) {
    std::vector<std::tuple<std::string, unsigned, unsigned>> result;
    for (const auto& plugin : binary.get().plugins()) {
        result.emplace_back(plugin->identifier(), plugin->versionMajor(), plugin->versionMinor());
    }
    return result;
}

void raise(const char* python_class, nb::object error_arguments) {
    const nb::object type = nb::module_::import_("pyopenfx.errors").attr(python_class);
    const nb::object error = type(*nb::cast<nb::tuple>(error_arguments));
    PyErr_SetObject(type.ptr(), error.ptr());
}

void translate(const std::exception_ptr& thrown, void* /*payload*/) {
    try {
        std::rethrow_exception(thrown);
    } catch (const StatusError& error) {
        raise("OfxError", nb::make_tuple(error.status(), toText(error.what())));
    } catch (const LoadError& error) {
        raise("PluginLoadError", nb::make_tuple(toText(error.what())));
    }
}

void bindOptions(nb::module_& module) {
    nb::class_<Temper>(module, "Temper")
        .def(nb::init<>())
        .def_rw("strict", &Temper::strict)
        .def_rw("watch_strings", &Temper::watch_strings)
        .def_rw("set_host_export", &Temper::set_host_export)
        .def_rw("instance_changed", &Temper::instance_changed)
        .def_rw("lying_frames", &Temper::lying_frames)
        .def_rw("lying_scale", &Temper::lying_scale)
        .def_rw("masks_read_connected", &Temper::masks_read_connected)
        .def_rw("dummy_threads", &Temper::dummy_threads)
        .def_rw("missing_mutexes", &Temper::missing_mutexes)
        .def_rw("create_needs_ok", &Temper::create_needs_ok)
        .def_rw("frames_needed_kills", &Temper::frames_needed_kills)
        .def_rw("error_message_stops", &Temper::error_message_stops)
        .def_rw("frozen_menus", &Temper::frozen_menus)
        .def_rw("normalised_xy", &Temper::normalised_xy)
        .def_rw("macro_like_names", &Temper::macro_like_names)
        .def_rw("says_both_fields", &Temper::says_both_fields)
        .def_rw("says_unpremultiplied", &Temper::says_unpremultiplied)
        .def_rw("hidden_properties", &Temper::hidden_properties)
        .def_rw("unknown_param_types", &Temper::unknown_param_types);
    nb::class_<HostOptions>(module, "HostOptions")
        .def(nb::init<>())
        .def_rw("name", &HostOptions::name)
        .def_rw("label", &HostOptions::label)
        .def_rw("version_label", &HostOptions::version_label)
        .def_rw("temporal_access", &HostOptions::temporal_access)
        .def_rw("withheld_suites", &HostOptions::withheld_suites)
        .def_rw("depths", &HostOptions::depths)
        .def_rw("components", &HostOptions::components)
        .def_rw("contexts", &HostOptions::contexts)
        .def_rw("api_version", &HostOptions::api_version)
        .def_rw("tiles", &HostOptions::tiles)
        .def_rw("multi_resolution", &HostOptions::multi_resolution)
        .def_rw("background", &HostOptions::background)
        .def_rw("temper", &HostOptions::temper);
    nb::enum_<Identity>(module, "Identity")
        .value("SERIAL", Identity::Serial)
        .value("CONSTANT", Identity::Constant)
        .value("EMPTY", Identity::Empty);
    nb::class_<InstanceOptions>(module, "InstanceOptions")
        .def(nb::init<>())
        .def_rw("context", &InstanceOptions::context)
        .def_rw("identity", &InstanceOptions::identity)
        .def_rw("cache_bytes", &InstanceOptions::cache_bytes)
        .def_rw("check_output", &InstanceOptions::check_output)
        .def_rw("zero_copy", &InstanceOptions::zero_copy)
        .def_rw("swap_red_blue", &InstanceOptions::swap_red_blue)
        .def_rw("linear_light", &InstanceOptions::linear_light)
        .def_rw("force_depth", &InstanceOptions::force_depth)
        .def_rw("crop_tiles", &InstanceOptions::crop_tiles)
        .def("set_layout", [](InstanceOptions& self, bool top_down, int padding,
                              int guard) { self.layout = {top_down, padding, guard}; })
        .def("set_project",
             [](InstanceOptions& self, std::array<int, 2> size, double aspect, double rate,
                std::array<double, 2> range) {
                 self.project.width = size[0];
                 self.project.height = size[1];
                 self.project.pixel_aspect = aspect;
                 self.project.frame_rate = rate;
                 self.project.first_frame = range[0];
                 self.project.last_frame = range[1];
             })
        .def("set_pictures", [](InstanceOptions& self, const std::string& components, const std::string& depth,
                                const std::string& field_order, std::array<int, 2> origin) {
            self.project.components = components;
            self.project.depth = depthOf(depth);
            self.project.field_order = fieldOf(field_order);
            self.project.x = origin[0];
            self.project.y = origin[1];
        });
}

}  // namespace

}  // namespace ofxhost

NB_MODULE(_host, module) {
    using namespace ofxhost;
    nb::register_exception_translator(translate);
    bindOptions(module);
    bindInstance(module);
    nb::class_<PyBinary>(module, "Binary")
        .def(nb::init<const std::string&, const std::string&, const HostOptions&, const nb::object&>())
        .def("close", &PyBinary::close)
        .def("plugins", &listPlugins)
        .def("describe", &describePlugin)
        .def("host_properties", [](const PyBinary& self) { return toDict(self.get().host()); })
        .def("create", [](const PyBinary& self, size_t index, const InstanceOptions& options, const nb::object& log) {
            return new PyInstance(self.plugin(index), options, log);
        });
    module.def("is_resident", &isResident);
}
