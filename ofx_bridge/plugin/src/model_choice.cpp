#include "model_choice.h"

#include <algorithm>

#include "engine_facts.h"
#include "params.h"

namespace reelmend::plugin {

namespace {

constexpr std::chrono::milliseconds kLearningTakes{10000};

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

void learn_model(const EffectDefinition& definition, const ofxpp::Effect& effect) {
    if (definition.find(Role::model_menu) == nullptr) return;
    const auto params = effect.params();
    const std::string id = chosen_model(definition, params);
    if (id.empty() || definition.find_model(id) != nullptr) return;
    const Settings settings = read_settings(definition, params, 0);
    if (EngineFacts::shared().models(settings.engine_address)) return;
    ask_models(settings.engine_address, settings.device, std::min(settings.timeout, kLearningTakes),
               [&] { return effect.aborting(); });
}

}  // namespace reelmend::plugin
