#include "actions.h"

#include <ofxpp/effect.h>
#include <ofxpp/guard.h>
#include <ofxpp/message.h>

#include <cstring>

#include "describe.h"
#include "engine_facts.h"
#include "engine_pool.h"
#include "geometry.h"
#include "instance.h"
#include "model_choice.h"
#include "panel_state.h"
#include "render_action.h"
#include "status_lines.h"

namespace reelmend::plugin {

namespace {

// The host's arguments of one action.
struct Call {
    BundledEffect& bundled;
    const ofxpp::Suites& suites;
    const char* action;
    const void* handle;
    OfxPropertySetHandle in_handle;
    OfxPropertySetHandle out_handle;

    bool is(const char* name) const { return std::strcmp(action, name) == 0; }
    const EffectDefinition& definition() const { return bundled.definition; }
    ofxpp::Effect effect() const {
        return ofxpp::Effect(suites, static_cast<OfxImageEffectHandle>(const_cast<void*>(handle)));
    }
    ofxpp::PropertySet in_args() const { return ofxpp::PropertySet(suites.property(), in_handle); }
    ofxpp::PropertySet out_args() const { return ofxpp::PropertySet(suites.property(), out_handle); }
};

OfxStatus load(const Call& call) {
    EnginePool::shared().add_user(&call.bundled);
    return kOfxStatOK;
}

OfxStatus unload(const Call& call) {
    call.bundled.host.drop();
    EnginePool::shared().remove_user(&call.bundled);
    if (!EnginePool::shared().in_use()) EngineFacts::shared().clear();
    return kOfxStatOK;
}

// The panel is a help: an instance lives, and a project is stored, without it.
template <class Work>
void help(Work&& work) {
    ofxpp::guarded([&] { return work(), kOfxStatOK; }, [](const char*) {});
}

OfxStatus create(const Call& call) {
    const auto effect = call.effect();
    create_instance(effect);
    help([&] { open_panel(call.definition(), effect); });
    return kOfxStatOK;
}

OfxStatus sync_private_data(const Call& call) {
    help([&] { sync_panel(call.definition(), call.effect()); });
    return kOfxStatOK;
}

OfxStatus begin_sequence(const Call& call) {
    const auto effect = call.effect();
    clear_standing_words(effect);  // Nuke doesn't render an effect on which an error stands
    if (Instance* instance = instance_of(effect); instance != nullptr) instance->begin_sequence(call.in_args());
    return kOfxStatOK;
}

OfxStatus end_sequence(const Call& call) {
    if (Instance* instance = instance_of(call.effect()); instance != nullptr) instance->end_sequence(call.in_args());
    return kOfxStatOK;
}

OfxStatus instance_changed(const Call& call) {
    const auto in_args = call.in_args();
    const std::string reason = in_args.find_string(kOfxPropChangeReason).value_or("");
    if (reason == kOfxChangeTime) return kOfxStatReplyDefault;
    // What the panel sets follows from what the user did, which was heard of before.
    if (reason == kOfxChangePluginEdited || is_setting_panel()) return kOfxStatOK;
    const auto effect = call.effect();
    if (Instance* instance = instance_of(effect); instance != nullptr) instance->something_changed();
    clear_standing_words(effect);
    if (in_args.find_string(kOfxPropType).value_or("") == kOfxTypeParameter)
        panel_edited(call.definition(), effect, in_args.find_string(kOfxPropName).value_or(""));
    return kOfxStatOK;
}

OfxStatus render(const Call& call) {
    const auto effect = call.effect();
    help([&] { learn_model(call.definition(), effect); });
    const OfxStatus status = render_action(call.definition(), effect, call.in_args());
    help([&] { note_engine(call.definition(), effect, status); });
    return status;
}

OfxStatus purge_caches(const Call& call) {
    if (Instance* instance = instance_of(call.effect()); instance != nullptr) instance->purge();
    return kOfxStatOK;
}

OfxStatus dispatch(const Call& call) {
    if (call.is(kOfxActionLoad)) return load(call);
    if (call.is(kOfxActionUnload)) return unload(call);
    if (!call.bundled.defect.empty()) throw ofxpp::Error(kOfxStatFailed, call.bundled.defect);
    if (call.is(kOfxActionDescribe)) return describe(call.definition(), call.effect()), kOfxStatOK;
    if (call.is(kOfxImageEffectActionDescribeInContext))
        return describe_in_context(call.definition(), call.effect(),
                                   call.in_args().find_string(kOfxImageEffectPropContext).value_or("")),
               kOfxStatOK;
    // Resolve hides the controls unless these two answer OK.
    if (call.is(kOfxActionCreateInstance)) return create(call);
    if (call.is(kOfxActionDestroyInstance)) return destroy_instance(call.effect()), kOfxStatOK;
    if (call.is(kOfxImageEffectActionRender)) return render(call);
    if (call.is(kOfxImageEffectActionBeginSequenceRender)) return begin_sequence(call);
    if (call.is(kOfxImageEffectActionEndSequenceRender)) return end_sequence(call);
    if (call.is(kOfxImageEffectActionIsIdentity))
        return is_identity(call.definition(), call.effect(), call.in_args(), call.out_args());
    if (call.is(kOfxImageEffectActionGetFramesNeeded))
        return get_frames_needed(call.definition(), call.effect(), call.in_args(), call.out_args());
    if (call.is(kOfxImageEffectActionGetRegionOfDefinition))
        return get_region_of_definition(call.effect(), call.in_args(), call.out_args());
    if (call.is(kOfxImageEffectActionGetRegionsOfInterest))
        return get_regions_of_interest(call.definition(), call.effect(), call.in_args(), call.out_args());
    if (call.is(kOfxImageEffectActionGetClipPreferences))
        return get_clip_preferences(call.definition(), call.effect(), call.out_args());
    if (call.is(kOfxActionInstanceChanged)) return instance_changed(call);
    if (call.is(kOfxActionSyncPrivateData)) return sync_private_data(call);
    if (call.is(kOfxActionPurgeCaches)) return purge_caches(call);
    return kOfxStatReplyDefault;
}

bool has_instance(const char* action) {
    for (const char* other :
         {kOfxActionLoad, kOfxActionUnload, kOfxActionDescribe, kOfxImageEffectActionDescribeInContext})
        if (std::strcmp(action, other) == 0) return false;
    return true;
}

// Hosts act on the statuses that the standard lists for an action and on no others.
OfxStatus standard(OfxStatus status, const char* action) {
    if (status == kOfxStatOK || status == kOfxStatReplyDefault || status == kOfxStatErrMemory) return status;
    const bool of_the_host = status == kOfxStatErrMissingHostFeature && !has_instance(action);
    return of_the_host ? status : kOfxStatFailed;
}

}  // namespace

OfxStatus perform(BundledEffect& bundled, const char* action, const void* handle, OfxPropertySetHandle in_args,
                  OfxPropertySetHandle out_args) noexcept {
    if (action == nullptr) return kOfxStatFailed;
    std::shared_ptr<const ofxpp::Suites> suites;
    const OfxStatus status = ofxpp::guarded(
        [&] {
            suites = bundled.host.suites();
            return dispatch({bundled, *suites, action, handle, in_args, out_args});
        },
        [&](const char* reason) {
            const std::string text = bundled.definition.label + ": " + reason;
            // A descriptor is no instance: hosts that take every handle for one would crash.
            void* instance = has_instance(action) ? const_cast<void*>(handle) : nullptr;
            if (suites != nullptr)
                ofxpp::show_error(*suites, instance, text);
            else
                std::fprintf(stderr, "reelmend: %s\n", text.c_str());
        });
    return standard(status, action);
}

}  // namespace reelmend::plugin
