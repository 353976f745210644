// Drives the transport from a command line, so that Python tests can compare it with the engine.
//
//   transport_probe frame FILE WIDTH HEIGHT COMPONENTS up|down OUT   digest to stdout; OUT.proxy and OUT.planes
//   transport_probe pixels --source FILE --size WxH --source-depth byte|short|half|float … --out PATH [options]
//   transport_probe info --address A [options]
//   transport_probe render --address A --frames FILE --size WxH [options]
//   transport_probe fork --address A --frames FILE --size WxH [options]
//
// FILE of `render` holds RGBA float32 frames, top row first; that of --masks one plane for each of them, or a single
// one. One JSON object a line goes to stdout. --hooks FILE gets a line each time that the probe, as the host, hears of
// a fork or of a child's end.
#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "reelmend/transport/engine_client.h"

namespace {

using namespace reelmend::transport;
using Clock = std::chrono::steady_clock;
using nlohmann::json;

std::vector<float> read_floats(const std::string& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) throw std::runtime_error("can't read " + path);
    std::vector<float> values(static_cast<size_t>(file.tellg()) / sizeof(float));
    file.seekg(0);
    file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
    return values;
}

void write_floats(const std::string& path, const float* values, size_t count) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(values), static_cast<std::streamsize>(count * sizeof(float)));
}

std::string hex(const Digest& digest) {
    std::string text;
    for (const uint8_t byte : digest) {
        constexpr char kDigits[] = "0123456789abcdef";
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

int frame_command(const std::vector<std::string>& args) {
    const std::vector<float> image = read_floats(args.at(0));
    HostPixels pixels;
    pixels.width = static_cast<uint32_t>(std::stoul(args.at(1)));
    pixels.height = static_cast<uint32_t>(std::stoul(args.at(2)));
    pixels.components = static_cast<uint32_t>(std::stoul(args.at(3)));
    const auto stride = static_cast<ptrdiff_t>(size_t{pixels.width} * pixels.components * sizeof(float));
    const bool bottom_up = args.at(4) == "up";
    const size_t last_row = size_t{pixels.height - 1} * pixels.width * pixels.components;
    pixels.top_row = bottom_up ? image.data() + last_row : image.data();
    pixels.row_stride_bytes = bottom_up ? -stride : stride;
    std::vector<float> proxy(proxy_format(pixels.format()).samples());
    std::vector<float> again(proxy.size());
    std::vector<float> planes(pixels.format().samples());
    const Digest digest = digest_and_proxy(pixels, proxy.data());
    make_proxy(pixels, again.data());
    const Digest packed = pack(pixels, SampleType::float32, planes.data());
    if (digest != packed || digest != digest_of(pixels) ||
        std::memcmp(again.data(), proxy.data(), proxy.size() * sizeof(float)) != 0)
        throw std::runtime_error("one pass and two passes differ");
    write_floats(args.at(5) + ".proxy", proxy.data(), proxy.size());
    write_floats(args.at(5) + ".planes", planes.data(), planes.size());
    std::cout << hex(digest) << "\n";
    return 0;
}

struct Options {
    std::multimap<std::string, std::string> values;

    std::string text(const std::string& name, const std::string& otherwise = "") const {
        const auto found = values.find(name);
        return found == values.end() ? otherwise : found->second;
    }
    long number(const std::string& name, long otherwise) const {
        const auto found = values.find(name);
        return found == values.end() ? otherwise : std::stol(found->second);
    }
    std::vector<std::string> all(const std::string& name) const {
        std::vector<std::string> found;
        const auto range = values.equal_range(name);
        for (auto entry = range.first; entry != range.second; ++entry) found.push_back(entry->second);
        return found;
    }
};

Options parse(const std::vector<std::string>& args) {
    Options options;
    for (size_t i = 0; i + 1 < args.size(); i += 2) options.values.emplace(args[i].substr(2), args[i + 1]);
    return options;
}

std::vector<uint8_t> read_bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("can't read " + path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_bytes(const std::string& path, const void* bytes, size_t size) {
    std::ofstream(path, std::ios::binary).write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
}

SampleDepth depth_of(const std::string& name) {
    if (name == "byte") return SampleDepth::byte8;
    if (name == "short") return SampleDepth::short16;
    return name == "half" ? SampleDepth::half16 : SampleDepth::float32;
}

// An image without padding, top row first, as "--PREFIX-depth", "-components" and "-flags" (letters p and s) say.
template <typename Pixels, typename Byte>
Pixels image_of(const Options& options, const std::string& prefix, Byte* bytes) {
    const std::string size = options.text("size");
    Pixels pixels;
    pixels.width = static_cast<uint32_t>(std::stoul(size));
    pixels.height = static_cast<uint32_t>(std::stoul(size.substr(size.find('x') + 1)));
    pixels.components = static_cast<uint32_t>(options.number(prefix + "-components", 4));
    pixels.depth = depth_of(options.text(prefix + "-depth"));
    pixels.premultiplied = options.text(prefix + "-flags").find('p') != std::string::npos;
    pixels.swapped = options.text(prefix + "-flags").find('s') != std::string::npos;
    pixels.top_row = bytes;
    pixels.row_stride_bytes = static_cast<ptrdiff_t>(size_t{pixels.width} * pixels.components * bytes_of(pixels.depth));
    return pixels;
}

// --source FILE [--planes FILE] --size WxH --out PATH: writes PATH.planes, PATH.halves and, with planes, PATH.pixels.
int pixels_command(const Options& options) {
    const std::vector<uint8_t> bytes = read_bytes(options.text("source"));
    const auto source = image_of<HostPixels>(options, "source", bytes.data());
    const std::string out = options.text("out");
    std::vector<float> planes(source.format().samples());
    std::vector<uint16_t> halves(planes.size());
    std::cout << hex(pack(source, SampleType::float32, planes.data())) << "\n";
    pack(source, SampleType::float16, halves.data());
    write_bytes(out + ".planes", planes.data(), planes.size() * sizeof(float));
    write_bytes(out + ".halves", halves.data(), halves.size() * sizeof(uint16_t));
    if (options.text("planes").empty()) return 0;
    const std::vector<float> result = read_floats(options.text("planes"));
    std::vector<uint8_t> pixels(source.format().plane_samples() * 16);
    const auto target = image_of<HostTarget>(options, "target", pixels.data());
    unpack(result.data(), 3, source, target,
           options.text("sent") == "halves" ? SampleType::float16 : SampleType::float32);
    write_bytes(out + ".pixels", pixels.data(), static_cast<size_t>(target.row_stride_bytes) * target.height);
    return 0;
}

std::string hooks_file;

// In forked children and signal handlers too.
void heard(const char* line) {
    const int file = ::open(hooks_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    [[maybe_unused]] const ssize_t written = ::write(file, line, std::strlen(line));
    ::close(file);
}

void hear_of_forks(const std::string& file) {
    hooks_file = file;
    ::pthread_atfork([] { heard("before a fork\n"); }, [] { heard("parent of a fork\n"); },
                     [] { heard("child of a fork\n"); });
    std::signal(SIGCHLD, [](int) { heard("end of a child\n"); });
}

EngineClient client_of(const Options& options) {
    if (const std::string file = options.text("hooks"); !file.empty()) hear_of_forks(file);
    return EngineClient(options.text("address"),
                        {options.all("start"), std::chrono::milliseconds(options.number("patience-ms", 30000))});
}

Parameter parameter_of(const std::string& text) {
    const size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const std::string value = text.substr(equals + 1);
    if (value == "true" || value == "false") return {name, value == "true"};
    if (value.find_first_not_of("0123456789-") == std::string::npos) return {name, int64_t{std::stoll(value)}};
    if (value.find_first_not_of("0123456789-.e") == std::string::npos) return {name, std::stod(value)};
    return {name, value};
}

class Clip {
  public:
    explicit Clip(const Options& options, const std::string& name = "frames", uint32_t components = 4)
        : components_(components) {
        if (!options.text(name).empty()) samples_ = read_floats(options.text(name));
        const std::string size = options.text("size");
        width_ = static_cast<uint32_t>(std::stoul(size));
        height_ = static_cast<uint32_t>(std::stoul(size.substr(size.find('x') + 1)));
        count_ = static_cast<int64_t>(samples_.size() / (size_t{width_} * height_ * components_));
    }
    int64_t count() const { return count_; }
    HostPixels pixels(int64_t frame) const {
        const size_t row = size_t{width_} * components_;
        const size_t offset = static_cast<size_t>(frame) * row * height_;
        return {samples_.data() + offset, static_cast<ptrdiff_t>(row * sizeof(float)), width_, height_, components_};
    }

  private:
    std::vector<float> samples_;
    uint32_t components_;
    uint32_t width_ = 0;
    uint32_t height_ = 0;
    int64_t count_ = 0;
};

RenderJob job_of(const Options& options, const Clip& clip, const Clip& masks, int64_t frame) {
    RenderJob job;
    job.effect = options.text("effect", "deflicker");
    job.model = options.text("model");
    for (const std::string& text : options.all("parameter")) job.parameters.push_back(parameter_of(text));
    job.frame = frame;
    job.last_frame = clip.count() - 1;
    const int64_t radius = options.number("radius", 2);
    for (int64_t i = std::max<int64_t>(0, frame - radius); i <= std::min(job.last_frame, frame + radius); ++i) {
        job.window.push_back({i, digest_of(clip.pixels(i)), clip.pixels(i).format()});
    }
    if (masks.count() > 0) {
        AuxiliaryClip mask{"Mask", 0, masks.count() - 1, {}};
        for (const WindowFrame& beside : job.window) {
            const int64_t i = std::min(beside.frame, masks.count() - 1);
            if (mask.frames.empty() || mask.frames.back().frame != i)
                mask.frames.push_back({i, digest_of(masks.pixels(i)), masks.pixels(i).format()});
        }
        job.auxiliary.push_back(std::move(mask));
    }
    if (const auto outputs = options.all("output"); !outputs.empty()) job.outputs = outputs;
    const std::string route = options.text("route", "automatic");
    job.route = route == "shared_memory" ? PixelRoute::shared_memory
                : route == "in_stream"   ? PixelRoute::in_stream
                                         : PixelRoute::automatic;
    job.timeout = std::chrono::milliseconds(options.number("timeout-ms", 20000));
    return job;
}

std::mutex printing;

void print(const json& line) {
    const std::lock_guard<std::mutex> guard(printing);
    std::cout << line.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
}

double since_ms(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct HostFailure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

void render_frame(EngineClient& client, const Options& options, const Clip& clip, int64_t frame) {
    const Clip masks(options, "masks", 1);
    const RenderJob job = job_of(options, clip, masks, frame);
    const auto start = Clock::now();
    const long abort_after_ms = options.number("abort-after-ms", -1);
    json line{{"frame", frame}, {"supplied", json::array()}};
    double last_asked_ms = 0;
    double longest_silence_ms = 0;
    RenderCallbacks callbacks;
    callbacks.supply = [&](size_t index, Form form, SampleType type, void* planes) -> std::optional<Digest> {
        if (options.text("throw") == "supply") throw HostFailure("the host has no such frame");
        const int64_t number = job.frame_at(index).frame;
        const HostPixels pixels = index < job.window.size() ? clip.pixels(number) : masks.pixels(number);
        line["supplied"].push_back({number, form == Form::full ? "full" : "proxy"});
        if (form == Form::full) {
            Digest digest = pack(pixels, type, planes);
            if (options.text("changes") == "yes") digest[0] ^= 1u;
            return digest;
        }
        make_proxy(pixels, static_cast<float*>(planes));
        return std::nullopt;
    };
    callbacks.while_waiting = [&] { line["supplied_before_waiting"] = line["supplied"].size(); };
    callbacks.receive = [&](const RenderOutput& output) {
        if (options.text("throw") == "receive") throw HostFailure("the host has no room");
        line["identical"] = output.identical_to_source;
        line["format"] = {output.format.width, output.format.height, output.format.channels};
        const std::string folder = options.text("out");
        if (!folder.empty() && output.planes != nullptr) {
            const std::string others = output.index == 0 ? "" : "." + job.outputs[output.index];
            const std::string path = folder + "/" + std::to_string(frame) + others + ".f32";
            write_floats(path, output.planes, output.format.samples());
        }
    };
    callbacks.aborted = [&] {
        const double now_ms = since_ms(start);
        longest_silence_ms = std::max(longest_silence_ms, now_ms - last_asked_ms);
        last_asked_ms = now_ms;
        return abort_after_ms >= 0 && now_ms >= static_cast<double>(abort_after_ms);
    };
    try {
        const RenderTimings timings = client.render(job, callbacks);
        line["status"] = "ok";
        line["engine_ms"] = timings.total_ms;
        line["queue_ms"] = timings.queue_ms;
    } catch (const EngineError& error) {
        line["status"] = "error";
        line["code"] = static_cast<int>(error.code());
        line["message"] = error.what();
    } catch (const HostFailure& failure) {
        line["status"] = "host failure";
        line["message"] = failure.what();
    }
    line["elapsed_ms"] = since_ms(start);
    line["longest_silence_ms"] = longest_silence_ms;
    print(line);
}

// Waits for a line on stdin before each frame, when asked to: the test then decides what happens in between.
void await_turn(const Options& options) {
    std::string ignored;
    if (options.text("step") == "yes") std::getline(std::cin, ignored);
}

int render_command(const Options& options) {
    const Clip clip(options);
    EngineClient client = client_of(options);
    const long threads = options.number("threads", 1);
    const long repeat = options.number("repeat", 1);
    const long first = options.number("first", 0);
    const long last = options.number("last", clip.count() - 1);
    std::atomic<long> next{0};
    const long total = (last - first + 1) * repeat;
    const auto work = [&] {
        for (long i = next++; i < total; i = next++) {
            await_turn(options);
            render_frame(client, options, clip, first + i % (last - first + 1));
        }
    };
    std::vector<std::thread> workers;
    for (long i = 0; i < threads; ++i) workers.emplace_back(work);
    for (std::thread& worker : workers) worker.join();
    return 0;
}

// Renders a frame, then one in a forked child, then one more in the parent, all through one client.
int fork_command(const Options& options) {
    const Clip clip(options);
    EngineClient client = client_of(options);
    render_frame(client, options, clip, 0);
    const pid_t child = ::fork();
    render_frame(client, options, clip, child == 0 ? 1 : 2);
    if (child == 0) return 0;
    int status = 0;
    ::waitpid(child, &status, 0);
    render_frame(client, options, clip, 0);
    return status;
}

int info_command(const Options& options) {
    EngineClient client = client_of(options);
    try {
        const ServerInfo info = client.server_info(std::chrono::milliseconds(options.number("timeout-ms", 20000)));
        print({{"status", "ok"},
               {"engine_version", info.engine_version},
               {"api_version", info.api_version},
               {"process_id", info.process_id},
               {"address", info.address},
               {"provider", info.provider}});
    } catch (const EngineError& error) {
        print({{"status", "error"}, {"code", static_cast<int>(error.code())}, {"message", error.what()}});
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> args(argv + 1, argv + argc);
    try {
        const std::string command = args.at(0);
        const std::vector<std::string> rest(args.begin() + 1, args.end());
        if (command == "frame") return frame_command(rest);
        if (command == "pixels") return pixels_command(parse(rest));
        if (command == "info") return info_command(parse(rest));
        if (command == "fork") return fork_command(parse(rest));
        if (command == "render") return render_command(parse(rest));
        throw std::runtime_error("unknown command " + command);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "transport_probe: %s\n", error.what());
        return 2;
    }
}
