#include "param.h"

#include <algorithm>
#include <cmath>

#include "param_set.h"

namespace ofxhost {

namespace {

constexpr ParamType kTypes[] = {
    {kOfxParamTypeInteger, ParamKind::Int, 1},      {kOfxParamTypeInteger2D, ParamKind::Int, 2},
    {kOfxParamTypeInteger3D, ParamKind::Int, 3},    {kOfxParamTypeDouble, ParamKind::Double, 1},
    {kOfxParamTypeDouble2D, ParamKind::Double, 2},  {kOfxParamTypeDouble3D, ParamKind::Double, 3},
    {kOfxParamTypeRGB, ParamKind::Double, 3},       {kOfxParamTypeRGBA, ParamKind::Double, 4},
    {kOfxParamTypeBoolean, ParamKind::Bool, 1},     {kOfxParamTypeChoice, ParamKind::Choice, 1},
    {kOfxParamTypeStrChoice, ParamKind::String, 1}, {kOfxParamTypeString, ParamKind::String, 1},
    {kOfxParamTypeCustom, ParamKind::String, 1},    {kOfxParamTypeBytes, ParamKind::Bytes, 1},
    {kOfxParamTypeGroup, ParamKind::None, 0},       {kOfxParamTypePage, ParamKind::None, 0},
    {kOfxParamTypePushButton, ParamKind::None, 0},
};

bool isNumber(ParamKind kind) {
    return kind == ParamKind::Int || kind == ParamKind::Double;
}
bool isColour(const std::string& type) {
    return type == kOfxParamTypeRGB || type == kOfxParamTypeRGBA;
}

std::string plain(double value) {
    std::string text = std::to_string(value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
}

// The factors that turn a normalised default of this double type into canonical pixels.
std::array<double, 3> normalisedScale(const std::string& double_type, double width, double height) {
    if (double_type == kOfxParamDoubleTypeX || double_type == kOfxParamDoubleTypeXAbsolute) return {width, 1.0, 1.0};
    if (double_type == kOfxParamDoubleTypeY || double_type == kOfxParamDoubleTypeYAbsolute) return {height, 1.0, 1.0};
    return {width, height, 1.0};
}

}  // namespace

const ParamType* findParamType(const std::string& name) {
    const auto* found =
        std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& t) { return name == t.name; });
    return found == std::end(kTypes) ? nullptr : found;
}

Param::Param(const ParamType& type, const std::string& name) : type_(type), name_(name) {
    defineProperties();
}

Param::Param(const Param& descriptor, double project_width, double project_height)
    : Registered<Param>(), props(descriptor.props), type_(descriptor.type_), name_(descriptor.name_) {
    if (!hasValue()) return;
    constant_ = defaultValue();
    if (type_.kind == ParamKind::Double && !isColour(type_.name) &&
        props.getText(kOfxParamPropDoubleType) != kOfxParamDoubleTypePlain &&
        props.getText(kOfxParamPropDefaultCoordinateSystem) == kOfxParamCoordinatesNormalised) {
        const auto scale = normalisedScale(props.getText(kOfxParamPropDoubleType), project_width, project_height);
        for (int i = 0; i < type_.dimension; ++i) constant_.numbers[i] *= scale[i];
    }
}

bool Param::animates() const {
    return hasValue() && props.getInt(kOfxParamPropAnimates) != 0;
}

void Param::requireAnimates() const {
    if (!animates()) throw StatusError(kOfxStatErrUnsupported, "parameter '" + name_ + "' does not animate");
}

ParamValue Param::defaultValue() const {
    ParamValue value;
    if (type_.kind == ParamKind::String) {
        value.text = props.getText(kOfxParamPropDefault);
        return value;
    }
    if (type_.kind == ParamKind::Bytes) {
        const auto* bytes = static_cast<const OfxBytes*>(props.getOne<PointerValues>(kOfxParamPropDefault, 0));
        if (bytes != nullptr) value.text.assign(reinterpret_cast<const char*>(bytes->data), bytes->length);
        return value;
    }
    for (int i = 0; i < type_.dimension; ++i) {
        value.numbers[i] = type_.kind == ParamKind::Double ? props.getDouble(kOfxParamPropDefault, i)
                                                           : props.getInt(kOfxParamPropDefault, i);
    }
    return value;
}

double Param::limit(const char* property, int dimension) const {
    return type_.kind == ParamKind::Double ? props.getDouble(property, dimension) : props.getInt(property, dimension);
}

void Param::check(const ParamValue& value) const {
    const auto refuse = [&](const std::string& given, const std::string& allowed) {
        throw StatusError(kOfxStatErrValue, "parameter '" + name_ + "' is " + given + ", allowed is " + allowed);
    };
    if (isNumber(type_.kind)) {
        for (int i = 0; i < type_.dimension; ++i) {
            const double low = limit(kOfxParamPropMin, i);
            const double high = limit(kOfxParamPropMax, i);
            const double number = value.numbers[i];
            if (!(number >= low && number <= high)) refuse(plain(number), plain(low) + " to " + plain(high));
        }
    } else if (type_.kind == ParamKind::Choice) {
        const int count = props.dimension(kOfxParamPropChoiceOption);
        const double index = value.numbers[0];
        if (index < 0 || index >= count) refuse("option " + plain(index), "0 to " + plain(count - 1.0));
    } else if (std::string(type_.name) == kOfxParamTypeStrChoice) {
        auto options = props.getTexts(kOfxParamPropChoiceEnum);
        if (options.empty()) options = props.getTexts(kOfxParamPropChoiceOption);
        if (std::find(options.begin(), options.end(), value.text) != options.end()) return;
        std::string listed;
        for (const auto& option : options) listed += (listed.empty() ? "" : ", ") + option;
        refuse("'" + value.text + "'", "one of " + listed);
    }
}

ParamValue Param::clamped(ParamValue value) const {
    if (isNumber(type_.kind)) {
        for (int i = 0; i < type_.dimension; ++i) {
            const double low = limit(kOfxParamPropMin, i);
            value.numbers[i] = std::max(low, std::min(value.numbers[i], limit(kOfxParamPropMax, i)));
        }
    } else if (type_.kind == ParamKind::Choice) {
        const double last = props.dimension(kOfxParamPropChoiceOption) - 1.0;
        value.numbers[0] = std::max(0.0, std::min(value.numbers[0], last));
    }
    return value;
}

ParamValue Param::at(double time) const {
    std::lock_guard lock(mutex_);
    return keys_.empty() ? constant_ : interpolated(time);
}

ParamValue Param::interpolated(double time) const {
    const auto after = keys_.lower_bound(time);
    if (after == keys_.end()) return std::prev(after)->second;
    if (after->first == time || after == keys_.begin()) return after->second;
    return between(time, *std::prev(after), *after);
}

ParamValue Param::between(double time, const std::pair<const double, ParamValue>& before,
                          const std::pair<const double, ParamValue>& after) const {
    ParamValue value = before.second;
    if (isNumber(type_.kind)) {
        const double amount = (time - before.first) / (after.first - before.first);
        for (int i = 0; i < type_.dimension; ++i) {
            value.numbers[i] += amount * (after.second.numbers[i] - before.second.numbers[i]);
            if (type_.kind == ParamKind::Int) value.numbers[i] = std::floor(value.numbers[i] + 0.5);
        }
    } else if (std::string(type_.name) == kOfxParamTypeCustom) {
        value.text = customBetween(time, before, after);
    }
    return value;
}

std::string Param::customBetween(double time, const std::pair<const double, ParamValue>& before,
                                 const std::pair<const double, ParamValue>& after) const {
    void* callback = props.getOne<PointerValues>(kOfxParamPropCustomInterpCallbackV1, 0);
    if (callback == nullptr || owner_ == nullptr) return before.second.text;
    PropertySet in;
    in.defineText(kOfxPropName, {name_});
    in.defineDouble(kOfxPropTime, {time});
    in.defineText(kOfxParamPropCustomValue, {before.second.text, after.second.text});
    in.defineDouble(kOfxParamPropInterpolationTime, {before.first, after.first});
    in.defineDouble(kOfxParamPropInterpolationAmount, {(time - before.first) / (after.first - before.first)});
    PropertySet out;
    out.defineText(kOfxParamPropCustomValue, {before.second.text, ""});
    out.defineDouble(kOfxParamPropInterpolationTime, {before.first, after.first});
    auto* interpolate = reinterpret_cast<OfxCustomParamInterpFuncV1*>(callback);
    const OfxStatus status = interpolate(owner_->ofx(), in.ofx(), out.ofx());
    return status == kOfxStatOK ? out.getText(kOfxParamPropCustomValue) : before.second.text;
}

bool Param::set(const ParamValue& value, double time) {
    std::unique_lock lock(mutex_);
    if (!keys_.empty()) return setKey(time, value);
    const bool changed = constant_ != value;
    constant_ = value;
    return changed;
}

bool Param::setKey(double time, const ParamValue& value) {
    requireAnimates();
    std::lock_guard lock(mutex_);
    const auto found = keys_.find(time);
    const bool changed = found == keys_.end() || found->second != value;
    keys_[time] = value;
    noteAnimation();
    return changed;
}

void Param::setConstant(const ParamValue& value) {
    std::lock_guard lock(mutex_);
    keys_.clear();
    constant_ = value;
    noteAnimation();
}

void Param::noteAnimation() {
    props.setInt(kOfxParamPropIsAnimating, keys_.empty() ? 0 : 1);
}

double Param::derivative(double time, int dimension) const {
    std::lock_guard lock(mutex_);
    const auto after = keys_.upper_bound(time);
    if (after == keys_.end() || after == keys_.begin()) return 0.0;
    const auto before = std::prev(after);
    const double rise = after->second.numbers[dimension] - before->second.numbers[dimension];
    return rise / (after->first - before->first);
}

double Param::integral(double from, double to, int dimension) const {
    std::lock_guard lock(mutex_);
    if (to < from) return -integral(to, from, dimension);
    // Between keys the value is a straight line, so the trapezoid over each piece is exact.
    double sum = 0.0;
    double left = from;
    const auto value = [&](double time) { return at(time).numbers[dimension]; };
    for (auto key = keys_.upper_bound(from); key != keys_.end() && key->first < to; ++key) {
        sum += 0.5 * (value(left) + value(key->first)) * (key->first - left);
        left = key->first;
    }
    return sum + 0.5 * (value(left) + value(to)) * (to - left);
}

std::map<double, ParamValue> Param::keys() const {
    std::lock_guard lock(mutex_);
    return keys_;
}

bool Param::deleteKey(double time) {
    std::lock_guard lock(mutex_);
    const auto found = keys_.find(time);
    if (found == keys_.end()) return false;
    // The last key's value stays as the constant, so the picture does not jump.
    if (keys_.size() == 1) constant_ = found->second;
    keys_.erase(found);
    noteAnimation();
    return true;
}

void Param::deleteAllKeys() {
    std::lock_guard lock(mutex_);
    if (!keys_.empty()) constant_ = keys_.begin()->second;
    keys_.clear();
    noteAnimation();
}

void Param::copyFrom(const Param& source, double offset, const OfxRangeD* range) {
    if (source.type_.kind != type_.kind || source.type_.dimension != type_.dimension) {
        throw StatusError(kOfxStatErrValue, "parameters of different types cannot be copied");
    }
    const ParamValue value = source.at(0.0);
    const auto copied = source.keys();
    std::lock_guard lock(mutex_);
    if (copied.empty()) {
        setConstant(value);
        return;
    }
    for (const auto& [time, key] : copied) {
        if (range == nullptr || (time >= range->min && time <= range->max)) setKey(time + offset, key);
    }
}

const char* Param::lasting(const std::string& text) {
    std::lock_guard lock(mutex_);
    return lasting_.insert(text).first->c_str();
}

}  // namespace ofxhost
