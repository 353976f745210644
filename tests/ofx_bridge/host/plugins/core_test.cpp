// Loads the test plug-ins in the host without Python and renders: a run to watch with sanitizers.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <thread>

#include "binary.h"
#include "instance.h"

using namespace ofxhost;

namespace {

constexpr int kWidth = 19;
constexpr int kHeight = 7;

void require(bool condition, const char* what) {
    if (condition) return;
    std::cerr << "failed: " << what << "\n";
    std::exit(1);
}

std::optional<PictureView> constantFrame(int64_t frame) {
    auto pixels = std::make_shared<std::vector<float>>(kWidth * kHeight * 4, static_cast<float>(frame));
    auto* top = reinterpret_cast<std::byte*>(pixels->data());
    return PictureView{kWidth, kHeight, {4, Depth::Float}, top, kWidth * 16, pixels};
}

Connection source() {
    Connection connection;
    connection.source = constantFrame;
    connection.width = kWidth;
    connection.height = kHeight;
    connection.last = 9;
    connection.premultiplication = kOfxImagePreMultiplied;
    return connection;
}

float sampleAt(const PixelBuffer& pixels, int x, int y) {
    float value;
    std::memcpy(&value, pixels.at(x, y), sizeof value);
    return value;
}

InstanceOptions options(bool top_down) {
    InstanceOptions result;
    result.project = {kWidth, kHeight, 1.0, 24.0, 0.0, 9.0, kOfxImageComponentRGBA};
    result.layout = {top_down, top_down ? 16 : 0, 64};
    result.cache_bytes = 4 * kWidth * kHeight * 4 * sizeof(float);
    return result;
}

std::shared_ptr<PixelBuffer> renderAt(EffectInstance& instance, double time) {
    const Sequence sequence{time, time};
    RenderJob job;
    job.time = time;
    instance.beginSequence(sequence);
    auto picture = instance.render(job, sequence);
    instance.endSequence(sequence);
    return picture;
}

void averagesOnThreads(const std::shared_ptr<Plugin>& plugin, bool top_down) {
    EffectInstance instance(plugin, options(top_down), std::make_shared<Listener>());
    instance.clip("Source").connect(source());
    instance.paramsChanged({"Source"}, kOfxChangeUserEdited, 0);
    std::vector<std::thread> threads;
    for (int start = 0; start < 4; ++start) {
        threads.emplace_back([&instance, start] {
            for (int i = 0; i < 8; ++i) {
                const int time = 1 + (start * 3 + i) % 8;
                require(sampleAt(*renderAt(instance, time), kWidth - 1, kHeight - 1) == static_cast<float>(time),
                        "mean");
            }
        });
    }
    for (auto& thread : threads) thread.join();
    require(sampleAt(*renderAt(instance, 0), 0, 0) == 0.5F, "the mean of frames 0 and 1 at the clip's start");
    require(instance.imagesHeld() == 0, "no image left over");
}

void survives(const std::shared_ptr<Plugin>& plugin, const std::string& behaviour, bool succeeds) {
    int violations = 0;
    auto listener = std::make_shared<Listener>();
    listener->finding = [&](const Finding&) { ++violations; };
    EffectInstance instance(plugin, options(false), listener);
    instance.clip("Source").connect(source());
    ParamValue value;
    value.text = behaviour;
    instance.paramSet().find("behaviour")->setConstant(value);
    instance.paramsChanged({"Source"}, kOfxChangeUserEdited, 0);
    bool succeeded = true;
    try {
        renderAt(instance, 3);
    } catch (const StatusError&) {
        succeeded = false;
    }
    require(succeeded == succeeds, behaviour.c_str());
    require(instance.imagesHeld() == 0, "images taken back");
}

// Every depth, component set and proxy through a strict host, whose guards and checksums look at each byte.
void passesEveryFormat(const std::shared_ptr<Plugin>& plugin) {
    for (const Depth depth : {Depth::Byte, Depth::Short, Depth::Half, Depth::Float}) {
        for (const int channels : {1, 3, 4}) {
            int findings = 0;
            auto listener = std::make_shared<Listener>();
            listener->finding = [&](const Finding&) { ++findings; };
            InstanceOptions wanted = options(channels == 3);
            wanted.project.depth = depth;
            wanted.project.components = componentsOf(channels);
            wanted.project.field_order = channels == 4 ? Field::Upper : Field::None;
            EffectInstance instance(plugin, wanted, listener);
            Connection connection = source();
            connection.format = {channels, depth};
            const size_t row = static_cast<size_t>(kWidth) * connection.format.bytes();
            connection.source = [=](int64_t frame) -> std::optional<PictureView> {
                auto bytes = std::make_shared<std::vector<std::byte>>(row * kHeight, static_cast<std::byte>(frame + 1));
                return PictureView{kWidth, kHeight, {channels, depth}, bytes->data(), static_cast<int>(row), bytes};
            };
            instance.clip("Source").connect(std::move(connection));
            instance.paramsChanged({"Source"}, kOfxChangeUserEdited, 0);
            require(*renderAt(instance, 3)->at(kWidth - 1, 0) == std::byte{4}, "the source's bytes");
            RenderJob proxy;
            proxy.view = {{0.5, 0.4}, channels == 4 ? Field::Lower : Field::None};
            Sequence sequence{0, 0};
            sequence.scale = proxy.view.scale;
            require(instance.render(proxy, sequence)->width() == 10, "a proxy of half the width");
            require(findings == 0, "a lawful plug-in in a strict host");
        }
    }
}

void survivesCrimes(const std::shared_ptr<Plugin>& plugin) {
    for (const char* crime : {"undeclared frame", "write source", "write around", "wrong type", "bad index",
                              "unknown property", "bad value", "read-only", "fetch in identity", "string on stack"}) {
        int findings = 0;
        auto listener = std::make_shared<Listener>();
        listener->finding = [&](const Finding&) { ++findings; };
        EffectInstance instance(plugin, options(false), listener);
        instance.clip("Source").connect(source());
        ParamValue value;
        value.text = crime;
        instance.paramSet().find("crime")->setConstant(value);
        instance.paramsChanged({"Source"}, kOfxChangeUserEdited, 0);
        instance.framesNeeded(3);
        instance.identity(3, {0, 0, kWidth, kHeight});
        renderAt(instance, 3);
        const auto again = instance.again(listener);
        renderAt(*again, 4);
        require(findings != 0, crime);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: host_core_test PATH/TO/HostTests.ofx\n";
        return 2;
    }
    for (int round = 0; round < 2; ++round) {
        auto binary = std::make_shared<Binary>(argv[1], argv[1], HostOptions{}, std::make_shared<Listener>());
        require(binary->plugins().size() == 4, "four image effects in the file");
        averagesOnThreads(binary->plugins()[0], false);
        averagesOnThreads(binary->plugins()[0], true);
        for (const char* name : {"behave", "keep image", "leave pixels", "set in render", "foreign thread", "threads",
                                 "release twice", "read outside", "memory", "stale instance", "derivatives"}) {
            survives(binary->plugins()[1], name, true);
        }
        survives(binary->plugins()[1], "fail", false);
        binary.reset();
        HostOptions strict;
        strict.temper.strict = true;
        binary = std::make_shared<Binary>(argv[1], argv[1], strict, std::make_shared<Listener>());
        passesEveryFormat(binary->plugins()[2]);
        survivesCrimes(binary->plugins()[3]);
        binary.reset();
        require(!isResident(argv[1]), "unmapped");
    }
    try {
        const Binary nothing("/nowhere.ofx", "/nowhere.ofx", HostOptions{}, nullptr);
        require(false, "a missing file is refused");
    } catch (const LoadError&) {
    }
    std::puts("ok");
    return 0;
}
