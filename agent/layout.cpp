#include "agent/layout.hpp"

#include <charconv>

namespace edgeroll::agent::layout {

std::optional<release::Version> version_from(std::string_view name) {
    release::Version version;
    const char* end = name.data() + name.size();
    const auto [stopped, error] = std::from_chars(name.data(), end, version.value);
    if (error != std::errc() || stopped != end || version.value <= 0) return std::nullopt;
    if (std::to_string(version.value) != name) return std::nullopt;
    return version;
}

std::optional<release::Version> version_from_target(std::string_view target) {
    constexpr std::string_view folder = "versions/";
    if (!target.starts_with(folder)) return std::nullopt;
    return version_from(target.substr(folder.size()));
}

}  // namespace edgeroll::agent::layout
