// An effect instance for Python: actions run without the GIL, and closing waits for those that still run.
#pragma once

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "binary.h"
#include "convert.h"
#include "instance.h"

namespace ofxhost {

using Rect = std::array<double, 4>;  // x1, y1, x2, y2; y points up
using Window = std::array<int, 4>;

class PyInstance {
  public:
    PyInstance(std::shared_ptr<Plugin> plugin, const InstanceOptions& options, const nb::object& log);
    ~PyInstance();

    void close();
    bool closed() const;

    // Runs `body` on the instance with the GIL released; throws when the instance is closed.
    template <class Body>
    auto use(Body&& body) {
        const nb::gil_scoped_release no_gil;
        const Visit visit(*this);
        return body(*instance_);
    }

    void connect(const std::string& clip, nb::object callable, std::array<int, 3> shape, std::array<double, 2> range,
                 const std::string& premult);
    void disconnect(const std::string& clip);
    void beginSequence(const Sequence& sequence);
    // Does nothing when close() has ended the sequence already.
    void endSequence(const Sequence& sequence);
    PixelArray render(double time, const Sequence& sequence, std::optional<Window> window, nb::object aborted);
    std::optional<PixelArray> sourcePixels(const std::string& clip, double time);

    nb::object getParam(const std::string& name, std::optional<double> time);
    void setParam(const std::string& name, nb::object value, std::optional<double> time);
    nb::dict keys(const std::string& name);

  private:
    // Counts who is inside, so that close() can wait; a plain lock would not let a callback come back in.
    class Visit {
      public:
        explicit Visit(PyInstance& visited);
        ~Visit();

      private:
        PyInstance& visited_;
    };

    Log log_;
    std::shared_ptr<EffectInstance> instance_;
    std::map<const Sequence*, Sequence> open_sequences_;
    mutable std::mutex mutex_;
    std::condition_variable empty_;
    int visitors_ = 0;
    bool closed_ = false;
};

void bindInstance(nb::module_& module);

}  // namespace ofxhost
