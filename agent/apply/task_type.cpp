#include "agent/apply/task_type.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace edgeroll::agent::apply {
namespace {

constexpr std::array<std::string_view, 4> words{"apply_config", "reload", "purge_cache", "run_job"};

}  // namespace

std::string_view to_text(TaskType type) {
    return words.at(static_cast<std::size_t>(type));
}

std::optional<TaskType> task_type_from_text(std::string_view text) {
    const auto found = std::ranges::find(words, text);
    if (found == words.end()) return std::nullopt;
    return static_cast<TaskType>(found - words.begin());
}

}  // namespace edgeroll::agent::apply
