#include "params.h"

#include <algorithm>
#include <cmath>

namespace reelmend::plugin {

namespace {

using transport::PixelRoute;
using transport::Value;

const char* ofx_type(ParameterType type) {
    switch (type) {
        case ParameterType::number:
            return kOfxParamTypeDouble;
        case ParameterType::integer:
            return kOfxParamTypeInteger;
        case ParameterType::flag:
            return kOfxParamTypeBoolean;
        case ParameterType::choice:
            return kOfxParamTypeChoice;
        case ParameterType::text:
            return kOfxParamTypeString;
    }
    return kOfxParamTypeString;
}

// Resolve shows no slider unless both ranges are set.
template <class Number>
void define_range(const ParameterDefinition& parameter, const ofxpp::PropertySet& properties) {
    for (const char* name : {kOfxParamPropMin, kOfxParamPropDisplayMin})
        properties.set(name, static_cast<Number>(parameter.minimum));
    for (const char* name : {kOfxParamPropMax, kOfxParamPropDisplayMax})
        properties.set(name, static_cast<Number>(parameter.maximum));
}

void define_value(const ParameterDefinition& parameter, const ofxpp::PropertySet& properties) {
    switch (parameter.type) {
        case ParameterType::number:
            define_range<double>(parameter, properties);
            properties.set(kOfxParamPropDefault, std::get<double>(parameter.default_value));
            properties.offer(kOfxParamPropIncrement, (parameter.maximum - parameter.minimum) / 100);
            break;
        case ParameterType::integer:
            define_range<int>(parameter, properties);
            properties.set(kOfxParamPropDefault, static_cast<int>(std::get<int64_t>(parameter.default_value)));
            break;
        case ParameterType::flag:
            properties.set(kOfxParamPropDefault, std::get<bool>(parameter.default_value) ? 1 : 0);
            break;
        case ParameterType::choice:
            for (size_t i = 0; i < parameter.choices.size(); ++i)
                properties.set(kOfxParamPropChoiceOption, parameter.choices[i].label.c_str(), static_cast<int>(i));
            properties.set(kOfxParamPropDefault, parameter.default_choice());
            break;
        case ParameterType::text:
            properties.set(kOfxParamPropDefault, std::get<std::string>(parameter.default_value).c_str());
            properties.offer(kOfxParamPropStringMode, kOfxParamStringIsSingleLine);
            break;
    }
}

void define_parameter(const ParameterDefinition& parameter, const ofxpp::ParamSet& params) {
    const auto properties = params.define(ofx_type(parameter.type), parameter.name.c_str());
    if (!properties) return;  // a host without this type renders with the default
    properties->set(kOfxPropLabel, parameter.label.c_str());
    properties->offer(kOfxParamPropHint, parameter.hint.c_str());
    properties->offer(kOfxParamPropAnimates, parameter.animates ? 1 : 0);
    if (!parameter.group.empty()) properties->offer(kOfxParamPropParent, parameter.group.c_str());
    define_value(parameter, *properties);
}

Value read_value(const ParameterDefinition& parameter, const ofxpp::ParamSet& params, OfxTime now) {
    const auto param = params.find(parameter.name.c_str());
    if (!param) return parameter.default_value;
    const std::optional<OfxTime> time = parameter.animates ? std::optional<OfxTime>(now) : std::nullopt;
    // Hosts let expressions and typed values pass the range, which the engine would refuse.
    switch (parameter.type) {
        case ParameterType::number:
            return std::clamp(param->number(time), parameter.minimum, parameter.maximum);
        case ParameterType::integer:
            return static_cast<int64_t>(std::clamp<double>(param->integer(time), parameter.minimum, parameter.maximum));
        case ParameterType::flag:
            return param->integer(time) != 0;
        case ParameterType::text:
            return param->text(time);
        case ParameterType::choice:
            break;
    }
    const int index = param->integer(time);
    if (index < 0 || static_cast<size_t>(index) >= parameter.choices.size()) return parameter.default_value;
    return parameter.choices[static_cast<size_t>(index)].value;
}

double as_number(const Value& value) {
    if (const auto* number = std::get_if<double>(&value)) return *number;
    if (const auto* integer = std::get_if<int64_t>(&value)) return static_cast<double>(*integer);
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
    return std::nan("");
}

PixelRoute route_of(const std::string& word) {
    if (word == "shared_memory") return PixelRoute::shared_memory;
    if (word == "in_stream") return PixelRoute::in_stream;
    return PixelRoute::automatic;
}

void read_into(Settings& settings, const ParameterDefinition& parameter, const Value& value) {
    switch (parameter.role) {
        case Role::model:
            settings.model.push_back({parameter.name, value});
            break;
        case Role::view:
            settings.output = std::get<std::string>(value);
            break;
        case Role::engine_address:
            settings.engine_address = std::get<std::string>(value);
            break;
        case Role::pixel_route:
            settings.route = route_of(std::get<std::string>(value));
            break;
        case Role::timeout:
            settings.timeout = std::chrono::milliseconds(std::llround(1000 * as_number(value)));
            break;
    }
}

}  // namespace

void define_parameters(const EffectDefinition& definition, const ofxpp::ParamSet& params) {
    for (const auto& group : definition.groups) {
        const auto properties = params.define(kOfxParamTypeGroup, group.name.c_str());
        if (properties) properties->set(kOfxPropLabel, group.label.c_str());
    }
    for (const auto& parameter : definition.parameters) define_parameter(parameter, params);
}

Settings read_settings(const EffectDefinition& definition, const ofxpp::ParamSet& params, OfxTime time) {
    Settings settings;
    settings.radius_frames = definition.radius_frames;
    bool does_nothing = false;
    for (const auto& parameter : definition.parameters) {
        const Value value = read_value(parameter, params, time);
        read_into(settings, parameter, value);
        if (parameter.name == definition.radius_parameter) settings.radius_frames = static_cast<int>(as_number(value));
        if (definition.identity && parameter.name == definition.identity->parameter)
            does_nothing = as_number(value) == definition.identity->value;
    }
    settings.identity = settings.output == "source" || (does_nothing && settings.output == "result");
    return settings;
}

}  // namespace reelmend::plugin
