#include "control/store/db/value.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace edgeroll::control {

std::string Row::text(std::size_t column) const {
    const Value& value = values_.at(column);
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    return {};
}

std::optional<std::int64_t> Row::integer(std::size_t column) const {
    const Value& value = values_.at(column);
    if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) return std::nullopt;
    std::int64_t number = 0;
    const char* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

int Row::small(std::size_t column, int otherwise) const {
    constexpr std::int64_t least = std::numeric_limits<int>::min();
    constexpr std::int64_t most = std::numeric_limits<int>::max();
    return static_cast<int>(std::clamp(integer_or(column, otherwise), least, most));
}

}  // namespace edgeroll::control
