#include "control/store/engine/snapshot_checks.hpp"

#include <set>
#include <utility>

#include "control/store/rows/bans.hpp"
#include "control/store/rows/provenance.hpp"
#include "control/store/rows/version_mark.hpp"
#include "release/wire/gate_rules.hpp"

namespace edgeroll::control {

using release::Snapshot;

void add_problem(Snapshot& snapshot, std::string text) {
    constexpr std::size_t problems_max = 10;
    if (snapshot.problems.size() < problems_max) snapshot.problems.push_back(std::move(text));
}

void read_own_content(Connection& connection, ContentBook& contents, Snapshot& snapshot,
                      Finding& finding) {
    if (snapshot.rolls_back) return;
    ContentReading reading = contents.read(connection, snapshot.version, snapshot.type);
    snapshot.content = reading.content;
    if (reading.problem) add_problem(snapshot, *reading.problem);
    if (reading.is_closed) snapshot.closed = *reading.problem;
    // A release that has begun, or only catches up, was started when the content was allowed.
    const bool is_new = snapshot.current_batch == 0 && !snapshot.catches_up;
    if (is_new && !reading.loose.empty()) {
        add_problem(snapshot, "the content of version " + std::to_string(snapshot.version.value) +
                                  " cannot be used: " + reading.loose);
    }
    // Started by an older process, while the content's row already has the new digest.
    const bool is_older = !reading.older_sha256.empty() &&
                          reading.older_sha256 != reading.content.sha256 &&
                          snapshot.content_sha256 == reading.older_sha256;
    if (is_older && !reading.problem) reading.first_use.is_renamed = true;
    finding.contents.push_back(std::move(reading));
}

void read_other_contents(Connection& connection, ContentBook& contents, Snapshot& snapshot,
                         Finding& finding) {
    std::set<release::Version> versions;
    for (const release::NodeRow& node : snapshot.nodes) {
        if (node.config_version) versions.insert(*node.config_version);
    }
    for (const release::Version version : versions) {
        ContentReading reading =
            contents.read(connection, version, release::TaskType::apply_config);
        if (reading.problem) add_problem(snapshot, *reading.problem);
        if (reading.is_closed) snapshot.closed = *reading.problem;
        if (!reading.content.is_present) {
            add_problem(snapshot, "version " + std::to_string(version.value) +
                                      ", whose content nodes are to get, has no content");
        }
        snapshot.other_contents.emplace_back(version, reading.content);
        finding.contents.push_back(std::move(reading));
    }
}

void read_bans(Connection& connection, Snapshot& snapshot, const Finding& finding) {
    snapshot.bans = newest_bans(connection);
    // Who forced the release did not mean what reconciliation brings later.
    if (snapshot.is_forced && !snapshot.catches_up) return;
    for (const ContentReading& reading : finding.contents) {
        const ContentNames names{reading.content.sha256, reading.older_sha256};
        if (names.sha256.empty()) continue;
        const auto ban = find_ban(connection, names);
        if (!ban && names.older_sha256 != names.sha256) {
            std::erase(snapshot.bans, names.older_sha256);
        }
        if (!ban) continue;
        add_problem(snapshot, "the content of version " +
                                  std::to_string(reading.first_use.version.value) + " is banned" +
                                  (ban->reason.empty() ? "" : ": " + ban->reason));
    }
}

void check_provenance(Connection& connection, Snapshot& snapshot) {
    if (snapshot.rolls_back &&
        !is_own_rollback(connection, snapshot.id, snapshot.version, *snapshot.rolls_back)) {
        add_problem(snapshot,
                    "rolls_back is edgeroll's own: it is set only in releases that edgeroll makes "
                    "to undo another one");
        snapshot.rolls_back.reset();
    }
    if (snapshot.current_batch > 0) return;
    const bool ignores_sizes =
        snapshot.is_planned && !snapshot.nodes.empty() && snapshot.policy.has_plan();
    if (ignores_sizes) snapshot.is_planned = is_own_plan(connection, snapshot.id);
    const bool waives = snapshot.waived_failures > 0 || snapshot.catches_up;
    if (waives && !was_retried(connection, snapshot.id)) {
        add_problem(snapshot,
                    "waived_failures and catches_up are edgeroll's own: they are set only by a "
                    "retry");
        // Otherwise the release would end as a success.
        snapshot.waived_failures = 0;
        snapshot.catches_up = false;
    }
}

void check_gates(Snapshot& snapshot, const release::wire::CallRules& rules) {
    if (snapshot.current_batch > 0 || snapshot.catches_up) return;
    if (const auto refused = release::wire::refused_gates(rules, snapshot.policy.gates)) {
        add_problem(snapshot, *refused);
    }
}

bool write_down(Connection& connection, const Snapshot& snapshot, const Finding& finding) {
    bool is_renamed = false;
    for (const ContentReading& reading : finding.contents) {
        if (reading.problem || !reading.first_use.is_needed()) continue;
        write_first_use(connection, reading.first_use);
        is_renamed = is_renamed || reading.first_use.is_renamed;
    }
    if (finding.raises_mark) {
        Transaction transaction(connection, Transaction::Kind::write);
        (void)raise_version_mark(connection, snapshot.version);
        transaction.commit();
    }
    return is_renamed;
}

}  // namespace edgeroll::control
