#include "instance_binding.h"

#include <nanobind/stl/array.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <cmath>

namespace ofxhost {

namespace {

Rect asRect(const OfxRectD& r) {
    return {r.x1, r.y1, r.x2, r.y2};
}

Param& paramOf(EffectInstance& instance, const std::string& name) {
    Param* param = instance.paramSet().find(name);
    if (param == nullptr) throw StatusError(kOfxStatErrUnknown, "the effect has no parameter '" + name + "'");
    return *param;
}

Param& valuedParamOf(EffectInstance& instance, const std::string& name) {
    Param& param = paramOf(instance, name);
    if (!param.hasValue()) {
        throw StatusError(kOfxStatErrUnsupported,
                          "parameter '" + name + "' holds no value, it is a " + param.type().name);
    }
    return param;
}

View viewOf(std::array<double, 2> scale, const std::string& field) {
    return {{scale[0], scale[1]}, fieldOf(field)};
}

}  // namespace

PyInstance::Visit::Visit(PyInstance& visited) : visited_(visited) {
    std::lock_guard lock(visited_.mutex_);
    if (visited_.closed_) throw StatusError(kOfxStatErrBadHandle, "the instance is closed");
    ++visited_.visitors_;
}

PyInstance::Visit::~Visit() {
    std::lock_guard lock(visited_.mutex_);
    if (--visited_.visitors_ == 0) visited_.empty_.notify_all();
}

PyInstance::PyInstance(std::shared_ptr<Plugin> plugin, const InstanceOptions& options, const nb::object& log)
    : log_(keep(log)) {
    auto listener = listenerFor(log_);
    const nb::gil_scoped_release no_gil;
    instance_ = std::make_shared<EffectInstance>(std::move(plugin), options, std::move(listener));
}

PyInstance::PyInstance(PyInstance& like, const nb::object& log) : log_(keep(log)) {
    auto listener = listenerFor(log_);
    instance_ = like.use([&](EffectInstance& instance) { return instance.again(std::move(listener)); });
}

PyInstance::~PyInstance() {
    close();
}

void PyInstance::close() {
    const Action* action = currentAction();
    if (action != nullptr && instance_ && action->instance == instance_.get()) {
        throw StatusError(kOfxStatFailed, "an instance cannot be closed from inside one of its own actions");
    }
    const nb::gil_scoped_release no_gil;
    std::unique_lock lock(mutex_);
    closed_ = true;
    empty_.wait(lock, [&] { return visitors_ == 0; });
    const auto last = std::move(instance_);
    const auto still_open = std::move(open_sequences_);
    open_sequences_.clear();
    // What callbacks raised may refer back to this object through its traceback.
    const auto log = std::move(log_);
    lock.unlock();
    if (!last) return;
    for (const auto& entry : still_open) {
        try {
            last->endSequence(entry.second);
        } catch (const StatusError&) {
            last->finding(Severity::Error, "end-sequence", "EndSequenceRender failed while the instance was closed");
        }
    }
}

void PyInstance::beginSequence(const Sequence& sequence) {
    use([&](EffectInstance& instance) {
        instance.beginSequence(sequence);
        std::lock_guard lock(mutex_);
        open_sequences_.insert_or_assign(&sequence, sequence);
    });
}

void PyInstance::endSequence(const Sequence& sequence) {
    try {
        use([&](EffectInstance& instance) {
            std::unique_lock lock(mutex_);
            if (open_sequences_.erase(&sequence) == 0) return;
            lock.unlock();
            instance.endSequence(sequence);
        });
    } catch (const StatusError&) {
        // close() came first and has ended every open sequence.
        if (!closed()) throw;
    }
}

bool PyInstance::closed() const {
    std::lock_guard lock(mutex_);
    return closed_;
}

void PyInstance::connect(const std::string& clip, const nb::object& source, const PyConnection& how) {
    Connection connection;
    if (nb::isinstance<nb::dict>(source)) {
        std::map<int64_t, PictureView> pictures;
        for (const auto& [frame, array] : nb::cast<nb::dict>(source)) {
            pictures.emplace(nb::cast<int64_t>(frame), pictureOf(array, false));
        }
        connection.source = frameSource(std::move(pictures));
    } else {
        connection.source = frameSource(source, log_);
    }
    connection.height = how.shape[0];
    connection.width = how.shape[1];
    connection.format = {how.shape[2], depthOf(how.depth)};
    connection.x = how.origin[0];
    connection.y = how.origin[1];
    connection.first = how.range[0];
    connection.last = how.range[1];
    connection.premultiplication = how.premultiplication;
    use([&](EffectInstance& instance) {
        instance.clip(clip).connect(std::move(connection));
        instance.paramsChanged({clip}, kOfxChangeUserEdited, instance.now());
    });
}

void PyInstance::disconnect(const std::string& clip) {
    use([&](EffectInstance& instance) {
        instance.clip(clip).disconnect();
        instance.paramsChanged({clip}, kOfxChangeUserEdited, instance.now());
    });
}

nb::object PyInstance::render(double time, const Sequence& sequence, std::optional<Window> window, nb::object aborted,
                              const std::string& field, const nb::object& target) {
    RenderJob job;
    job.time = time;
    job.view = {sequence.scale, fieldOf(field)};
    if (window) job.window = OfxRectI{(*window)[0], (*window)[1], (*window)[2], (*window)[3]};
    job.aborted = abortCheck(std::move(aborted), log_);
    if (!target.is_none()) job.target = pictureOf(target, true);
    const nb::object picture = use([&](EffectInstance& instance) {
        const auto pixels = instance.render(job, sequence);
        if (job.target) return nb::object();
        return toArray(*pixels, job.window.value_or(pixels->bounds), instance.options().swap_red_blue);
    });
    return picture.is_valid() ? picture : nb::none();
}

nb::object PyInstance::sourcePixels(const std::string& clip, double time, std::array<double, 2> scale,
                                    const std::string& field) {
    const View view = viewOf(scale, field);
    const nb::object picture = use([&](EffectInstance& instance) {
        const auto pixels = instance.clip(clip).pixelsAt(time, view);
        if (!pixels) return nb::object();
        return toArray(*pixels, pixels->bounds, instance.options().swap_red_blue);
    });
    return picture.is_valid() ? picture : nb::none();
}

nb::object PyInstance::getParam(const std::string& name, std::optional<double> time) {
    const auto [type, value] = use([&](EffectInstance& instance) {
        const Param& param = valuedParamOf(instance, name);
        return std::pair(&param.type(), param.at(time.value_or(instance.now())));
    });
    return toPython(*type, value);
}

void PyInstance::setParam(const std::string& name, nb::object value, std::optional<double> time) {
    use([&](EffectInstance& instance) {
        Param& param = valuedParamOf(instance, name);
        ParamValue converted;
        {
            const nb::gil_scoped_acquire gil;
            converted = fromPython(param, value);
        }
        param.check(converted);
        if (time) {
            param.setKey(*time, converted);
        } else {
            param.setConstant(converted);
        }
        instance.paramsChanged({name}, kOfxChangeUserEdited, time.value_or(instance.now()));
    });
}

nb::dict PyInstance::keys(const std::string& name) {
    const auto [type, keys] = use([&](EffectInstance& instance) {
        const Param& param = valuedParamOf(instance, name);
        return std::pair(&param.type(), param.keys());
    });
    nb::dict result;
    for (const auto& [time, value] : keys) result[nb::float_(time)] = toPython(*type, value);
    return result;
}

void bindInstance(nb::module_& module) {
    nb::class_<Sequence>(module, "Sequence")
        .def("__init__", [](Sequence* self, double first, double last, double step, bool interactive, bool sequential,
                            std::array<double, 2> scale) {
            new (self) Sequence{first, last, step, interactive, sequential, {scale[0], scale[1]}};
        });
    nb::class_<PyInstance>(module, "Instance")
        .def("again", [](PyInstance& self, const nb::object& log) { return new PyInstance(self, log); })
        .def("close", &PyInstance::close)
        .def_prop_ro("closed", &PyInstance::closed)
        .def("connect",
             [](PyInstance& self, const std::string& clip, const nb::object& source, std::array<int, 3> shape,
                const std::string& depth, std::array<int, 2> origin, std::array<double, 2> range,
                const std::string& premultiplication) {
                 self.connect(clip, source, {shape, depth, origin, range, premultiplication});
             })
        .def("disconnect", &PyInstance::disconnect)
        .def("render", &PyInstance::render, nb::arg("time"), nb::arg("sequence"), nb::arg("window").none(),
             nb::arg("aborted").none(), nb::arg("field"), nb::arg("target").none())
        .def("abort_renders", [](PyInstance& self) { self.use([](EffectInstance& i) { i.abortRenders(); }); })
        .def("source_pixels", &PyInstance::sourcePixels)
        .def("fetch_counts",
             [](PyInstance& self) {
                 std::map<std::string, std::tuple<size_t, size_t, size_t, std::map<double, size_t>>> result;
                 for (const auto& [clip, count] : self.use([](EffectInstance& i) { return i.fetchCounts(); })) {
                     result[clip] = {count.asked, count.given, count.released, count.by_time};
                 }
                 return result;
             })
        .def("reset_fetch_counts", [](PyInstance& self) { self.use([](EffectInstance& i) { i.resetFetchCounts(); }); })
        .def("time_domain",
             [](PyInstance& self) -> std::optional<std::pair<double, double>> {
                 const auto range = self.use([](EffectInstance& i) { return i.timeDomain(); });
                 if (!range) return std::nullopt;
                 return std::pair(range->min, range->max);
             })
        .def("get_param", &PyInstance::getParam, nb::arg("name"), nb::arg("time").none())
        .def("set_param", &PyInstance::setParam, nb::arg("name"), nb::arg("value"), nb::arg("time").none())
        .def("keys", &PyInstance::keys)
        .def("delete_keys",
             [](PyInstance& self, const std::string& name) {
                 self.use([&](EffectInstance& instance) {
                     valuedParamOf(instance, name).deleteAllKeys();
                     instance.paramsChanged({name}, kOfxChangeUserEdited, instance.now());
                 });
             })
        .def("press",
             [](PyInstance& self, const std::string& name) {
                 self.use([&](EffectInstance& instance) {
                     paramOf(instance, name);
                     instance.paramsChanged({name}, kOfxChangeUserEdited, instance.now());
                 });
             })
        .def("param_names",
             [](PyInstance& self) {
                 return self.use([](EffectInstance& instance) {
                     std::vector<std::string> names;
                     for (const auto& param : instance.paramSet().all()) names.push_back(param->name());
                     return names;
                 });
             })
        .def("param_properties",
             [](PyInstance& self, const std::string& name) {
                 return self.use([&](EffectInstance& instance) {
                     const PropertySet props(paramOf(instance, name).props);
                     const nb::gil_scoped_acquire gil;
                     return toDict(props);
                 });
             })
        .def("clip_properties",
             [](PyInstance& self, const std::string& name) {
                 return self.use([&](EffectInstance& instance) {
                     const PropertySet props(instance.clip(name).props);
                     const nb::gil_scoped_acquire gil;
                     return toDict(props);
                 });
             })
        .def("properties",
             [](PyInstance& self) {
                 return self.use([](EffectInstance& instance) {
                     const PropertySet props(instance.props);
                     const nb::gil_scoped_acquire gil;
                     return toDict(props);
                 });
             })
        .def("clip_preferences",
             [](PyInstance& self) {
                 return self.use([](EffectInstance& instance) {
                     instance.updateClipPreferences();
                     const auto props = instance.clipPreferences();
                     const nb::gil_scoped_acquire gil;
                     return toDict(*props);
                 });
             })
        .def("frames_needed",
             [](PyInstance& self, double time) {
                 return self.use([&](EffectInstance& instance) {
                     std::map<std::string, std::vector<std::pair<double, double>>> result;
                     for (const auto& [clip, ranges] : instance.framesNeeded(time)) {
                         auto& pairs = result[clip];
                         for (const auto& range : ranges) pairs.emplace_back(range.min, range.max);
                     }
                     return result;
                 });
             })
        .def("region_of_definition",
             [](PyInstance& self, double time, std::array<double, 2> scale) {
                 return self.use([&](EffectInstance& instance) {
                     return asRect(instance.regionOfDefinition(time, {{scale[0], scale[1]}, Field::None}));
                 });
             })
        .def(
            "regions_of_interest",
            [](PyInstance& self, double time, std::optional<Rect> wanted, std::array<double, 2> scale) {
                const View view{{scale[0], scale[1]}, Field::None};
                return self.use([&](EffectInstance& instance) {
                    const OfxRectD region = wanted ? OfxRectD{(*wanted)[0], (*wanted)[1], (*wanted)[2], (*wanted)[3]}
                                                   : instance.regionOfDefinition(time, view);
                    std::map<std::string, Rect> result;
                    for (const auto& [clip, rect] : instance.regionsOfInterest(time, region, view))
                        result[clip] = asRect(rect);
                    return result;
                });
            },
            nb::arg("time"), nb::arg("wanted").none(), nb::arg("scale"))
        .def("identity",
             [](PyInstance& self, double time, std::array<double, 2> scale, const std::string& field) {
                 const View view = viewOf(scale, field);
                 return self.use([&](EffectInstance& instance) -> std::optional<std::pair<std::string, double>> {
                     const auto answer = instance.identity(time, instance.outputArea(time, view), view);
                     if (!answer) return std::nullopt;
                     return std::pair(answer->clip, answer->time);
                 });
             })
        .def("begin_sequence", &PyInstance::beginSequence)
        .def("end_sequence", &PyInstance::endSequence)
        .def("go_to", [](PyInstance& self, double time) { self.use([&](EffectInstance& i) { i.goTo(time); }); })
        .def("drop_cache",
             [](PyInstance& self) {
                 self.use([](EffectInstance& instance) {
                     for (const auto& clip : instance.clips()) clip->dropCache();
                 });
             })
        .def("purge_caches", [](PyInstance& self) { self.use([](EffectInstance& i) { i.purgeCaches(); }); })
        .def("sync_private_data", [](PyInstance& self) { self.use([](EffectInstance& i) { i.syncPrivateData(); }); })
        .def("images_held",
             [](PyInstance& self) { return self.use([](EffectInstance& i) { return i.imagesHeld(); }); });
}

}  // namespace ofxhost
