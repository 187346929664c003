#include "release/wire/batch_config.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "release/wire/json_util.hpp"
#include "release/wire/text_util.hpp"

namespace edgeroll::release::wire {
namespace {

constexpr std::size_t batch_config_bytes_max = 64U << 10;

/// The contract's other keys (SPEC.md section 6): refused like unknown ones, in other words.
constexpr std::array<std::string_view, 20> planned_keys{
    "batch_size", "batch_percent",    "batches",           "enabled",
    "selector",   "max_unreachable",  "max_parallel",      "max_parallel_per",
    "retries",    "not_before",       "pause_after_batch", "batch_interval_sec",
    "windows",    "node_timeout_sec", "batch_timeout_sec", "release_timeout_sec",
    "bake_sec",   "gate_url",         "gate_timeout_sec",  "on_failure"};

tl::unexpected<Error> invalid(std::string message) {
    return fail("batch_config: " + std::move(message), Outcome::permanent, code::invalid);
}

Result<std::optional<int>> bounded(const Json& object, const char* field, std::int64_t most) {
    auto value = optional_integer(object, field);
    if (!value) return invalid(std::move(value.error().message));
    if (!*value) return std::optional<int>();
    if (**value < 0 || **value > most) {
        return invalid(std::string("field '") + field + "' must be from 0 to " +
                       std::to_string(most));
    }
    return static_cast<int>(**value);
}

}  // namespace

Result<Policy> parse_batch_config(std::string_view json_text) {
    auto parsed = parse_json(json_text, batch_config_bytes_max);
    if (!parsed) return invalid(std::move(parsed.error().message));
    if (!parsed->is_object()) return invalid("must be an object");
    for (const auto& [key, value] : parsed->items()) {
        if (key == "failure_threshold" || key == "max_batch_fail_rate") continue;
        const bool is_planned =
            std::find(planned_keys.begin(), planned_keys.end(), key) != planned_keys.end();
        return invalid("key '" + cut_utf8(key, 64) +
                       (is_planned ? "' is not supported by this version" : "' is unknown"));
    }
    Policy policy;
    auto threshold = bounded(*parsed, "failure_threshold", 1'000'000'000);
    if (!threshold) return tl::unexpected(std::move(threshold.error()));
    auto rate = bounded(*parsed, "max_batch_fail_rate", 100);
    if (!rate) return tl::unexpected(std::move(rate.error()));
    policy.limits.failure_threshold = *threshold;
    policy.limits.max_batch_fail_rate_percent = *rate;
    return policy;
}

}  // namespace edgeroll::release::wire
