#include "panel_state.h"

#include <algorithm>

#include "connection_test.h"
#include "model_choice.h"
#include "params.h"
#include "presets.h"
#include "status_lines.h"

namespace reelmend::plugin {

namespace {

using transport::Value;

thread_local int setting = 0;

// One step of the host's undo, during which changes are our own.
class Edit {
  public:
    Edit(const ofxpp::ParamSet& params, const char* label) : params_(params) {
        ++setting;
        params_.begin_edit(label);
    }
    ~Edit() {
        params_.end_edit();
        --setting;
    }
    Edit(const Edit&) = delete;
    Edit& operator=(const Edit&) = delete;

  private:
    const ofxpp::ParamSet& params_;
};

// Sets without beginning a step: hosts make steps of their own around what they create and store.
class Quietly {
  public:
    Quietly() { ++setting; }
    ~Quietly() { --setting; }
    Quietly(const Quietly&) = delete;
    Quietly& operator=(const Quietly&) = delete;
};

// The panel of one instance.
class Panel {
  public:
    Panel(const EffectDefinition& definition, const ofxpp::Effect& effect)
        : definition_(definition), effect_(effect), params_(effect.params()) {}

    void open() {
        const Quietly quietly;
        const bool is_new = migrate();
        adopt_model(is_new);
        show_preset();
        enable();
    }

    void sync() {
        const Quietly quietly;
        adopt_model(false);
        show_preset();
        show_status(definition_, effect_);
    }

    void edited(const ParameterDefinition& parameter) {
        if (parameter.role == Role::preset || parameter.role == Role::model_menu) {
            const Edit edit(params_, parameter.label.c_str());
            parameter.role == Role::preset ? choose_preset() : choose_from_menu();
        }
        const Quietly quietly;
        if (parameter.role == Role::model_id) adopt_model(false);
        if (parameter.role == Role::test_connection)
            test_connection(definition_, effect_, read_settings(definition_, params_, 0));
        show_preset();
        enable();
        show_status(definition_, effect_);
    }

  private:
    const ModelDefinition* model() const { return definition_.find_model(chosen_model(definition_, params_)); }

    // Whether the instance is new, or of the panel that stored no version: then all stands at its default.
    bool migrate() const {
        const auto* version = definition_.find(Role::panel_version);
        if (version == nullptr) return false;
        const auto stored = std::get<int64_t>(read_value(*version, params_, std::nullopt));
        if (stored > 1)
            for (const auto& rule : definition_.migrations)
                if (stored < rule.before) migrate(rule);
        if (stored < definition_.panel_version)
            write_value(*version, params_, static_cast<int64_t>(definition_.panel_version));
        return stored <= 1;
    }

    void migrate(const MigrationRule& rule) const {
        const auto& parameter = *definition_.find(rule.parameter);
        if (!is_animated(parameter, params_) && read_value(parameter, params_, std::nullopt) == rule.value)
            write_value(parameter, params_, rule.to);
    }

    // Writes the id down where only the menu had it, and turns the menu to the id.
    void adopt_model(bool is_new) const {
        const auto* menu = definition_.find(Role::model_menu);
        const auto* id = definition_.find(Role::model_id);
        if (menu == nullptr || id == nullptr) return;
        const std::string chosen = chosen_model(definition_, params_);
        if (const auto position = menu->choice_of(chosen); position && !chosen.empty()) {
            // Of the menu, whose texts live as long as the plug-in.
            write_text(*id, menu->choices[static_cast<size_t>(*position)].value);
            write_value(*menu, params_, Value(chosen));
        } else {
            write_value(*menu, params_, Value(std::string()));  // "Another"
        }
        const auto* standard = definition_.presets.empty() ? nullptr : &definition_.presets.front();
        if (is_new && standard != nullptr && model() != nullptr) apply_preset(definition_, params_, *standard, model());
    }

    void write_text(const ParameterDefinition& parameter, const std::string& lasting) const {
        const auto param = params_.find(parameter.name.c_str());
        if (param && param->text(std::nullopt) != lasting) param->offer(lasting.c_str());
    }

    // "Another" alone names no model: the menu goes back to the one that renders.
    void choose_from_menu() const {
        const auto& menu = *definition_.find(Role::model_menu);
        const auto* id = definition_.find(Role::model_id);
        const auto wanted = std::get<std::string>(read_value(menu, params_, std::nullopt));
        const auto position = menu.choice_of(wanted);
        if (!wanted.empty() && position && id != nullptr) {
            write_text(*id, menu.choices[static_cast<size_t>(*position)].value);
            if (!definition_.presets.empty()) apply_preset(definition_, params_, definition_.presets.front(), model());
        }
        adopt_model(false);
    }

    void choose_preset() const {
        const auto& menu = *definition_.find(Role::preset);
        const auto name = std::get<std::string>(read_value(menu, params_, std::nullopt));
        const auto* preset = find_preset(definition_, name);
        if (preset != nullptr) apply_preset(definition_, params_, *preset, model());
    }

    void show_preset() const {
        const auto* menu = definition_.find(Role::preset);
        if (menu != nullptr) write_value(*menu, params_, Value(matching_preset(definition_, params_, model())));
    }

    void enable() const {
        const ModelDefinition* known = model();
        for (const auto& parameter : definition_.parameters) {
            if (parameter.enabled_by)
                set_enabled(parameter,
                            text_of(*definition_.find(parameter.enabled_by->parameter)) == parameter.enabled_by->value);
            else if (parameter.role == Role::model && known != nullptr)
                set_enabled(parameter, known->find(parameter.name) != nullptr);
            else if (parameter.role == Role::model)
                set_enabled(parameter, true);
        }
    }

    std::string text_of(const ParameterDefinition& parameter) const {
        return std::get<std::string>(read_value(parameter, params_, std::nullopt));
    }

    void set_enabled(const ParameterDefinition& parameter, bool enabled) const {
        const auto param = params_.find(parameter.name.c_str());
        const auto properties = param ? param->properties() : std::nullopt;
        if (properties && properties->find_int(kOfxParamPropEnabled).value_or(1) != (enabled ? 1 : 0))
            properties->offer(kOfxParamPropEnabled, enabled ? 1 : 0);
    }

    const EffectDefinition& definition_;
    const ofxpp::Effect& effect_;
    const ofxpp::ParamSet params_;
};

}  // namespace

void open_panel(const EffectDefinition& definition, const ofxpp::Effect& effect) {
    Panel(definition, effect).open();
}

void panel_edited(const EffectDefinition& definition, const ofxpp::Effect& effect, const std::string& parameter) {
    if (const auto* known = definition.find(parameter)) Panel(definition, effect).edited(*known);
}

void sync_panel(const EffectDefinition& definition, const ofxpp::Effect& effect) {
    Panel(definition, effect).sync();
}

bool is_setting_panel() {
    return setting > 0;
}

}  // namespace reelmend::plugin
