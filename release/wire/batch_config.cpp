#include "release/wire/batch_config.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "release/text/utf8.hpp"
#include "release/unfit_keys.hpp"
#include "release/wire/batch_config_parts.hpp"

namespace edgeroll::release::wire {
namespace {

constexpr std::array<std::string_view, 31> known_keys{"enabled",
                                                      "batch_size",
                                                      "batch_percent",
                                                      "batches",
                                                      "canary_by",
                                                      "selector",
                                                      "failure_threshold",
                                                      "max_unreachable",
                                                      "max_parallel",
                                                      "max_batch_fail_rate",
                                                      "max_parallel_per",
                                                      "retries",
                                                      "pause_after_batch",
                                                      "windows",
                                                      "node_timeout_sec",
                                                      "batch_interval_sec",
                                                      "bake_sec",
                                                      "batch_timeout_sec",
                                                      "release_timeout_sec",
                                                      "gate_url",
                                                      "gates",
                                                      "gate_timeout_sec",
                                                      "gate_every_sec",
                                                      "final_gate",
                                                      "ramp",
                                                      "dark_sec",
                                                      "dark_abort_sec",
                                                      "abandon_sec",
                                                      "rollback_parallel_per",
                                                      "min_evidence",
                                                      "on_failure"};

Result<void> check_keys(const Json& config) {
    for (const auto& [key, value] : config.items()) {
        if (std::find(known_keys.begin(), known_keys.end(), key) != known_keys.end()) continue;
        if (key == "not_before") {
            return bad_config(
                "'not_before' is no key of it: it is a field of the release (column not_before)");
        }
        return bad_config("key '" + cut_utf8(key, 64) + "' is unknown");
    }
    return {};
}

}  // namespace

tl::unexpected<Error> bad_config(const std::string& message) {
    return fail("batch_config: " + message, Outcome::permanent, code::invalid);
}

tl::unexpected<Error> bad_field(const std::string& field, const std::string& must_be) {
    return bad_config("field '" + field + "' must be " + must_be);
}

Result<std::optional<int>> optional_bounded(const Json& object, const char* field,
                                            std::int64_t least, std::int64_t most) {
    const auto value = optional_integer(object, field);
    if (!value) return bad_config(value.error().message);
    if (!*value) return std::optional<int>();
    if (**value < least || **value > most) {
        return bad_field(field, "from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return static_cast<int>(**value);
}

Result<std::optional<Millis>> optional_span(const Json& object, const char* field,
                                            const std::string& shown) {
    constexpr double span_sec_max = 30.0 * 24 * 3600;
    const auto found = object.find(field);
    if (found == object.end() || found->is_null()) return std::optional<Millis>();
    if (!found->is_number()) return bad_field(shown, "a number of seconds");
    const auto seconds = found->get<double>();
    if (!(seconds > 0) || seconds > span_sec_max) {
        return bad_field(shown, "above 0 and at most 2592000 (30 days); leave it out for none");
    }
    return Millis(std::max<std::int64_t>(1, std::llround(seconds * 1000.0)));
}

Result<std::optional<Millis>> optional_span(const Json& object, const char* field) {
    return optional_span(object, field, field);
}

Result<Policy> parse_batch_config(std::string_view json_text) {
    const auto config = parse_json(json_text, batch_config_bytes_max);
    if (!config) return bad_config(config.error().message);
    if (!config->is_object()) return bad_config("must be an object");
    if (auto known = check_keys(*config); !known) return tl::unexpected(known.error());
    Policy policy;
    for (auto* read : {&read_sizes, &read_selector, &read_limits, &read_speed, &read_times,
                       &read_windows, &read_gates}) {
        if (auto done = (*read)(*config, policy); !done) return tl::unexpected(done.error());
    }
    if (const auto why = unfit_look(policy, 1); why && policy.has_one_batch()) {
        return bad_config(*why);
    }
    return policy;
}

}  // namespace edgeroll::release::wire
