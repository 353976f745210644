#include <cmath>
#include <limits>
#include <vector>

#include "checks.h"
#include "views.h"

using namespace reelmend::plugin;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinite = std::numeric_limits<float>::infinity();

std::vector<float> composed(ViewMode view, const std::vector<float>& source, const std::vector<float>* result,
                            uint32_t width, double number = 0.5) {
    Settings settings;
    settings.view = view;
    settings.split_position = number;
    settings.difference_gain = number;
    const PlaneShape shape{width, static_cast<uint32_t>(source.size()) / width, 1};
    std::vector<float> shown(source.size(), -1.0F);
    compose_view(settings, shape, source.data(), result == nullptr ? nullptr : result->data(), shown.data());
    return shown;
}

}  // namespace

TEST(difference_is_absolute_and_multiplied) {
    const std::vector<float> source{0.5F, 0.25F}, result{0.25F, 0.5F};
    CHECK((composed(ViewMode::difference, source, &result, 2, 4) == std::vector<float>{1.0F, 1.0F}));
}

TEST(same_bits_are_no_difference_even_where_they_are_no_number) {
    const std::vector<float> odd{kNan, kInfinite, -kInfinite, 1.0F};
    CHECK((composed(ViewMode::difference, odd, &odd, 2, 10) == std::vector<float>(4, 0.0F)));
    CHECK((composed(ViewMode::difference, odd, nullptr, 2, 10) == std::vector<float>(4, 0.0F)));
}

TEST(split_rounds_to_whole_columns_and_stays_within_the_picture) {
    const std::vector<float> source{1, 1, 1, 1, 1, 1}, result{2, 2, 2, 2, 2, 2};
    CHECK((composed(ViewMode::split, source, &result, 3, 0.5) == std::vector<float>{1, 1, 2, 1, 1, 2}));
    CHECK((composed(ViewMode::split, source, &result, 3, 0.1) == result));
    CHECK((composed(ViewMode::split, source, &result, 3, 7) == source));
    CHECK((composed(ViewMode::split, source, &result, 3, -7) == result));
    CHECK((composed(ViewMode::split, source, nullptr, 3, 0) == source));
}

TEST(view_may_be_written_over_either_picture) {
    const std::vector<float> source{1, 1, 1, 1}, result{2, 2, 2, 2};
    Settings settings;
    settings.view = ViewMode::split;
    for (const bool over_source : {true, false}) {
        std::vector<float> here = source, there = result;
        float* shown = over_source ? here.data() : there.data();
        compose_view(settings, {4, 1, 1}, here.data(), there.data(), shown);
        CHECK((std::vector<float>(shown, shown + 4) == std::vector<float>{1, 1, 2, 2}));
    }
}

TEST(views_of_the_engine_are_not_composed_here) {
    const std::vector<float> source{1};
    CHECK_SAYS(checks::thrown_by([&] { composed(ViewMode::source, source, nullptr, 1); }), "engine's");
}
