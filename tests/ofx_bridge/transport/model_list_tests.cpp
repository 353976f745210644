// The list of models, from whole answers and from any other bytes.
#include <algorithm>
#include <random>

#include "expectations.h"
#include "failures.h"
#include "model_list.h"

using namespace reelmend::transport;
using tests::expect;
using tests::refusal;
using tests::rounds;

namespace {

Bytes field(uint8_t number, const Bytes& content) {
    Bytes wire(2 + content.size());
    wire[0] = static_cast<uint8_t>(number << 3 | 2);
    wire[1] = static_cast<uint8_t>(content.size());
    std::copy(content.begin(), content.end(), wire.begin() + 2);
    return wire;
}

Bytes text(uint8_t number, const std::string& content) {
    return field(number, Bytes(content.begin(), content.end()));
}

Bytes joined(std::initializer_list<Bytes> parts) {
    Bytes wire;
    for (const Bytes& part : parts) wire.insert(wire.end(), part.begin(), part.end());
    return wire;
}

// "far": a window of 4 frames on each side, scale 2 (not read), parameters "radius" and "gain".
Bytes far() {
    return joined({text(1, "far"),
                   text(2, "model"),
                   text(3, "test"),
                   text(4, "1.2.3"),
                   field(6, {8, 1, 16, 4, 24, 1}),
                   {56, 2},
                   field(8, joined({text(1, "radius"), text(2, "Radius"), {24, 2}})),
                   field(8, text(1, "gain")),
                   text(9, "Source"),
                   text(9, "Mask"),
                   text(10, "result")});
}

Bytes list() {
    return joined({field(1, far()), field(1, text(1, "near"))});
}

void models_are_read_with_their_reach_and_parameters() {
    const auto models = decode_models(list());
    expect(models.size() == 2, "two models");
    expect(models[0].id == "far" && models[0].effect == "model" && models[0].version == "1.2.3", "names");
    expect(models[0].radius_frames == 4, "reach");
    expect(models[0].parameters == std::vector<std::string>{"radius", "gain"}, "parameters");
    expect(models[0].input_clips == std::vector<std::string>{"Source", "Mask"}, "clips");
    expect(models[1].id == "near" && models[1].radius_frames == 0 && models[1].parameters.empty(), "defaults");
}

void an_empty_answer_is_an_empty_list() {
    expect(decode_models({}).empty(), "no model");
}

void answers_that_end_too_soon_are_refused() {
    const Bytes whole = field(1, far());
    for (size_t size = 1; size < whole.size(); ++size)
        refusal<ProtocolBroken>([&] { decode_models(Bytes(whole.begin(), whole.begin() + static_cast<long>(size))); });
}

void no_bytes_crash_the_reader() {
    std::mt19937 random(1);
    for (int round = 0; round < rounds(100000); ++round) {
        Bytes message = list();
        for (unsigned changes = random() % 5; changes > 0; --changes)
            message[random() % message.size()] = static_cast<uint8_t>(random());
        message.resize(random() % (message.size() + 1));
        try {
            decode_models(message);
        } catch (const ProtocolBroken&) {
        }
    }
}

const std::vector<tests::Test> kTests{
    TEST(models_are_read_with_their_reach_and_parameters),
    TEST(an_empty_answer_is_an_empty_list),
    TEST(answers_that_end_too_soon_are_refused),
    TEST(no_bytes_crash_the_reader),
};

}  // namespace

int main(int argc, char** argv) {
    return tests::run_tests(kTests, argc, argv);
}
