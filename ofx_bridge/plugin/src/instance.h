// What the plug-in keeps for an instance of an effect.
#pragma once

#include <ofxpp/effect.h>

#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "clock_watch.h"
#include "playback.h"
#include "reelmend/transport/engine_client.h"
#include "resources.h"
#include "seen_frames.h"
#include "sequence_memory.h"
#include "status_lines.h"

namespace reelmend::plugin {

// Which words stand on the effect in the host.
enum class Standing { nothing, note, error };

// How the last render went.
struct LastFrame {
    int64_t frame = 0;
    double total_ms = 0;  // of the whole action
    std::string model;    // empty: no engine was needed
    transport::RenderTimings engine;
    std::string error;  // empty: it succeeded
};

// Thread-safe.
class LastFrameRecord {
  public:
    void set(LastFrame frame) {
        const std::lock_guard lock(mutex_);
        last_ = std::move(frame);
    }
    // Nothing before the first render.
    std::optional<LastFrame> get() const {
        const std::lock_guard lock(mutex_);
        return last_;
    }

  private:
    mutable std::mutex mutex_;
    std::optional<LastFrame> last_;
};

struct Instance {
    LastFrameRecord last_frame;
    std::mutex status_mutex;
    StatusTexts status;  // as the host was last given them
    SequenceMemory memory;
    // One plane instead of three.
    std::array<SequenceMemory, kMaskInputs.size()> mask_memories{SequenceMemory{SequenceMemory::kProxyBudgetBytes / 3},
                                                                 SequenceMemory{SequenceMemory::kProxyBudgetBytes / 3}};
    Playback playback;
    SeenFrames seen;
    ClockWatch clock;
    std::atomic<Standing> standing{Standing::nothing};
    // The model wants neighbours whole: fetching one ahead would only cost a call more.
    std::atomic<bool> wants_whole_neighbours{false};
    // As what the engine last had a whole frame sent: what it remembers of others came the same way.
    std::atomic<transport::SampleType> sent{transport::SampleType::float32};
    std::atomic<int> renders{0};

    // Nothing may be held for true of an interactive sequence: the user may be editing the nodes above while it lasts.
    void begin_sequence(const ofxpp::PropertySet& in_args);
    void end_sequence(const ofxpp::PropertySet& in_args);
    void something_changed();
    void purge();
};

// Null when the host never created the instance, or keeps no data for it: then nothing is remembered.
Instance* instance_of(const ofxpp::Effect& effect);

void create_instance(const ofxpp::Effect& effect);
void destroy_instance(const ofxpp::Effect& effect);

// Whether this host makes a new instance for every frame, as MLT does: none of them has seen another frame.
bool instances_live_for_one_frame();

}  // namespace reelmend::plugin
