#include "status_lines.h"

#include <ofxpp/text.h>

#include <cmath>
#include <mutex>
#include <utility>

#include "engine_facts.h"
#include "instance.h"
#include "params.h"

namespace reelmend::plugin {

namespace {

constexpr Role kLines[] = {Role::status_engine, Role::status_model, Role::status_device, Role::status_time,
                           Role::status_error};

constexpr std::chrono::milliseconds kNotingTakes{500};

std::string milliseconds(double value) {
    return std::to_string(std::llround(value)) + " ms";
}

std::string model_line(const EffectDefinition& definition, const std::string& id) {
    const ModelDefinition* model = definition.find_model(id);
    return model == nullptr ? id : id + " " + model->version;
}

std::string time_line(const LastFrame& last) {
    std::string line = "frame " + std::to_string(last.frame) + " in " + milliseconds(last.total_ms);
    if (last.model.empty()) return line + ", without the engine";
    const auto& engine = last.engine;
    return line + ": engine " + milliseconds(engine.total_ms) + " (queue " + milliseconds(engine.queue_ms) +
           ", receive " + milliseconds(engine.receive_ms) + ", describe " + milliseconds(engine.describe_ms) +
           ", infer " + milliseconds(engine.infer_ms) + ", send " + milliseconds(engine.send_ms) + ")";
}

}  // namespace

void note_engine(const EffectDefinition& definition, const ofxpp::Effect& effect, OfxStatus rendered) {
    Instance* instance = instance_of(effect);
    const auto last = instance == nullptr ? std::nullopt : instance->last_frame.get();
    if (!last || last->model.empty()) return;
    const Settings settings = read_settings(definition, effect.params(), static_cast<OfxTime>(last->frame));
    const std::string& address = settings.engine_address;
    auto& facts = EngineFacts::shared();
    if (rendered != kOfxStatOK)
        facts.forget(address);
    else if (!facts.find(address) && facts.failure(address).empty())
        ask_engine(address, settings.device, kNotingTakes, [&] { return effect.aborting(); });
}

std::string engine_line(const transport::ServerInfo& engine) {
    return "engine " + engine.engine_version + ", API " + std::to_string(engine.api_version) + ", process " +
           std::to_string(engine.process_id) + " at " + engine.address;
}

std::string device_line(const transport::ServerInfo& engine) {
    std::string line = engine.provider;
    if (engine.threads > 0)
        line += " on " + std::to_string(engine.threads) + (engine.threads == 1 ? " thread" : " threads");
    return engine.provider_reason.empty() ? line : line + ": " + engine.provider_reason;
}

StatusTexts status_texts(const EffectDefinition& definition, const LastFrame* last, const transport::ServerInfo* engine,
                         const std::string& otherwise) {
    StatusTexts texts;
    texts[Role::status_engine] = engine == nullptr ? otherwise : engine_line(*engine);
    texts[Role::status_device] = engine == nullptr ? "" : device_line(*engine);
    texts[Role::status_model] = last == nullptr ? "" : model_line(definition, last->model);
    texts[Role::status_time] = last == nullptr ? "no frame yet" : time_line(*last);
    texts[Role::status_error] = last == nullptr ? "" : last->error;
    return texts;
}

void show_status(const EffectDefinition& definition, const ofxpp::Effect& effect) {
    Instance* instance = instance_of(effect);
    if (instance == nullptr) return;
    const auto params = effect.params();
    const auto last = instance->last_frame.get();
    const std::string address = read_settings(definition, params, 0).engine_address;
    const auto engine = EngineFacts::shared().find(address);
    const std::string failure = EngineFacts::shared().failure(address);
    StatusTexts texts = status_texts(definition, last ? &*last : nullptr, engine ? &*engine : nullptr,
                                     failure.empty() ? "not asked yet" : "no answer: " + failure);
    const std::lock_guard lock(instance->status_mutex);
    for (const Role role : kLines) {
        const auto* line = definition.find(role);
        const auto param = line == nullptr ? std::nullopt : params.find(line->name.c_str());
        if (!param) continue;
        std::string text = ofxpp::one_line(texts[role]);
        if (param->text(std::nullopt) == text) continue;
        // The text that goes lives until the host has the one that comes: some keep the pointer.
        std::string& shown = instance->status[role];
        shown.swap(text);
        param->offer(shown.c_str());
    }
}

}  // namespace reelmend::plugin
