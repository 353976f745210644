// Pictures handed to the plug-in: when it may have them, which it gets, and how it gives them back.
#include <algorithm>
#include <set>

#include "binary.h"
#include "instance.h"

namespace ofxhost {

namespace {

bool intersects(const OfxRectD& a, const OfxRectD& b) {
    return a.x1 < b.x2 && b.x1 < a.x2 && a.y1 < b.y2 && b.y1 < a.y2;
}

// The part of a picture that a tile needs, in the same memory; null when it needs none of it.
std::shared_ptr<PixelBuffer> cropped(const std::shared_ptr<PixelBuffer>& whole,
                                     const std::map<std::string, OfxRectI>& crops, const std::string& clip) {
    const auto crop = crops.find(clip);
    if (crop == crops.end()) return whole;
    const OfxRectI& has = whole->bounds;
    const OfxRectI part{std::max(has.x1, crop->second.x1), std::max(has.y1, crop->second.y1),
                        std::min(has.x2, crop->second.x2), std::min(has.y2, crop->second.y2)};
    if (part.x1 >= part.x2 || part.y1 >= part.y2) return nullptr;
    PictureView view = whole->view(part);
    view.owner = whole;
    auto result = std::make_shared<PixelBuffer>(part, view);
    result->region = has;
    result->field = whole->field;
    result->identifier = whole->identifier;
    return result;
}

}  // namespace

Action* EffectInstance::renderAt(double time) {
    Action* action = currentAction();
    if (action != nullptr && action->instance == this && action->renders()) return action;
    std::lock_guard lock(mutex_);
    for (Action* running : running_renders_) {
        if (running->time == time) return running;
    }
    return running_renders_.empty() ? nullptr : running_renders_.front();
}

bool EffectInstance::aborting() {
    const Action* action = currentAction();
    if (action != nullptr && action->instance == this) return action->aborting();
    std::vector<std::function<bool()>> asked;
    {
        std::lock_guard lock(mutex_);
        for (const Action* running : running_renders_) {
            if (running->stopped) return true;
            asked.push_back(running->aborted);
        }
    }
    return std::any_of(asked.begin(), asked.end(), [](const auto& aborted) { return aborted && aborted(); });
}

void EffectInstance::abortRenders() {
    std::lock_guard lock(mutex_);
    for (Action* running : running_renders_) running->stopped = true;
}

OfxStatus EffectInstance::getImage(Clip& from, double time, const OfxRectD* region, OfxPropertySetHandle* image) {
    OfxStatus status = kOfxStatFailed;
    try {
        status = giveImage(from, time, region, image);
    } catch (const StatusError& error) {
        status = error.status();
    }
    std::lock_guard lock(mutex_);
    FetchCount& count = fetches_[from.name()];
    ++count.asked;
    ++count.by_time[time];
    if (status == kOfxStatOK) ++count.given;
    return status;
}

OfxStatus EffectInstance::giveImage(Clip& from, double time, const OfxRectD* region, OfxPropertySetHandle* image) {
    Action* action = renderAt(time);
    if (from.isOutput() && (action == nullptr || action->time != time)) return kOfxStatFailed;
    const bool other_time = action != nullptr && action->time != time;
    if (other_time && !binary_->host().options().temporal_access && !temper().lying_frames) return kOfxStatFailed;
    if (other_time && !from.temporal()) {
        finding(Severity::Error, "temporal-access",
                "clip '" + from.name() + "' was read at another time without declaring temporal access");
    }
    if (temper().strict) checkMayFetch(action, from, time);
    if (other_time && temper().lying_frames) time = action->time;
    const View view = action != nullptr ? action->view : View{};
    auto pixels = from.isOutput() ? action->output : from.pixelsAt(time, view);
    if (!pixels) return kOfxStatFailed;
    if (action != nullptr && !from.isOutput()) pixels = cropped(pixels, action->crops, from.name());
    if (!pixels) return kOfxStatFailed;
    const double aspect = options_.project.pixel_aspect;
    const OfxRectI& area = pixels->bounds;
    const OfxRectD covered{area.x1 * aspect / view.scale.x, area.y1 / view.scale.y, area.x2 * aspect / view.scale.x,
                           area.y2 / view.scale.y};
    if (region != nullptr && !intersects(*region, covered)) return kOfxStatFailed;
    Action* owner = currentAction() != nullptr && currentAction()->instance == this ? currentAction() : action;
    auto made = std::make_unique<Image>(from, owner, std::move(pixels), toldScale(view));
    if (temper().strict && !from.isOutput()) made->keepChecksum();
    *image = made->ofx();
    std::lock_guard lock(mutex_);
    images_.emplace(made.get(), std::move(made));
    return kOfxStatOK;
}

void EffectInstance::checkMayFetch(const Action* action, const Clip& from, double time) const {
    const Action* current = currentAction();
    static const std::set<std::string> changes = {kOfxActionInstanceChanged, kOfxActionBeginInstanceChanged,
                                                  kOfxActionEndInstanceChanged};
    if (current != nullptr && current->instance == this && current->name != kOfxImageEffectActionRender) {
        if (changes.count(current->name) == 0) {
            finding(Severity::Error, "fetch-in-action", "clipGetImage was called in " + current->name);
        } else if (current->reason != kOfxChangeUserEdited) {
            finding(Severity::Error, "fetch-in-action", "clipGetImage was called in a change that no user made");
        }
    }
    if (action == nullptr || !action->renders() || from.isOutput()) return;
    std::lock_guard lock(mutex_);
    const auto declared = declared_.find(action->time);
    if (declared == declared_.end()) return;
    const auto& ranges = declared->second.at(from.name());
    const bool covered = std::any_of(ranges.begin(), ranges.end(),
                                     [&](const OfxRangeD& range) { return time >= range.min && time <= range.max; });
    if (covered) return;
    finding(Severity::Error, "undeclared-frame",
            "clip '" + from.name() + "' was read at " + std::to_string(time) + " for frame " +
                std::to_string(action->time) + ", which GetFramesNeeded did not name");
}

void EffectInstance::releaseImage(OfxPropertySetHandle handle) {
    auto* image = dynamic_cast<Image*>(&PropertySet::from(handle));
    if (image == nullptr) throw StatusError(kOfxStatErrBadHandle, "not an image");
    EffectInstance& instance = image->instance();
    const std::string clip_name = image->clip().name();
    instance.checkReturned(*image);
    std::lock_guard lock(instance.mutex_);
    instance.images_.erase(image);
    ++instance.fetches_[clip_name].released;
}

void EffectInstance::checkReturned(const Image& image) const {
    if (image.changed()) {
        finding(Severity::Error, "source-written",
                "the picture of input clip '" + image.clip().name() + "' was written");
    }
    if (!image.clip().isOutput() && !image.pixels().guardsIntact()) {
        finding(Severity::Error, "guard",
                "memory around the picture of clip '" + image.clip().name() + "' was written");
    }
}

std::map<std::string, FetchCount> EffectInstance::fetchCounts() const {
    std::lock_guard lock(mutex_);
    return fetches_;
}

void EffectInstance::resetFetchCounts() {
    std::lock_guard lock(mutex_);
    fetches_.clear();
}

void EffectInstance::takeBackImages(const Action& action) {
    size_t kept = 0;
    {
        std::lock_guard lock(mutex_);
        for (auto image = images_.begin(); image != images_.end();) {
            if (image->second->action() == &action) {
                image = images_.erase(image);
                ++kept;
            } else {
                ++image;
            }
        }
    }
    if (kept != 0) {
        finding(Severity::Error, "unreleased-image",
                action.name + " left " + std::to_string(kept) + " image(s) unreleased");
    }
}

size_t EffectInstance::imagesHeld() const {
    std::lock_guard lock(mutex_);
    return images_.size();
}

}  // namespace ofxhost
