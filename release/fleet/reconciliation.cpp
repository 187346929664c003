#include "release/fleet/reconciliation.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "release/mutant.hpp"
#include "release/words.hpp"

namespace edgeroll::release {
namespace {

constexpr Words<ReconcileMode> modes({{ReconcileMode::off, "off"},
                                      {ReconcileMode::absent, "new"},
                                      {ReconcileMode::all, "all"}});

constexpr Words<OwedCause> causes({{OwedCause::deferred, "deferred"},
                                   {OwedCause::joined, "new"},
                                   {OwedCause::empty, "empty"},
                                   {OwedCause::changed_on_disk, "changed_on_disk"},
                                   {OwedCause::behind, "behind"},
                                   {OwedCause::stale_labels, "stale_labels"}});

constexpr Words<ReconcileWait> waits({{ReconcileWait::stopped, "stopped"},
                                      {ReconcileWait::release, "release"},
                                      {ReconcileWait::under_way, "under_way"},
                                      {ReconcileWait::window, "window"},
                                      {ReconcileWait::banned, "banned"},
                                      {ReconcileWait::content, "content"},
                                      {ReconcileWait::held, "held"},
                                      {ReconcileWait::agent, "agent"},
                                      {ReconcileWait::pause, "pause"},
                                      {ReconcileWait::pace, "pace"}});

constexpr Millis first_pause{600'000}, longest_pause{86'400'000};
constexpr Millis first_put_off{60'000}, longest_put_off{600'000};

Millis doubled(Millis first, int times, Millis most) {
    if (times <= 0) return Millis{0};
    Millis pause = first;
    for (int i = 1; i < times && pause < most; ++i)
        pause *= 2;
    return std::min(pause, most);
}

struct Obstacle {
    ReconcileWait why = ReconcileWait::pace;
    std::optional<ReleaseId> other{};
    std::optional<Millis> until{};
    friend auto operator<=>(const Obstacle&, const Obstacle&) = default;
};

std::optional<Obstacle> obstacle_of(const OwedRelease& release) {
    const bool is_banned = release.is_banned && !has_mutant(Mutant::reconciles_banned);
    if (is_banned) return Obstacle{ReconcileWait::banned};
    if (!release.has_content) return Obstacle{ReconcileWait::content};
    if (release.is_under_way) return Obstacle{ReconcileWait::under_way};
    const bool waits = release.waits_for && !has_mutant(Mutant::reconciles_held);
    if (waits) return Obstacle{ReconcileWait::release, release.waits_for};
    if (release.until_window > Millis{0}) {
        return Obstacle{ReconcileWait::window, {}, release.until_window};
    }
    return std::nullopt;
}

std::optional<Obstacle> obstacle_of(const OwedNode& node) {
    // Without that word an agent calls its own content done unseen.
    if (!node.can_repair && node.cause != OwedCause::deferred)
        return Obstacle{ReconcileWait::agent};
    if (node.is_held && !has_mutant(Mutant::reconciles_held)) return Obstacle{ReconcileWait::held};
    const Millis pause = reconcile_pause(node);
    if (pause > Millis{0}) return Obstacle{ReconcileWait::pause, {}, pause};
    return std::nullopt;
}

class Planner {
  public:
    Planner(const ReconcileRules& rules, ReconcilePace pace) : rules_(rules), pace_(pace) {}

    void add(const OwedRelease& release) {
        delays_.clear();
        const auto stopped = pace_.failures >= reconcile_failures_max
                                 ? std::optional(Obstacle{ReconcileWait::stopped})
                                 : obstacle_of(release);
        ReconcileRound round{release.id, {}};
        const auto room =
            static_cast<std::size_t>(reconcile_room(rules_, pace_, release.is_proven));
        for (const OwedNode& node : release.nodes) {
            if (!serves(rules_.mode, node.cause)) continue;
            if (const auto obstacle = stopped ? stopped : obstacle_of(node)) {
                delays_[*obstacle].push_back(node);
            } else if (round.nodes.size() < room &&
                       (round.nodes.empty() || round.nodes.front().batch == node.batch)) {
                round.nodes.push_back(node);
            } else {
                delays_[wait_of_pace()].push_back(node);
            }
        }
        const int taken = static_cast<int>(round.nodes.size());
        pace_.open += taken;
        pace_.taken += taken;
        if (taken > 0) plan_.rounds.push_back(std::move(round));
        for (auto& [obstacle, nodes] : delays_) {
            plan_.delays.push_back(
                {release.id, obstacle.why, obstacle.other, obstacle.until, std::move(nodes)});
        }
    }
    ReconcilePlan take() { return std::move(plan_); }

  private:
    [[nodiscard]] Obstacle wait_of_pace() const {
        Obstacle obstacle{ReconcileWait::pace};
        if (pace_.taken >= rules_.per_minute && pace_.until_less > Millis{0}) {
            obstacle.until = pace_.until_less;
        }
        return obstacle;
    }

    const ReconcileRules& rules_;
    ReconcilePace pace_;
    ReconcilePlan plan_;
    std::map<Obstacle, std::vector<OwedNode>> delays_;  ///< of one release
};

}  // namespace

std::string_view to_text(ReconcileMode mode) {
    return modes.text(mode);
}

template <>
std::optional<ReconcileMode> from_text<ReconcileMode>(std::string_view text) {
    return modes.value(text);
}

std::string_view to_text(OwedCause cause) {
    return causes.text(cause);
}

template <>
std::optional<OwedCause> from_text<OwedCause>(std::string_view text) {
    return causes.value(text);
}

std::string_view to_text(ReconcileWait wait) {
    return waits.text(wait);
}

std::optional<OwedCause> cause_of(DriftKind drift, const std::optional<OwedRow>& row) {
    if (drift == DriftKind::none || drift == DriftKind::unknown) return std::nullopt;
    if (!row) return OwedCause::joined;
    switch (row->status) {
        case NodeStatus::deferred:
            return OwedCause::deferred;
        case NodeStatus::skipped:
            if (!row->was_out_of_service) return std::nullopt;
            return OwedCause::joined;
        case NodeStatus::failed:
            if (!row->tried_again) return std::nullopt;
            if (drift != DriftKind::empty) return row->tried_again;
            break;
        case NodeStatus::success:
            break;
        default:
            return std::nullopt;
    }
    switch (drift) {
        case DriftKind::empty:
            return OwedCause::empty;
        case DriftKind::changed_on_disk:
            return OwedCause::changed_on_disk;
        case DriftKind::stale_labels:
            return OwedCause::stale_labels;
        default:
            return OwedCause::behind;
    }
}

bool is_within_reach(Version wanted, DriftKind drift, const HeldContent& held) {
    if (!held.version || *held.version < wanted) return true;
    return *held.version == wanted && drift != DriftKind::behind;
}

bool serves(ReconcileMode mode, OwedCause cause) {
    switch (mode) {
        case ReconcileMode::off:
            return false;
        case ReconcileMode::absent:
            return cause == OwedCause::deferred || cause == OwedCause::joined ||
                   cause == OwedCause::empty;
        case ReconcileMode::all:
            break;
    }
    return true;
}

int reconcile_room(const ReconcileRules& rules, const ReconcilePace& pace, bool is_proven) {
    if (pace.failures >= reconcile_failures_max) return 0;
    int room = rules.max - pace.open;
    if (!has_mutant(Mutant::reconciles_too_fast)) {
        room = std::min(room, rules.per_minute - pace.taken);
    }
    if (!is_proven) room = std::min(room, 1);
    return std::max(room, 0);
}

Millis reconcile_pause(const OwedNode& node) {
    const Millis ended = doubled(first_pause, node.ended, longest_pause) - node.since_ended;
    const Millis put_off =
        doubled(first_put_off, node.put_off, longest_put_off) - node.since_put_off;
    return std::max({ended, put_off, Millis{0}});
}

ReconcilePlan plan_reconciliation(const ReconcileRules& rules, ReconcilePace pace,
                                  const std::vector<OwedRelease>& releases) {
    std::vector<const OwedRelease*> newest_first;
    for (const OwedRelease& release : releases)
        newest_first.push_back(&release);
    std::ranges::sort(newest_first, std::ranges::greater{},
                      [](const OwedRelease* release) { return release->version; });
    Planner planner(rules, pace);
    for (const OwedRelease* release : newest_first)
        planner.add(*release);
    return planner.take();
}

}  // namespace edgeroll::release
