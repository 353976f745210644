// What the transport costs beside a plain copy of the frame, measured in rounds: each round runs every case once, so
// that a busy moment of the machine touches all alike.
//
//   transport_speed [--width 1920] [--height 1080] [--size WxH] [--runs 15] [--warm-up 2] [--address ADDRESS]
//                   [--json]
//
// The frame is RGBA float. Without an address the local cases run alone:
//   transport-memcpy    a copy of the frame into memory that was touched before
//   pack                conversion to planes and digest, in one pass        digest, digest-and-proxy
//   pack-halves         the same to planes of halves                        unpack (planes to pixels)
// With the address of an engine that has the bench's effects "upload" (needs the full frame) and "download" (needs no
// pixels, answers a full frame), whole render calls:
//   shared-memory-up, shared-memory-down, chunks-up, chunks-down, control (a call that moves no pixels: "upload" of a
//   frame that the engine has)
// Up: the call packs the frame into the slot or the chunks, and ends when the engine has taken it and answered. Down:
// it ends when the result is unpacked into the host's image. Frames are announced before the clock starts, as the node
// announces them: their digests come from an earlier pass.
//
// The first --warm-up rounds don't count: an engine hands out slots that this process has never mapped until its memory
// is full of frames.
//
// Prints one JSON object: each case's name with its median in milliseconds, and "rows", a list of {name, median_ms,
// min_ms, max_ms, runs, samples_ms}, the samples in the order of the rounds. Exit code 1 and a line on stderr when
// something fails.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "reelmend/transport/engine_client.h"

namespace {

using namespace reelmend::transport;
using Clock = std::chrono::steady_clock;

struct Arguments {
    uint32_t width = 1920;
    uint32_t height = 1080;
    int runs = 15;
    int warm_up = 2;
    std::string address;
};

Arguments parse(int argc, char** argv) {
    Arguments arguments;
    for (int i = 1; i < argc; ++i) {
        const std::string name = argv[i];
        if (name == "--json") continue;  // it prints nothing else
        if (i + 1 == argc) throw std::runtime_error(name + " needs a value");
        const std::string value = argv[++i];
        if (name == "--address") {
            arguments.address = value;
        } else if (name == "--width") {
            arguments.width = static_cast<uint32_t>(std::stoul(value));
        } else if (name == "--height") {
            arguments.height = static_cast<uint32_t>(std::stoul(value));
        } else if (name == "--size") {
            const size_t cross = value.find('x');
            if (cross == std::string::npos) throw std::runtime_error("--size must be WxH, got " + value);
            arguments.width = static_cast<uint32_t>(std::stoul(value.substr(0, cross)));
            arguments.height = static_cast<uint32_t>(std::stoul(value.substr(cross + 1)));
        } else if (name == "--runs") {
            arguments.runs = std::stoi(value);
        } else if (name == "--warm-up") {
            arguments.warm_up = std::stoi(value);
        } else {
            throw std::runtime_error("unknown option " + name);
        }
    }
    const auto sized = [](uint32_t side) { return side >= 1 && side <= 32768; };
    if (!sized(arguments.width) || !sized(arguments.height)) throw std::runtime_error("each side must be 1 to 32768");
    if (arguments.runs < 1) throw std::runtime_error("--runs must be 1 or more");
    return arguments;
}

class Frame {
  public:
    explicit Frame(const Arguments& arguments)
        : width_(arguments.width),
          height_(arguments.height),
          samples_(size_t{width_} * height_ * 4),
          copy_(samples_.size()),
          planes_(pixels().format().samples()),
          halves_(planes_.size()),
          proxy_(proxy_format(pixels().format()).samples()) {
        uint32_t state = 1;
        for (float& sample : samples_) {
            state = state * 1664525u + 1013904223u;
            sample = static_cast<float>(state >> 8) * 0x1p-24f;
        }
        planes_.assign(planes_.size(), 0.25f);
    }

    HostPixels pixels() const { return {samples_.data(), stride(), width_, height_, 4}; }
    HostTarget target() { return {copy_.data(), stride(), width_, height_, 4}; }
    // A frame that no engine has seen.
    void renew() {
        const auto now = static_cast<uint64_t>(Clock::now().time_since_epoch().count());
        for (size_t i = 0; i < 4 && i < samples_.size(); ++i) {
            samples_[i] = static_cast<float>((now >> (16 * i)) & 0xffffu);
        }
    }

    void copy() { std::memcpy(copy_.data(), samples_.data(), samples_.size() * sizeof(float)); }
    void digest() { used_ += digest_of(pixels())[0]; }
    void describe() { used_ += digest_and_proxy(pixels(), proxy_.data())[0]; }
    void pack_floats() { used_ += pack(pixels(), SampleType::float32, planes_.data())[0]; }
    void pack_halves() { used_ += pack(pixels(), SampleType::float16, halves_.data())[0]; }
    void unpack_planes() { unpack(planes_.data(), 3, pixels(), target()); }

  private:
    ptrdiff_t stride() const { return static_cast<ptrdiff_t>(size_t{width_} * 4 * sizeof(float)); }

    uint32_t width_;
    uint32_t height_;
    std::vector<float> samples_;
    std::vector<float> copy_;
    std::vector<float> planes_;
    std::vector<uint16_t> halves_;
    std::vector<float> proxy_;
    unsigned used_ = 0;
};

// Whole calls to an engine.
class Calls {
  public:
    Calls(const std::string& address, Frame& frame) : client_(address, {}), frame_(frame) {}

    RenderJob announce(const std::string& effect, PixelRoute route) const {
        RenderJob job;
        job.effect = effect;
        job.window.push_back({0, digest_of(frame_.pixels()), frame_.pixels().format()});
        job.route = route;
        return job;
    }

    void render(const RenderJob& job) {
        RenderCallbacks callbacks;
        callbacks.supply = [&](size_t, Form, SampleType type, void* planes) {
            return std::optional<Digest>(pack(frame_.pixels(), type, planes));
        };
        callbacks.receive = [&](const RenderOutput& output) {
            if (output.planes != nullptr)
                unpack(output.planes, output.format.channels, frame_.pixels(), frame_.target());
        };
        client_.render(job, callbacks);
    }

  private:
    EngineClient client_;
    Frame& frame_;
};

struct Case {
    std::string name;
    std::function<void()> prepare;
    std::function<void()> run;
    std::vector<double> took_ms;
};

Case local(const std::string& name, std::function<void()> run) {
    return {name, [] {}, std::move(run), {}};
}

void add_calls(std::vector<Case>& cases, Calls& calls, Frame& frame, RenderJob& job) {
    const auto add = [&](const std::string& name, const std::string& effect, PixelRoute route, bool fresh) {
        cases.push_back({name,
                         [&calls, &frame, &job, effect, route, fresh] {
                             if (fresh) frame.renew();
                             job = calls.announce(effect, route);
                         },
                         [&calls, &job] { calls.render(job); },
                         {}});
    };
    add("shared-memory-up", "upload", PixelRoute::shared_memory, true);
    add("control", "upload", PixelRoute::shared_memory, false);
    add("shared-memory-down", "download", PixelRoute::shared_memory, false);
    add("chunks-up", "upload", PixelRoute::in_stream, true);
    add("chunks-down", "download", PixelRoute::in_stream, false);
}

double run_once(const Case& one) {
    one.prepare();
    const auto start = Clock::now();
    one.run();
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

nlohmann::json measured(std::vector<Case>& cases, int warm_up, int runs) {
    for (int round = -warm_up; round < runs; ++round) {
        for (Case& one : cases) {
            const double took_ms = run_once(one);
            if (round >= 0) one.took_ms.push_back(took_ms);
        }
    }
    nlohmann::json result{{"rows", nlohmann::json::array()}};
    for (Case& one : cases) {
        const std::vector<double> samples = one.took_ms;
        std::sort(one.took_ms.begin(), one.took_ms.end());
        const size_t half = one.took_ms.size() / 2;
        const bool odd = one.took_ms.size() % 2 == 1;
        const double median = odd ? one.took_ms[half] : (one.took_ms[half - 1] + one.took_ms[half]) / 2;
        result[one.name] = median;
        result["rows"].push_back({{"name", one.name},
                                  {"median_ms", median},
                                  {"min_ms", one.took_ms.front()},
                                  {"max_ms", one.took_ms.back()},
                                  {"runs", one.took_ms.size()},
                                  {"samples_ms", samples}});
    }
    return result;
}

int run(const Arguments& arguments) {
    Frame frame(arguments);
    std::vector<Case> cases{
        local("transport-memcpy", [&] { frame.copy(); }),   local("pack", [&] { frame.pack_floats(); }),
        local("pack-halves", [&] { frame.pack_halves(); }), local("unpack", [&] { frame.unpack_planes(); }),
        local("digest", [&] { frame.digest(); }),           local("digest-and-proxy", [&] { frame.describe(); }),
    };
    std::optional<Calls> calls;
    RenderJob job;
    if (!arguments.address.empty()) {
        calls.emplace(arguments.address, frame);
        add_calls(cases, *calls, frame, job);
    }
    nlohmann::json result = measured(cases, arguments.warm_up, arguments.runs);
    result["width"] = arguments.width;
    result["height"] = arguments.height;
    std::printf("%s\n", result.dump().c_str());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(parse(argc, argv));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "transport_speed: %s\n", error.what());
        return 1;
    }
}
