// The keys that control the run: limits, speed and times.
#include <algorithm>
#include <charconv>
#include <utility>

#include "release/text/utf8.hpp"
#include "release/wire/batch_config_parts.hpp"
#include "release/words.hpp"

namespace edgeroll::release::wire {
namespace {

constexpr std::int64_t count_max = 1'000'000'000;
constexpr std::int64_t parallel_max = 1'000'000;
constexpr std::int64_t retries_max = 10;
constexpr std::int64_t ramp_max = 1'000;
constexpr std::size_t pools_max = 16;
constexpr std::size_t pool_sizes_max = 1'000;

Result<Allowance> read_allowance(const Json& value) {
    const auto refuse = [] {
        return bad_field("max_unreachable", "a count from 0 to 1000000000 or \"0%\" to \"100%\"");
    };
    Allowance allowance;
    if (value.is_number_integer()) {
        if (value.is_number_unsigned() && value.get<std::uint64_t>() > count_max) return refuse();
        const auto amount = value.get<std::int64_t>();
        if (amount < 0 || amount > count_max) return refuse();
        allowance.amount = static_cast<int>(amount);
        return allowance;
    }
    if (!value.is_string()) return refuse();
    std::string_view text = value.get_ref<const std::string&>();
    if (text.empty() || text.back() != '%') return refuse();
    text.remove_suffix(1);
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, allowance.amount);
    if (error != std::errc() || stop != end || allowance.amount < 0 || allowance.amount > 100) {
        return refuse();
    }
    allowance.is_percent = true;
    return allowance;
}

/// Above 0: a pool of size 0 would hold its nodes back for ever.
std::optional<int> pool_size(const Json& value) {
    if (!value.is_number_unsigned()) return {};
    const auto size = value.get<std::uint64_t>();
    if (size < 1 || size > parallel_max) return {};
    return static_cast<int>(size);
}

Result<PoolRule> read_pool(const std::string& key, const std::string& label, const Json& value) {
    const std::string field = key + "." + cut_utf8(label, 64);
    PoolRule rule;
    rule.label = label;
    if (!value.is_object()) {
        const auto size = pool_size(value);
        if (!size) return bad_field(field, "from 1 to 1000000, or an object of such numbers");
        rule.size = *size;
        return rule;
    }
    if (value.empty() || value.size() > pool_sizes_max) {
        return bad_field(field, "an object of 1 to 1000 sizes, by value of the label");
    }
    rule.size = parallel_max;  // without `*` only the named values have a limit
    for (const auto& [name, number] : value.items()) {
        const auto size = pool_size(number);
        if (!size) return bad_field(field + "." + cut_utf8(name, 64), "from 1 to 1000000");
        if (name == "*") {
            rule.size = *size;
        } else {
            rule.sizes.emplace(name, *size);
        }
    }
    return rule;
}

Result<std::vector<PoolRule>> read_pools(const Json& config, const std::string& key) {
    std::vector<PoolRule> rules;
    const auto pools = config.find(key);
    if (pools == config.end() || pools->is_null()) return rules;
    if (!pools->is_object() || pools->empty() || pools->size() > pools_max) {
        return bad_field(key,
                         "an object of 1 to 16 labels, e.g. {\"region\":2} or "
                         "{\"region\":{\"eu\":2,\"*\":1}}");
    }
    for (const auto& [label, value] : pools->items()) {
        if (label.empty()) return bad_field(key, "an object of labels with names");
        auto rule = read_pool(key, label, value);
        if (!rule) return tl::unexpected(rule.error());
        rules.push_back(std::move(*rule));
    }
    return rules;
}

/// How long an agent may be silent.
Result<void> read_patience(const Json& config, Policy& policy) {
    constexpr int least_sec = 5;
    constexpr int most_sec = 3'600;
    const std::pair<const char*, Millis*> fields[] = {{"dark_sec", &policy.dark},
                                                      {"dark_abort_sec", &policy.dark_abort},
                                                      {"abandon_sec", &policy.abandon}};
    for (const auto& [field, target] : fields) {
        const auto seconds = optional_bounded(config, field, least_sec, most_sec);
        if (!seconds) return tl::unexpected(seconds.error());
        if (*seconds) *target = std::chrono::seconds{**seconds};
    }
    if (policy.dark_abort < policy.dark) {
        return bad_field("dark_abort_sec", "at least dark_sec, which is " +
                                               std::to_string(policy.dark.count() / 1000));
    }
    return {};
}

}  // namespace

Result<void> read_limits(const Json& config, Policy& policy) {
    const auto threshold = optional_bounded(config, "failure_threshold", 0, count_max);
    if (!threshold) return tl::unexpected(threshold.error());
    const auto rate = optional_bounded(config, "max_batch_fail_rate", 0, 100);
    if (!rate) return tl::unexpected(rate.error());
    policy.limits.failure_threshold = *threshold;
    policy.limits.max_batch_fail_rate_percent = *rate;
    const auto unreachable = config.find("max_unreachable");
    if (unreachable != config.end() && !unreachable->is_null()) {
        const auto allowance = read_allowance(*unreachable);
        if (!allowance) return tl::unexpected(allowance.error());
        policy.limits.max_unreachable = *allowance;
    }
    const auto least = optional_text(config, "min_evidence");
    if (!least) return bad_config(least.error().message);
    if (*least) {
        const auto min_evidence = from_text<MinEvidence>(**least);
        if (!min_evidence) return bad_field("min_evidence", listed<MinEvidence>(" or "));
        policy.min_evidence = *min_evidence;
    }
    const auto word = optional_text(config, "on_failure");
    if (!word) return bad_config(word.error().message);
    if (!*word) return {};
    const auto on_failure = from_text<OnFailure>(**word);
    if (!on_failure) return bad_field("on_failure", listed<OnFailure>(" or "));
    policy.on_failure = *on_failure;
    return {};
}

Result<void> read_speed(const Json& config, Policy& policy) {
    const auto parallel = optional_bounded(config, "max_parallel", 0, parallel_max);
    if (!parallel) return tl::unexpected(parallel.error());
    policy.max_parallel = parallel->value_or(0);
    const auto retries = optional_bounded(config, "retries", 0, retries_max);
    if (!retries) return tl::unexpected(retries.error());
    policy.retries = retries->value_or(0);
    const auto ramp = optional_bounded(config, "ramp", 0, ramp_max);
    if (!ramp) return tl::unexpected(ramp.error());
    policy.ramp = ramp->value_or(policy.ramp);
    auto pools = read_pools(config, "max_parallel_per");
    if (!pools) return tl::unexpected(pools.error());
    policy.pools = std::move(*pools);
    // For its rollback, which inherits the key (control/store/steering).
    if (const auto back = read_pools(config, "rollback_parallel_per"); !back) {
        return tl::unexpected(back.error());
    }
    return {};
}

Result<void> read_times(const Json& config, Policy& policy) {
    const auto pauses = optional_flag(config, "pause_after_batch");
    if (!pauses) return bad_config(pauses.error().message);
    policy.pauses_after_batch = pauses->value_or(false);
    const std::pair<const char*, std::optional<Millis>*> fields[] = {
        {"batch_interval_sec", &policy.batch_interval},
        {"node_timeout_sec", &policy.node_timeout},
        {"batch_timeout_sec", &policy.batch_timeout},
        {"release_timeout_sec", &policy.release_timeout}};
    for (const auto& [field, target] : fields) {
        const auto seconds = optional_span(config, field);
        if (!seconds) return tl::unexpected(seconds.error());
        *target = *seconds;
    }
    return read_patience(config, policy);
}

}  // namespace edgeroll::release::wire
