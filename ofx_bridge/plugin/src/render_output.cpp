// How a render leaves its output: the result, the source, or what is made of both.
#include <ofxpp/guard.h>

#include "render.h"
#include "views.h"

namespace reelmend::plugin {

namespace {

[[noreturn]] void refuse(const std::string& reason) {
    throw ofxpp::Error(kOfxStatFailed, reason);
}

std::string text(const transport::FrameFormat& format) {
    return std::to_string(format.width) + "×" + std::to_string(format.height);
}

}  // namespace

void FrameRender::show_source() {
    const PixelView* source = source_->image(window_.centre);
    if (source == nullptr) throw missing_frame(window_.centre);
    if (!converts(*source, target_))
        refuse(
            "its Source and its output have other components or depths, between which nothing is converted; set "
            "both to the same");
    write_pictures(source);
}

// The output may hold part of a result by now.
void FrameRender::write_without_result() noexcept {
    if (copied_ && !received_) return;
    ofxpp::guarded(
        [&] {
            const PixelView* source = nullptr;
            // Who stopped the render doesn't look at the picture, and doesn't want to wait for another image.
            if (source_) source = aborted_ ? source_->held(window_.centre) : source_->image(window_.centre);
            write_pictures(source);
            return kOfxStatOK;
        },
        [&](const char*) { write_pictures(nullptr); });
}

void FrameRender::receive(size_t picture, const transport::RenderOutput& output) {
    const bool is_matte = is_alpha(output);
    const auto& wanted = frames_[centre_].known->pictures[picture].format;
    const auto& format = output.format;
    const bool fits = (output.identical_to_source && !is_matte) ||
                      (format.width == wanted.width && format.height == wanted.height &&
                       (format.channels == 1 || (format.channels == 3 && !is_matte)) && output.planes != nullptr);
    if (!fits)
        refuse("the engine answered " + text(format) + " with " + std::to_string(format.channels) +
               " channels, not the source's " + text(wanted) + (is_matte ? " with 1" : " with 3") +
               "; install an engine and a plug-in of the same version");
    const PixelView source = copied_ ? targets_[picture] : pictures_of(confirmed_centre(), split_)[picture];
    received_ = true;
    if (output.index == 0) write_colours(picture, source, output);
    if (is_matte) write_alpha(targets_[picture], areas_[picture], source.bounds, output);
}

// Whether this output is what the alpha channel is to carry.
bool FrameRender::is_alpha(const transport::RenderOutput& output) const {
    return carries_matte() && (output.index > 0 || settings_.output == kMatte);
}

bool FrameRender::carries_matte() const {
    return settings_.matte_as_alpha && target_.components == 4;
}

void FrameRender::write_colours(size_t picture, const PixelView& source, const transport::RenderOutput& output) {
    if (is_composed(settings_.view))
        write_composed(picture, source, output);
    else if (!output.identical_to_source)
        write_planes(targets_[picture], areas_[picture], source, output, sent_);
    else if (!copied_)
        write_source(targets_[picture], areas_[picture], &source);
}

void FrameRender::write_composed(size_t picture, const PixelView& source, transport::RenderOutput output) {
    const auto host = host_pixels(source);
    transport::FrameFormat format = host.format();
    format.sample_type = transport::SampleType::float32;
    std::vector<float> shown(format.samples());
    transport::pack(host, transport::SampleType::float32, shown.data());
    if (output.identical_to_source) output.format = format;
    const PlaneShape shape{format.width, format.height, format.channels};
    if (!format.same_size(output.format)) refuse("this view needs a result in colour; set View to another");
    compose_view(settings_, shape, shown.data(), output.planes, shown.data());
    output.planes = shown.data();
    write_planes(targets_[picture], areas_[picture], source, output, transport::SampleType::float32);
}

void FrameRender::write_pictures(const PixelView* source) {
    if (targets_.size() != 1) return write_source(target_, area_, source);
    const auto pictures = source == nullptr ? std::vector<PixelView>{} : pictures_of(*source, split_);
    write_source(targets_.front(), areas_.front(), source == nullptr ? nullptr : &pictures.front());
}

}  // namespace reelmend::plugin
