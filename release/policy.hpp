// The values of batch_config (docs/contract.md section 6). release/wire/batch_config reads them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "release/gate.hpp"
#include "release/node_evidence.hpp"
#include "release/states.hpp"
#include "release/time.hpp"

namespace edgeroll::release {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// One entry of a list of batch sizes: a count, a percentage of all nodes, the rest, or (as the
/// first one) a node for each value of a label.
struct BatchSize {
    enum class Kind { count, percent, rest, one_per_value };
    Kind kind = Kind::rest;
    int amount = 0;
    std::string label = {};  ///< of `one_per_value`
    friend bool operator==(const BatchSize&, const BatchSize&) = default;
};

/// The nodes of the fleet that a plan takes. Empty: all enabled online nodes.
struct Selector {
    /// Each label must have one of its values; ascending by name.
    std::vector<std::pair<std::string, std::vector<std::string>>> labels;
    std::vector<std::string> nodes;  ///< names or addresses; if both are given, the list wins
    [[nodiscard]] bool is_empty() const { return labels.empty() && nodes.empty(); }
    friend bool operator==(const Selector&, const Selector&) = default;
};

/// A number of nodes, given as a count or as a percentage (rounded down) of the release's nodes.
struct Allowance {
    int amount = 0;
    bool is_percent = false;
    [[nodiscard]] int of(int nodes) const {
        return is_percent ? static_cast<int>(std::int64_t{amount} * nodes / 100) : amount;
    }
    friend bool operator==(const Allowance&, const Allowance&) = default;
};

/// Failure limits (docs/contract.md 4.4). An absent limit is open; with both absent no failure is
/// tolerated.
struct Limits {
    std::optional<int> failure_threshold;  ///< failed nodes tolerated in the whole release
    std::optional<int> max_batch_fail_rate_percent;  ///< of a batch's dispatched and waiting rows
    Allowance max_unreachable;  ///< nodes that may be deferred instead of failed
    friend bool operator==(const Limits&, const Limits&) = default;
};

/// max_parallel_per: nodes with the same value of the label share a pool; nodes without the label
/// share one more pool.
struct PoolRule {
    std::string label;
    int size = 1;                      ///< of every pool without a size of its own, > 0
    std::map<std::string, int> sizes;  ///< by value of the label
    [[nodiscard]] int size_of(const std::string& value) const {
        const auto found = sizes.find(value);
        return found == sizes.end() ? size : found->second;
    }
    friend bool operator==(const PoolRule&, const PoolRule&) = default;
};

/// A time of day in which batches may start. `from` > `to` spans midnight; equal: the whole day.
struct Window {
    int from_minute = 0, to_minute = 0;  ///< 0..1439, in the zone
    int offset_minutes = 0;              ///< the zone's distance from UTC, -14 h .. +14 h
    friend bool operator==(const Window&, const Window&) = default;
};

inline constexpr const char* default_canary_label = "region";

/// All settings of batch_config. The plan uses sizes and nodes; the other settings control the run.
struct Policy {
    std::vector<BatchSize> sizes;  ///< empty: the default plan
    std::string canary_by =
        default_canary_label;  ///< a label: the default plan is spread over its values
    Selector selector;
    Limits limits;
    int max_parallel = 0;         ///< nodes `running` at once; 0: no limit
    std::vector<PoolRule> pools;  ///< ascending by label
    int ramp = 2;                 ///< running nodes of a large batch per success in it; 0: no ramp
    int retries = 0;              ///< automatic ones, per node
    bool pauses_after_batch = false;
    std::optional<Millis> batch_interval;
    std::vector<Window> windows;
    std::optional<Millis> node_timeout, batch_timeout, release_timeout;
    Millis bake{0};
    std::vector<Gate> gates;       ///< the one of gate_url first
    Millis gate_timeout{300'000};  ///< how long unsure gates hold the release after the bake
    bool has_final_look = true;    ///< bake and gates hold after the last batch too (final_gate)
    OnFailure on_failure = OnFailure::stop;
    MinEvidence min_evidence = MinEvidence::any;  ///< a success with less proves nothing
    /// An agent that says nothing for so long keeps no rollback waiting (I19).
    Millis abandon{10'000};
    /// A node that took its task and then says nothing for so long is dark, and brakes the release.
    Millis dark{15'000};
    Millis dark_abort{60'000};  ///< ... and for so long counts as failed

    /// Something is looked at after a batch.
    [[nodiscard]] bool has_look() const { return bake > Millis{0} || !gates.empty(); }
    /// The sizes make a single batch, whatever the fleet.
    [[nodiscard]] bool has_one_batch() const {
        return sizes.size() == 1 && sizes.front().kind == BatchSize::Kind::rest;
    }
    [[nodiscard]] bool has_plan() const {
        return !sizes.empty() || canary_by != default_canary_label || !selector.is_empty();
    }
    friend bool operator==(const Policy&, const Policy&) = default;
};

}  // namespace edgeroll::release
