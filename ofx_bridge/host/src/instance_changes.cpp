// Changes of parameters and clips, told to the plug-in as the interface demands.
#include <algorithm>

#include "contains.h"
#include "instance.h"

namespace ofxhost {

bool EffectInstance::slaveParamAmong(const std::vector<std::string>& names) const {
    const auto slaves = props.getTexts(kOfxImageEffectPropClipPreferencesSlaveParam);
    return std::any_of(names.begin(), names.end(), [&](const auto& name) { return contains(slaves, name); });
}

void EffectInstance::paramsChanged(const std::vector<std::string>& names, const std::string& reason, double time) {
    const bool clip_changed =
        std::any_of(names.begin(), names.end(), [&](const auto& n) { return findClip(n) != nullptr; });
    if (temper().instance_changed) tellOfChange(names, reason, time);
    if (clip_changed || slaveParamAmong(names)) updateClipPreferences();
}

void EffectInstance::tellOfChange(const std::vector<std::string>& names, const std::string& reason, double time) {
    PropertySet why;
    why.defineText(kOfxPropChangeReason, {reason});
    why.defineText(kOfxImageEffectPropThumbnailRender, {"false"});
    const auto tell = [&](const char* name, PropertySet& in) {
        Action action;
        action.name = name;
        action.time = time;
        action.reason = reason;
        perform(action, &in, nullptr);
    };
    tell(kOfxActionBeginInstanceChanged, why);
    for (const auto& name : names) {
        PropertySet in;
        in.defineText(kOfxPropType, {findClip(name) != nullptr ? kOfxTypeClip : kOfxTypeParameter});
        in.defineText(kOfxPropName, {name});
        in.defineText(kOfxPropChangeReason, {reason});
        in.defineDouble(kOfxPropTime, {time});
        in.defineDouble(kOfxImageEffectPropRenderScale, {1.0, 1.0});
        in.defineText(kOfxImageEffectPropThumbnailRender, {"false"});
        tell(kOfxActionInstanceChanged, in);
    }
    tell(kOfxActionEndInstanceChanged, why);
}

void EffectInstance::paramChangedByPlugin(Param& param) {
    if (!created_) return;
    // A plug-in that answers each of its own changes with another would never end.
    constexpr int kMostNestedChanges = 8;
    {
        std::lock_guard lock(mutex_);
        if (change_depth_ >= kMostNestedChanges) return;
        ++change_depth_;
    }
    try {
        paramsChanged({param.name()}, kOfxChangePluginEdited, now());
    } catch (const StatusError& error) {
        finding(Severity::Error, "change-failed",
                "InstanceChanged for '" + param.name() + "' failed with status " + std::to_string(error.status()));
    }
    std::lock_guard lock(mutex_);
    --change_depth_;
}

}  // namespace ofxhost
