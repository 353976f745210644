#include "instance.h"

#include "binary.h"
#include "contains.h"

namespace ofxhost {

EffectInstance::EffectInstance(std::shared_ptr<Plugin> plugin, const InstanceOptions& instance_options,
                               std::shared_ptr<Listener> instance_listener, const EffectInstance* like)
    : Effect(plugin->describeInContext(instance_options.context).props, instance_listener.get()),
      binary_(plugin->binary().shared_from_this()),
      plugin_(std::move(plugin)),
      options_(instance_options),
      owned_listener_(std::move(instance_listener)),
      timeline_(instance_options.project.first_frame) {
    const EffectDescriptor& descriptor = plugin_->describeInContext(options_.context);
    if (props.getTexts(kOfxImageEffectPropSupportedPixelDepths).empty()) {
        throw StatusError(kOfxStatErrUnsupported, "plug-in '" + plugin_->identifier() + "' names no pixel depth");
    }
    defineProperties();
    params_ = std::make_unique<ParamSet>(
        descriptor.paramSet(), *this, options_.project.width * options_.project.pixel_aspect, options_.project.height);
    for (const auto& described : descriptor.clips()) clips_.push_back(std::make_unique<Clip>(*this, described));
    if (like != nullptr) {
        for (const auto& made : clips_) {
            if (!made->isOutput() && like->clip(made->name()).connected()) {
                made->connect(like->clip(made->name()).connection());
            }
        }
        for (const auto& param : params_->all()) {
            if (param->hasValue()) param->copyFrom(*like->params_->find(param->name()), 0.0, nullptr);
        }
    }
    const OfxStatus status = perform(kOfxActionCreateInstance, now(), nullptr, nullptr);
    plugin_->instanceBorn();
    try {
        if (status == kOfxStatReplyDefault && temper().create_needs_ok) {
            finding(Severity::Error, "create-default", "CreateInstance was not answered with OK");
            throw StatusError(status, "this host makes no instance unless CreateInstance answers OK");
        }
        created_ = true;
        updateClipPreferences();
    } catch (...) {
        destroy();
        throw;
    }
}

EffectInstance::~EffectInstance() {
    destroy();
}

void EffectInstance::destroy() {
    Action action;
    action.name = kOfxActionDestroyInstance;
    action.instance = this;
    action.listener = listener();
    const OfxStatus status = plugin_->call(action, handle(), nullptr, nullptr);
    if (status == kOfxStatReplyDefault && temper().create_needs_ok) {
        finding(Severity::Error, "destroy-default", "DestroyInstance was not answered with OK");
    }
    plugin_->instanceDied();
}

std::shared_ptr<EffectInstance> EffectInstance::again(std::shared_ptr<Listener> listener) const {
    return std::make_shared<EffectInstance>(plugin_->again(), options_, std::move(listener), this);
}

const Temper& EffectInstance::temper() const {
    return binary_->host().options().temper;
}

OfxPointD EffectInstance::toldScale(const View& view) const {
    return temper().lying_scale ? OfxPointD{1.0, 1.0} : view.scale;
}

void EffectInstance::defineProperties() {
    const Project& project = options_.project;
    const double width = project.width * project.pixel_aspect;
    props.setKind("instance");
    props.defineText(kOfxPropType, {kOfxTypeImageEffectInstance});
    props.defineText(kOfxImageEffectPropContext, {options_.context});
    props.definePointer(kOfxPropInstanceData);
    props.definePointer(kOfxImageEffectPropPluginHandle, plugin_->describeInContext(options_.context).handle());
    props.defineDouble(kOfxImageEffectPropProjectSize, {width, static_cast<double>(project.height)});
    props.defineDouble(kOfxImageEffectPropProjectOffset,
                       {project.x * project.pixel_aspect, static_cast<double>(project.y)});
    props.defineDouble(kOfxImageEffectPropProjectExtent, {width, static_cast<double>(project.height)});
    props.defineDouble(kOfxImageEffectPropProjectPixelAspectRatio, {project.pixel_aspect});
    props.defineDouble(kOfxImageEffectInstancePropEffectDuration, {project.last_frame - project.first_frame + 1.0});
    props.defineDouble(kOfxImageEffectPropFrameRate, {project.frame_rate});
    props.defineDouble(kOfxImageEffectPropFrameRange, {project.first_frame, project.last_frame});
    props.defineInt(kOfxPropIsInteractive);
}

OfxRectD EffectInstance::projectRegion() const {
    const Project& project = options_.project;
    return {project.x * project.pixel_aspect, static_cast<double>(project.y),
            (project.x + project.width) * project.pixel_aspect, static_cast<double>(project.y + project.height)};
}

std::string EffectInstance::imageIdentifier(uint64_t serial) const {
    switch (options_.identity) {
        case Identity::Constant:
            return "ffffffffffffffff";
        case Identity::Empty:
            return "";
        case Identity::Serial:
            break;
    }
    return "pyopenfx:" + std::to_string(serial);
}

Clip* EffectInstance::findClip(const std::string& name) const {
    for (const auto& clip : clips_) {
        if (clip->name() == name) return clip.get();
    }
    return nullptr;
}

Clip& EffectInstance::clip(const std::string& name) const {
    Clip* found = findClip(name);
    if (found == nullptr) throw StatusError(kOfxStatErrBadHandle, "the effect has no clip '" + name + "'");
    return *found;
}

std::string EffectInstance::preferredComponents(const ClipDescriptor& descriptor) const {
    return componentsFor(descriptor.props.getTexts(kOfxImageEffectPropSupportedComponents),
                         options_.project.components);
}

std::string EffectInstance::supportedComponents(const Clip& clip, const std::string& wanted) const {
    return componentsFor(clip.props.getTexts(kOfxImageEffectPropSupportedComponents), wanted);
}

// What both the host and the clip have; a clip that names nothing takes anything.
std::string EffectInstance::componentsFor(const std::vector<std::string>& clip_has, const std::string& wanted) const {
    const auto& host_has = binary_->host().options().components;
    const auto both = [&](const std::string& name) {
        return (clip_has.empty() || contains(clip_has, name)) && contains(host_has, name);
    };
    if (both(wanted)) return wanted;
    if (both(kOfxImageComponentRGBA)) return kOfxImageComponentRGBA;
    const auto found = std::find_if(host_has.begin(), host_has.end(), both);
    if (found != host_has.end()) return *found;
    return contains(clip_has, wanted) ? wanted : clip_has.front();
}

Depth EffectInstance::supportedDepth(Depth wanted) const {
    if (options_.force_depth) return wanted;
    const auto plugin_has = props.getTexts(kOfxImageEffectPropSupportedPixelDepths);
    const auto& host_has = binary_->host().options().depths;
    const auto both = [&](int depth) {
        const char* name = depthName(static_cast<Depth>(depth));
        return contains(plugin_has, name) && contains(host_has, name);
    };
    // Upwards first, so that nothing is lost.
    for (int depth = static_cast<int>(wanted); depth <= static_cast<int>(Depth::Float); ++depth) {
        if (both(depth)) return static_cast<Depth>(depth);
    }
    for (int depth = static_cast<int>(wanted); depth > static_cast<int>(Depth::None); --depth) {
        if (both(depth)) return static_cast<Depth>(depth);
    }
    throw StatusError(kOfxStatErrUnsupported, "plug-in '" + plugin_->identifier() + "' takes no depth of this host");
}

double EffectInstance::now() const {
    const Action* action = currentAction();
    return action != nullptr && action->instance == this ? action->time : timeline_.load();
}

void EffectInstance::finding(Severity severity, const std::string& rule, const std::string& text) const {
    const Action* action = currentAction();
    const std::string where = action != nullptr && action->instance == this ? action->name : "";
    if (listener() != nullptr && listener()->finding) listener()->finding({severity, rule, text, where});
}

}  // namespace ofxhost
