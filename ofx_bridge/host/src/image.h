// Pixels as a plug-in sees them, and the handle through which it sees them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "property_set.h"

namespace ofxhost {

// How this host lays rows out in memory. OpenFX lets rows run either way and be padded.
struct Layout {
    bool top_down = false;  // true: the top row comes first in memory, so rowBytes is negative
    int padding_bytes = 0;  // after each row; a multiple of 4
};

// Float pixels over `bounds`, with no value until they are filled; row y starts at origin + (y - bounds.y1) *
// row_bytes.
struct PixelBuffer {
    PixelBuffer(OfxRectI area, int channel_count, const Layout& layout);

    int width() const { return bounds.x2 - bounds.x1; }
    int height() const { return bounds.y2 - bounds.y1; }
    size_t bytes() const { return value_count * sizeof(float); }
    float* row(int y) const;

    // Copies a picture given top row first, contiguous; fills alpha with 1 where it has none and drops it where
    // unwanted.
    void fillFrom(const float* top_down, int source_channels);
    // Writes the pixels of `area` top row first, contiguous.
    void copyTo(float* top_down, const OfxRectI& area) const;

    void clear();
    // Marks every value, so that what a render leaves unwritten can be told from what it wrote.
    void poison();
    // Number of values inside `area` that still hold the mark.
    size_t poisonedValues(const OfxRectI& area) const;

    OfxRectI bounds;
    int channels;
    std::ptrdiff_t row_bytes;
    size_t value_count;
    std::unique_ptr<float[]> storage;
    float* origin;
    std::string identifier;
};

const char* componentsOf(int channels);
int channelsOf(const std::string& components);

class EffectInstance;
struct Action;

// A clip's picture handed to a plug-in; lives until released.
class Image : public PropertySet {
  public:
    Image(EffectInstance& instance, Action* action, std::shared_ptr<PixelBuffer> pixels, const std::string& premult,
          double pixel_aspect);

    EffectInstance& instance() const { return instance_; }
    Action* action() const { return action_; }

  private:
    EffectInstance& instance_;
    Action* action_;
    std::shared_ptr<PixelBuffer> pixels_;
};

}  // namespace ofxhost
