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

// How a clip is connected: what a Connection holds besides its source.
struct PyConnection {
    std::array<int, 3> shape;  // height, width, channels
    std::string depth;
    std::array<int, 2> origin;
    std::array<double, 2> range;
    std::string premultiplication;
};

class PyInstance {
  public:
    PyInstance(std::shared_ptr<Plugin> plugin, const InstanceOptions& options, const nb::object& log);
    // A new instance of a plug-in loaded and described anew, with the pictures and values of `like`.
    PyInstance(PyInstance& like, const nb::object& log);
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

    // `source` is a callable or a dict of arrays by frame number.
    void connect(const std::string& clip, const nb::object& source, const PyConnection& how);
    void disconnect(const std::string& clip);
    void beginSequence(const Sequence& sequence);
    // Does nothing when close() has ended the sequence already.
    void endSequence(const Sequence& sequence);
    // None when there is a target, which has then been written.
    nb::object render(double time, const Sequence& sequence, std::optional<Window> window, nb::object aborted,
                      const std::string& field, const nb::object& target);
    nb::object sourcePixels(const std::string& clip, double time, std::array<double, 2> scale,
                            const std::string& field);

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
