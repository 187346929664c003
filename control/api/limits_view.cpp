#include "control/api/limits_view.hpp"

#include <cmath>
#include <cstdint>

#include "release/wire/batch_config.hpp"

namespace edgeroll::control::api {
namespace {

using release::wire::Json;

constexpr std::size_t bytes_max = release::wire::batch_config_bytes_max;
constexpr double timeout_sec_max = 30.0 * 86'400;

std::optional<release::Millis> span_at(const Json& config, const char* key) {
    const auto found = config.find(key);
    if (found == config.end() || !found->is_number()) return std::nullopt;
    const double seconds = found->get<double>();
    if (!(seconds > 0 && seconds <= timeout_sec_max)) return std::nullopt;
    return release::Millis{static_cast<std::int64_t>(std::llround(seconds * 1000))};
}

}  // namespace

LimitsView read_limits(const std::string& batch_config) {
    LimitsView view;
    if (batch_config.empty()) return view;
    const auto config = release::wire::parse_json(batch_config, bytes_max);
    if (!config || !config->is_object()) return view;
    if (const auto found = config->find("max_parallel"); found != config->end()) {
        if (found->is_number_integer() && *found > 0) view.max_parallel = *found;
    }
    if (const auto found = config->find("max_parallel_per"); found != config->end()) {
        if (found->is_object() && !found->empty()) view.max_parallel_per = *found;
    }
    view.node_timeout = span_at(*config, "node_timeout_sec");
    view.batch_timeout = span_at(*config, "batch_timeout_sec");
    view.release_timeout = span_at(*config, "release_timeout_sec");
    if (const auto found = config->find("windows"); found != config->end()) {
        view.has_windows = found->is_array() && !found->empty();
    }
    return view;
}

}  // namespace edgeroll::control::api
