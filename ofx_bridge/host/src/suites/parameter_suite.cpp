#include <cmath>
#include <cstdarg>

#include "instance.h"
#include "suites.h"

namespace ofxhost {

namespace {

Param& valued(OfxParamHandle handle) {
    Param& param = Param::from(handle);
    if (!param.hasValue()) throw StatusError(kOfxStatErrUnsupported, "parameter '" + param.name() + "' holds no value");
    if (param.owner() == nullptr) throw StatusError(kOfxStatErrBadHandle, "a description holds no value");
    return param;
}

EffectInstance& instanceOf(const Param& param) {
    return *param.owner()->instance();
}

// Writes each dimension through the pointers that follow.
void give(Param& param, const ParamValue& value, va_list arguments) {
    if (param.type().kind == ParamKind::String) {
        *va_arg(arguments, char**) = const_cast<char*>(param.lasting(value.text));
        return;
    }
    if (param.type().kind == ParamKind::Bytes) {
        const auto* data = reinterpret_cast<const unsigned char*>(param.lasting(value.text));
        *va_arg(arguments, OfxBytes*) = {data, value.text.size()};
        return;
    }
    for (int i = 0; i < param.type().dimension; ++i) {
        if (param.type().kind == ParamKind::Double) {
            *va_arg(arguments, double*) = value.numbers[i];
        } else {
            *va_arg(arguments, int*) = static_cast<int>(value.numbers[i]);
        }
    }
}

ParamValue take(const Param& param, va_list arguments) {
    ParamValue value;
    if (param.type().kind == ParamKind::String) {
        const char* text = va_arg(arguments, const char*);
        value.text = text == nullptr ? "" : text;
        return value;
    }
    if (param.type().kind == ParamKind::Bytes) {
        const auto* bytes = va_arg(arguments, const OfxBytes*);
        if (bytes == nullptr) throw StatusError(kOfxStatErrValue, "a bytes parameter cannot be NULL");
        value.text.assign(reinterpret_cast<const char*>(bytes->data), bytes->length);
        return value;
    }
    for (int i = 0; i < param.type().dimension; ++i) {
        value.numbers[i] = param.type().kind == ParamKind::Double ? va_arg(arguments, double) : va_arg(arguments, int);
    }
    return value;
}

// Values may be set by user actions and their like, never while frames are being computed.
void requireMaySet(const Param& param) {
    static const char* const forbidden[] = {
        kOfxImageEffectActionRender,
        kOfxImageEffectActionBeginSequenceRender,
        kOfxImageEffectActionEndSequenceRender,
        kOfxImageEffectActionIsIdentity,
        kOfxImageEffectActionGetFramesNeeded,
        kOfxImageEffectActionGetRegionOfDefinition,
        kOfxImageEffectActionGetRegionsOfInterest,
        kOfxImageEffectActionGetClipPreferences,
    };
    const Action* action = currentAction();
    if (action == nullptr) return;
    for (const char* name : forbidden) {
        if (action->name != name) continue;
        report(Severity::Error, "set-while-rendering",
               "parameter '" + param.name() + "' was set inside " + action->name);
        throw StatusError(kOfxStatFailed, "parameters cannot be set inside " + action->name);
    }
}

OfxStatus paramDefine(OfxParamSetHandle set, const char* type, const char* name, OfxPropertySetHandle* props) {
    return guarded([&] {
        Param& param = ParamSet::from(set).define(type == nullptr ? "" : type, name == nullptr ? "" : name);
        if (props != nullptr) *props = param.props.ofx();
    });
}

OfxStatus paramGetHandle(OfxParamSetHandle set, const char* name, OfxParamHandle* handle, OfxPropertySetHandle* props) {
    return guarded([&] {
        Param* param = ParamSet::from(set).find(name == nullptr ? "" : name);
        if (param == nullptr) throw StatusError(kOfxStatErrUnknown, "no such parameter");
        if (handle != nullptr) *handle = param->ofx();
        if (props != nullptr) *props = param->props.ofx();
    });
}

OfxStatus paramSetGetPropertySet(OfxParamSetHandle set, OfxPropertySetHandle* props) {
    return guarded([&] { *props = ParamSet::from(set).props.ofx(); });
}

OfxStatus paramGetPropertySet(OfxParamHandle param, OfxPropertySetHandle* props) {
    return guarded([&] { *props = Param::from(param).props.ofx(); });
}

OfxStatus paramGetValue(OfxParamHandle handle, ...) {
    va_list arguments;
    va_start(arguments, handle);
    const OfxStatus status = guarded([&] {
        Param& param = valued(handle);
        give(param, param.at(instanceOf(param).now()), arguments);
    });
    va_end(arguments);
    return status;
}

OfxStatus paramGetValueAtTime(OfxParamHandle handle, OfxTime time, ...) {
    va_list arguments;
    va_start(arguments, time);
    const OfxStatus status = guarded([&] {
        Param& param = valued(handle);
        give(param, param.at(time), arguments);
    });
    va_end(arguments);
    return status;
}

template <class PerDimension>
void giveDoubles(Param& param, PerDimension&& number, va_list arguments) {
    if (param.type().kind != ParamKind::Double) throw StatusError(kOfxStatErrUnsupported, "only for double parameters");
    for (int i = 0; i < param.type().dimension; ++i) *va_arg(arguments, double*) = number(i);
}

OfxStatus paramGetDerivative(OfxParamHandle handle, OfxTime time, ...) {
    va_list arguments;
    va_start(arguments, time);
    const OfxStatus status = guarded([&] {
        Param& param = valued(handle);
        giveDoubles(param, [&](int i) { return param.derivative(time, i); }, arguments);
    });
    va_end(arguments);
    return status;
}

OfxStatus paramGetIntegral(OfxParamHandle handle, OfxTime from, OfxTime to, ...) {
    va_list arguments;
    va_start(arguments, to);
    const OfxStatus status = guarded([&] {
        Param& param = valued(handle);
        giveDoubles(param, [&](int i) { return param.integral(from, to, i); }, arguments);
    });
    va_end(arguments);
    return status;
}

OfxStatus paramSetValue(OfxParamHandle handle, ...) {
    va_list arguments;
    va_start(arguments, handle);
    const OfxStatus status = guarded([&] {
        Param& param = valued(handle);
        requireMaySet(param);
        const ParamValue value = param.clamped(take(param, arguments));
        if (param.set(value, instanceOf(param).now())) instanceOf(param).paramChangedByPlugin(param);
    });
    va_end(arguments);
    return status;
}

OfxStatus paramSetValueAtTime(OfxParamHandle handle, OfxTime time, ...) {
    va_list arguments;
    va_start(arguments, time);
    const OfxStatus status = guarded([&] {
        Param& param = valued(handle);
        requireMaySet(param);
        const ParamValue value = param.clamped(take(param, arguments));
        if (param.setKey(time, value)) instanceOf(param).paramChangedByPlugin(param);
    });
    va_end(arguments);
    return status;
}

OfxStatus paramGetNumKeys(OfxParamHandle handle, unsigned int* count) {
    return guarded([&] { *count = static_cast<unsigned int>(valued(handle).keys().size()); });
}

OfxStatus paramGetKeyTime(OfxParamHandle handle, unsigned int nth, OfxTime* time) {
    return guarded([&] {
        const auto keys = valued(handle).keys();
        if (nth >= keys.size()) throw StatusError(kOfxStatErrBadIndex, "no such key");
        *time = std::next(keys.begin(), nth)->first;
    });
}

OfxStatus paramGetKeyIndex(OfxParamHandle handle, OfxTime time, int direction, int* index) {
    return guarded([&]() -> OfxStatus {
        const auto keys = valued(handle).keys();
        auto found = direction > 0 ? keys.upper_bound(time) : keys.lower_bound(time);
        if (direction < 0) found = found == keys.begin() ? keys.end() : std::prev(found);
        if (direction == 0 && found != keys.end() && found->first != time) found = keys.end();
        if (found == keys.end()) return kOfxStatFailed;
        *index = static_cast<int>(std::distance(keys.begin(), found));
        return kOfxStatOK;
    });
}

OfxStatus paramDeleteKey(OfxParamHandle handle, OfxTime time) {
    return guarded([&]() -> OfxStatus {
        Param& param = valued(handle);
        requireMaySet(param);
        if (!param.deleteKey(time)) return kOfxStatErrBadIndex;
        instanceOf(param).paramChangedByPlugin(param);
        return kOfxStatOK;
    });
}

OfxStatus paramDeleteAllKeys(OfxParamHandle handle) {
    return guarded([&] {
        Param& param = valued(handle);
        requireMaySet(param);
        param.deleteAllKeys();
        instanceOf(param).paramChangedByPlugin(param);
    });
}

OfxStatus paramCopy(OfxParamHandle to, OfxParamHandle from, OfxTime offset, const OfxRangeD* range) {
    return guarded([&] {
        Param& target = valued(to);
        requireMaySet(target);
        target.copyFrom(valued(from), offset, range);
        instanceOf(target).paramChangedByPlugin(target);
    });
}

OfxStatus paramEditBegin(OfxParamSetHandle set, const char* /*name*/) {
    return guarded([&] { ParamSet::from(set); });
}

OfxStatus paramEditEnd(OfxParamSetHandle set) {
    return guarded([&] { ParamSet::from(set); });
}

}  // namespace

const OfxParameterSuiteV1* parameterSuite() {
    static const OfxParameterSuiteV1 suite = {
        paramDefine,         paramGetHandle,     paramSetGetPropertySet, paramGetPropertySet, paramGetValue,
        paramGetValueAtTime, paramGetDerivative, paramGetIntegral,       paramSetValue,       paramSetValueAtTime,
        paramGetNumKeys,     paramGetKeyTime,    paramGetKeyIndex,       paramDeleteKey,      paramDeleteAllKeys,
        paramCopy,           paramEditBegin,     paramEditEnd,
    };
    return &suite;
}

}  // namespace ofxhost
