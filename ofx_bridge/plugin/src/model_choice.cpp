#include "model_choice.h"

#include "params.h"

namespace reelmend::plugin {

namespace {

std::string text_of(const ParameterDefinition* parameter, const ofxpp::ParamSet& params) {
    return parameter == nullptr ? std::string() : std::get<std::string>(read_value(*parameter, params, std::nullopt));
}

}  // namespace

std::string chosen_model(const EffectDefinition& definition, const ofxpp::ParamSet& params) {
    const auto* menu = definition.find(Role::model_menu);
    if (menu == nullptr) return definition.model;
    const std::string id = text_of(definition.find(Role::model_id), params);
    return id.empty() ? text_of(menu, params) : id;
}

}  // namespace reelmend::plugin
