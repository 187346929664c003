#include "control/api/limits_view.hpp"

#include <cmath>
#include <cstdint>

namespace edgeroll::control::api {
namespace {

using release::wire::Json;

constexpr std::size_t bytes_max = 64U << 10;
constexpr double timeout_sec_max = 30.0 * 86'400;

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
    if (const auto found = config->find("node_timeout_sec"); found != config->end()) {
        if (found->is_number() && found->get<double>() > 0 &&
            found->get<double>() <= timeout_sec_max) {
            view.node_timeout = release::Millis{
                static_cast<std::int64_t>(std::llround(found->get<double>() * 1000))};
        }
    }
    if (const auto found = config->find("windows"); found != config->end()) {
        view.has_windows = found->is_array() && !found->empty();
    }
    return view;
}

}  // namespace edgeroll::control::api
