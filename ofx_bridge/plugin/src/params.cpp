#include "params.h"

#include <algorithm>
#include <cmath>

#include "engine_facts.h"
#include "model_choice.h"

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
        case ParameterType::button:
            return kOfxParamTypePushButton;
    }
    return kOfxParamTypeString;
}

// Resolve shows no slider unless both ranges are set.
template <class Number>
void define_range(const ParameterDefinition& parameter, const ofxpp::PropertySet& properties) {
    properties.set(kOfxParamPropMin, static_cast<Number>(parameter.minimum));
    properties.set(kOfxParamPropMax, static_cast<Number>(parameter.maximum));
    properties.set(kOfxParamPropDisplayMin, static_cast<Number>(parameter.display_minimum));
    properties.set(kOfxParamPropDisplayMax, static_cast<Number>(parameter.display_maximum));
}

void define_value(const ParameterDefinition& parameter, const ofxpp::PropertySet& properties) {
    switch (parameter.type) {
        case ParameterType::number:
            define_range<double>(parameter, properties);
            properties.set(kOfxParamPropDefault, std::get<double>(parameter.default_value));
            properties.offer(kOfxParamPropIncrement, (parameter.display_maximum - parameter.display_minimum) / 100);
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
        case ParameterType::button:
            break;
    }
}

// What only parameters with a value have.
void define_keeping(const ParameterDefinition& parameter, const ofxpp::PropertySet& properties) {
    properties.offer(kOfxParamPropAnimates, parameter.animates ? 1 : 0);
    if (!parameter.evaluates) properties.offer(kOfxParamPropEvaluateOnChange, 0);
    if (!parameter.persists) properties.offer(kOfxParamPropPersistant, 0);
    if (parameter.read_only) properties.offer(kOfxParamPropCanUndo, 0);
}

void define_parameter(const ParameterDefinition& parameter, const ofxpp::ParamSet& params) {
    const auto properties = params.define(ofx_type(parameter.type), parameter.name.c_str());
    if (!properties) return;  // a host without this type renders with the default
    properties->set(kOfxPropLabel, parameter.label.c_str());
    properties->offer(kOfxParamPropHint, parameter.hint.c_str());
    if (parameter.secret) properties->offer(kOfxParamPropSecret, 1);
    if (parameter.read_only) properties->offer(kOfxParamPropEnabled, 0);
    if (!parameter.group.empty()) properties->offer(kOfxParamPropParent, parameter.group.c_str());
    if (parameter.type != ParameterType::button) define_keeping(parameter, *properties);
    define_value(parameter, *properties);
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

WithoutNeighbours without_neighbours_of(const std::string& word) {
    if (word == "pass_through") return WithoutNeighbours::pass_through;
    if (word == "frames_already_seen") return WithoutNeighbours::frames_already_seen;
    return WithoutNeighbours::fail;
}

FieldOrder field_order_of(const std::string& word) {
    if (word == "progressive") return FieldOrder::progressive;
    if (word == "lower_first") return FieldOrder::lower_first;
    if (word == "upper_first") return FieldOrder::upper_first;
    return FieldOrder::automatic;
}

Device device_of(const std::string& word) {
    if (word == "cpu") return Device::cpu;
    if (word == "cuda") return Device::cuda;
    return Device::automatic;
}

void read_view(Settings& settings, const std::string& word) {
    settings.view = word == "source"       ? ViewMode::source
                    : word == "difference" ? ViewMode::difference
                    : word == "split"      ? ViewMode::split
                                           : ViewMode::engine_output;
    if (settings.view == ViewMode::engine_output) settings.output = word;
}

void read_into(Settings& settings, Role role, const Value& value) {
    const auto text = [&] { return std::get<std::string>(value); };
    switch (role) {
        case Role::view:
            return read_view(settings, text());
        case Role::difference_gain:
            settings.difference_gain = as_number(value);
            return;
        case Role::split_position:
            settings.split_position = as_number(value);
            return;
        case Role::without_neighbours:
            settings.without_neighbours = without_neighbours_of(text());
            return;
        case Role::field_order:
            settings.field_order = field_order_of(text());
            return;
        case Role::engine_address:
            settings.engine_address = text();
            return;
        case Role::device:
            settings.device = device_of(text());
            return;
        case Role::pixel_route:
            settings.route = route_of(text());
            return;
        case Role::precision:
            settings.full_floats = text() == "full";
            return;
        case Role::timeout:
            settings.timeout = std::chrono::milliseconds(std::llround(1000 * as_number(value)));
            return;
        default:
            return;  // of the panel's own
    }
}

// What is known of the model that renders: from the panel, or from the engine, or nothing.
struct KnownModel {
    const ModelDefinition* of_panel = nullptr;
    std::optional<transport::ModelInfo> of_engine;

    bool is_known() const { return of_panel != nullptr || of_engine; }
    int radius_frames(const EffectDefinition& definition) const {
        if (of_panel != nullptr) return of_panel->radius_frames;
        return of_engine ? static_cast<int>(of_engine->radius_frames) : definition.radius_frames;
    }
    MaskSet reads() const {
        if (of_panel != nullptr) return of_panel->reads;
        MaskSet reads;
        reads.fill(true);  // the engine says so if it does not
        if (!of_engine) return reads;
        const auto& clips = of_engine->input_clips;
        for (size_t i = 0; i < reads.size(); ++i)
            reads[i] = std::find(clips.begin(), clips.end(), kMaskInputs[i].clip) != clips.end();
        return reads;
    }
};

KnownModel known_model(const EffectDefinition& definition, const ofxpp::ParamSet& params, const std::string& id) {
    KnownModel known{definition.find_model(id), std::nullopt};
    const auto* address = definition.find(Role::engine_address);
    if (known.of_panel == nullptr && address != nullptr)
        known.of_engine =
            EngineFacts::shared().model(std::get<std::string>(read_value(*address, params, std::nullopt)), id);
    return known;
}

// Whether a model that the panel lacks is to be sent a value that differs from the panel's default: a default of its
// own may be another. Of one that the engine was never asked about, all but the radius, which then only says how far
// the window reaches.
bool is_taken(const KnownModel& model, const EffectDefinition& definition, const std::string& name) {
    if (!model.of_engine) return name != definition.radius_parameter;
    const auto& names = model.of_engine->parameters;
    return std::find(names.begin(), names.end(), name) != names.end();
}

// The value as the model takes it, or nothing when it is not to be sent.
std::optional<Value> value_for(const KnownModel& known, const EffectDefinition& definition,
                               const ParameterDefinition& parameter, const Value& value) {
    const ModelDefinition* model = known.of_panel;
    if (model == nullptr) {
        if (value == parameter.default_value || !is_taken(known, definition, parameter.name)) return std::nullopt;
        return value;
    }
    const ModelParameter* own = model->find(parameter.name);
    if (own == nullptr) return std::nullopt;
    if (const auto* number = std::get_if<double>(&value)) return std::clamp(*number, own->minimum, own->maximum);
    if (const auto* integer = std::get_if<int64_t>(&value))
        return static_cast<int64_t>(std::clamp(static_cast<double>(*integer), own->minimum, own->maximum));
    return value;
}

}  // namespace

void define_parameters(const EffectDefinition& definition, const ofxpp::ParamSet& params) {
    for (const auto& group : definition.groups) {
        const auto properties = params.define(kOfxParamTypeGroup, group.name.c_str());
        if (!properties) continue;
        properties->set(kOfxPropLabel, group.label.c_str());
        if (!group.open) properties->offer(kOfxParamPropGroupOpen, 0);
    }
    for (const auto& parameter : definition.parameters) define_parameter(parameter, params);
}

Value read_value(const ParameterDefinition& parameter, const ofxpp::ParamSet& params, std::optional<OfxTime> now) {
    const auto param = params.find(parameter.name.c_str());
    if (!param || parameter.type == ParameterType::button) return parameter.default_value;
    const std::optional<OfxTime> time = parameter.animates ? now : std::nullopt;
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
        default:
            break;
    }
    const int index = param->integer(time);
    if (index < 0 || static_cast<size_t>(index) >= parameter.choices.size()) return parameter.default_value;
    return parameter.choices[static_cast<size_t>(index)].value;
}

bool write_value(const ParameterDefinition& parameter, const ofxpp::ParamSet& params, const Value& value) {
    const auto param = params.find(parameter.name.c_str());
    if (!param || parameter.type == ParameterType::button) return false;
    if (!param->is_animated() && read_value(parameter, params, std::nullopt) == value) return true;
    switch (parameter.type) {
        case ParameterType::number:
            return param->offer(std::get<double>(value));
        case ParameterType::integer:
            return param->offer(static_cast<int>(std::get<int64_t>(value)));
        case ParameterType::flag:
            return param->offer(std::get<bool>(value) ? 1 : 0);
        case ParameterType::text:
            return param->offer(std::get<std::string>(value).c_str());
        default:
            break;
    }
    const auto index = parameter.choice_of(std::get<std::string>(value));
    return index && param->offer(*index);
}

bool is_animated(const ParameterDefinition& parameter, const ofxpp::ParamSet& params) {
    const auto param = params.find(parameter.name.c_str());
    return param && param->is_animated();
}

bool puts_out_matte(const EffectDefinition& definition, const ofxpp::ParamSet& params) {
    const auto* alpha = definition.find(Role::alpha_output);
    return alpha != nullptr && read_value(*alpha, params, std::nullopt) == Value(std::string(kMatte));
}

Settings read_settings(const EffectDefinition& definition, const ofxpp::ParamSet& params, OfxTime time) {
    Settings settings;
    settings.model_id = chosen_model(definition, params);
    const KnownModel model = known_model(definition, params, settings.model_id);
    settings.radius_frames = model.radius_frames(definition);
    settings.reads = model.reads();
    bool does_nothing = false;
    bool holds = false;
    int64_t held_frame = 0;
    for (const auto& parameter : definition.parameters) {
        const Value value = read_value(parameter, params, time);
        if (parameter.role != Role::model) {
            read_into(settings, parameter.role, value);
            continue;
        }
        const auto taken = value_for(model, definition, parameter, value);
        if (taken) settings.model.push_back({parameter.name, *taken});
        if (parameter.name == definition.radius_parameter && (taken || !model.is_known()))
            settings.radius_frames = static_cast<int>(as_number(taken.value_or(value)));
        if (taken && definition.identity && parameter.name == definition.identity->parameter)
            does_nothing = as_number(*taken) == definition.identity->value;
        if (taken && definition.holds && parameter.name == definition.holds->parameter)
            holds = *taken == Value(definition.holds->value);
        if (definition.holds && parameter.name == definition.holds->frame)
            held_frame = std::get<int64_t>(taken.value_or(value));
    }
    if (holds) settings.held_frame = held_frame;
    settings.matte_as_alpha = puts_out_matte(definition, params);
    const bool shows_mended = settings.output == "result" && settings.view != ViewMode::difference;
    settings.identity = settings.view == ViewMode::source || (does_nothing && shows_mended && !settings.matte_as_alpha);
    return settings;
}

}  // namespace reelmend::plugin
