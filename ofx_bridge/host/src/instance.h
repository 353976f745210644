// A living effect: its project, its clips, its parameters, and the actions that can be asked of it.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "action.h"
#include "effect.h"

namespace ofxhost {

class Binary;
class Plugin;

struct Project {
    int width = 0;
    int height = 0;
    double pixel_aspect = 1.0;
    double frame_rate = 24.0;
    double first_frame = 0.0;
    double last_frame = 0.0;
    std::string components = kOfxImageComponentRGBA;
    Depth depth = Depth::Float;
    Field field_order = Field::None;  // None: progressive; else the field that comes first
    int x = 0;                        // of the project's bottom-left pixel
    int y = 0;
};

enum class Identity { Serial, Constant, Empty };

struct InstanceOptions {
    std::string context = kOfxImageEffectContextFilter;
    Project project;
    Layout layout;
    Identity identity = Identity::Serial;  // what OfxImagePropUniqueIdentifier says
    size_t cache_bytes = 0;                // converted source frames kept per clip
    bool check_output = true;              // report pixels that a successful render left unwritten
    bool zero_copy = false;                // hand out source memory itself where format and size are right already
    bool swap_red_blue = false;            // hand out BGRA and say RGBA
    bool linear_light = false;             // hand out integer media as linear light
    bool crop_tiles = false;               // hand out no more of a picture than a tile needs
    bool force_depth = false;              // hand out the source's depth, whether the plug-in supports it or not
};

// One frame, or one field of it, to be rendered.
struct RenderJob {
    double time = 0.0;
    View view;
    std::optional<OfxRectI> window;  // pixels at the render scale; none: everything
    std::function<bool()> aborted;
    // Where to render straight into. None: memory of the host's.
    std::optional<PictureView> target;
};

// How often a clip's pictures were asked for.
struct FetchCount {
    size_t asked = 0;
    size_t given = 0;
    size_t released = 0;
    std::map<double, size_t> by_time;  // given or not
};

struct Sequence {
    double first = 0.0;
    double last = 0.0;
    double step = 1.0;
    bool interactive = false;
    bool sequential = false;
    OfxPointD scale{1.0, 1.0};
};

struct IdentityAnswer {
    std::string clip;
    double time;
};

using FrameRanges = std::map<std::string, std::vector<OfxRangeD>>;
using Regions = std::map<std::string, OfxRectD>;

class EffectInstance : public Effect {
  public:
    // Sends CreateInstance and GetClipPreferences; throws StatusError when the plug-in refuses.
    // `like` lends its pictures and values, as a saved project does.
    EffectInstance(std::shared_ptr<Plugin> plugin, const InstanceOptions& options, std::shared_ptr<Listener> listener,
                   const EffectInstance* like = nullptr);
    // Waits for renders that still run, then sends DestroyInstance.
    ~EffectInstance() override;

    const Project& project() const { return options_.project; }
    const InstanceOptions& options() const { return options_; }
    OfxRectD projectRegion() const;
    std::string imageIdentifier(uint64_t serial) const;

    ParamSet& paramSet() override { return *params_; }
    Clip& clip(const std::string& name) const;
    Clip* findClip(const std::string& name) const;
    const std::vector<std::unique_ptr<Clip>>& clips() const { return clips_; }

    // The components that a clip shall have when nobody asks for anything: the project's if supported, else the first.
    std::string preferredComponents(const ClipDescriptor& descriptor) const;
    std::string supportedComponents(const Clip& clip, const std::string& wanted) const;
    // The depth of those that the plug-in takes which is nearest to what is there, rather deeper than shallower.
    Depth supportedDepth(Depth wanted) const;

    // The time at which a parameter without a time is read.
    double now() const;
    void goTo(double time) { timeline_ = time; }

    // Actions. Those with a time may be called on any thread.
    void updateClipPreferences();
    // The answers to the last GetClipPreferences.
    std::shared_ptr<const PropertySet> clipPreferences() const;
    FrameRanges framesNeeded(double time);
    OfxRectD regionOfDefinition(double time, const View& view = {});
    Regions regionsOfInterest(double time, const OfxRectD& wanted, const View& view = {});
    std::optional<IdentityAnswer> identity(double time, const OfxRectI& window, const View& view = {});
    // The frames that the effect can give; none: the plug-in leaves it to the host.
    std::optional<OfxRangeD> timeDomain();
    void beginSequence(const Sequence& sequence);
    void endSequence(const Sequence& sequence);
    // The pixels of the output at the job's scale.
    OfxRectI outputArea(double time, const View& view);
    std::shared_ptr<PixelBuffer> render(const RenderJob& job, const Sequence& sequence);
    // Asks every render that runs now to stop.
    void abortRenders();
    void paramsChanged(const std::vector<std::string>& names, const std::string& reason, double time);
    // A change made by the plug-in itself, told back to it as the interface demands.
    void paramChangedByPlugin(Param& param);
    void syncPrivateData();
    void purgeCaches();

    bool aborting();
    OfxStatus getImage(Clip& clip, double time, const OfxRectD* region, OfxPropertySetHandle* image);
    static void releaseImage(OfxPropertySetHandle image);
    size_t imagesHeld() const;
    std::map<std::string, FetchCount> fetchCounts() const;
    void resetFetchCounts();
    void finding(Severity severity, const std::string& rule, const std::string& text) const;
    const Temper& temper() const;
    // The plug-in has set (true) or cleared its persistent error message.
    void noteErrorMessage(bool stands) { error_message_ = stands; }
    // A new instance of a plug-in loaded and described anew, with this one's pictures and values.
    std::shared_ptr<EffectInstance> again(std::shared_ptr<Listener> listener) const;

  private:
    std::string componentsFor(const std::vector<std::string>& clip_has, const std::string& wanted) const;
    // Runs an action; throws StatusError unless it is accepted.
    OfxStatus perform(const std::string& name, double time, PropertySet* in, PropertySet* out);
    OfxStatus perform(Action& action, PropertySet* in, PropertySet* out);
    // Keeps other renders out as far as the effect's declared thread safety demands.
    std::unique_lock<std::recursive_mutex> renderLock();
    void defineProperties();
    PropertySet sequenceArguments(const Sequence& sequence) const;
    PropertySet renderArguments(const RenderJob& job, const Sequence& sequence, const OfxRectI& window) const;
    std::shared_ptr<PixelBuffer> outputBuffer(const RenderJob& job, const OfxRectI& window);
    std::map<std::string, OfxRectI> cropsFor(const RenderJob& job);
    void checkRendered(const Action& action, const OfxRectI& window) const;
    OfxStatus giveImage(Clip& clip, double time, const OfxRectD* region, OfxPropertySetHandle* image);
    Action* renderAt(double time);
    void takeBackImages(const Action& action);
    void checkMayFetch(const Action* action, const Clip& clip, double time) const;
    void checkReturned(const Image& image) const;
    void requireMayRender() const;
    // What the plug-in is told of a render scale.
    OfxPointD toldScale(const View& view) const;
    void destroy();
    std::string defaultComponents(const Clip& clip) const;
    Depth defaultDepth(const Clip& clip) const;
    void applyClipPreferences(const PropertySet& out);
    void tellOfChange(const std::vector<std::string>& names, const std::string& reason, double time);
    bool slaveParamAmong(const std::vector<std::string>& names) const;

    std::shared_ptr<Binary> binary_;
    std::shared_ptr<Plugin> plugin_;
    InstanceOptions options_;
    std::shared_ptr<Listener> owned_listener_;
    std::unique_ptr<ParamSet> params_;
    std::vector<std::unique_ptr<Clip>> clips_;
    std::shared_ptr<const PropertySet> preferences_;
    std::atomic<double> timeline_{0.0};

    std::recursive_mutex render_mutex_;  // held during Render of an effect that is not FullySafe
    mutable std::mutex mutex_;
    std::map<Image*, std::unique_ptr<Image>> images_;
    std::map<std::string, FetchCount> fetches_;
    std::map<double, FrameRanges> declared_;  // the answers to GetFramesNeeded by time
    std::string dead_;                        // why nothing is rendered any more; empty: alive
    std::atomic<bool> error_message_{false};
    std::vector<Action*> running_renders_;
    int change_depth_ = 0;
    std::atomic<bool> created_{false};
};

}  // namespace ofxhost
