// A release's rows in memory: what a database would hold, for tests that call step() directly.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "release/step.hpp"

namespace edgeroll::test {

/// Reads as a store reads and applies commits as a store applies them; keeps no clock.
class Rows {
  public:
    release::Snapshot header;
    std::vector<release::NodeRow> nodes;
    std::vector<release::HistoryRow> history;

    /// `batches[i]` is the batch of node i + 1, address 127.0.0.(i + 1).
    explicit Rows(const std::vector<int>& batches) {
        header.id = release::ReleaseId{7};
        header.version = release::Version{42};
        header.total_nodes = static_cast<int>(batches.size());
        header.content.is_present = true;
        header.content.sha256 = std::string(64, 'a');
        for (std::size_t i = 0; i < batches.size(); ++i) {
            release::NodeRow row;
            row.row_id = row.id.value = static_cast<std::int64_t>(i) + 1;
            row.batch = batches[i];
            row.address.name = "edge-" + std::to_string(i + 1);
            row.address.ip = "127.0.0." + std::to_string(i + 1);
            nodes.push_back(row);
        }
        sort();
    }

    [[nodiscard]] release::Snapshot read() const {
        release::Snapshot snapshot = header;
        snapshot.nodes = nodes;
        return snapshot;
    }

    /// False: stale, nothing changed.
    bool apply(const release::Commit& commit) {
        if (header.status != commit.expected_status || header.requested != commit.expected_action)
            return false;
        for (const release::NodeChange& change : commit.nodes) {
            const release::NodeRow* row = find(change.node);
            if (row == nullptr || row->status != change.from) return false;
        }
        for (const release::PlannedNode& planned : commit.planned) {
            release::NodeRow row;
            row.row_id = static_cast<std::int64_t>(nodes.size()) + 1;
            row.id = planned.node;
            row.batch = planned.batch;
            row.address.ip = "127.0.0." + std::to_string(planned.node.value);
            nodes.push_back(row);
        }
        for (const release::NodeChange& change : commit.nodes) {
            release::NodeRow& row = *find(change.node);
            row.status = change.to;
            row.attempt = change.attempt;
            row.task_id = change.task_id;
            row.failure = change.failure;
            row.error = change.error;
            if (change.has_new_content) {
                row.facts.applied_version = header.version;
                row.facts.applied_sha256 = header.content_sha256;
            }
        }
        if (commit.skip_pending) {
            for (release::NodeRow& row : nodes) {
                if (row.status != release::NodeStatus::pending) continue;
                row.status = release::NodeStatus::skipped;
                row.error = commit.skip_pending->reason;
            }
        }
        apply_header(commit.release);
        for (const release::HistoryRow& row : commit.history)
            history.push_back(row);
        sort();
        return true;
    }

    [[nodiscard]] release::NodeRow* find(release::NodeId id) {
        for (release::NodeRow& row : nodes) {
            if (row.id == id) return &row;
        }
        return nullptr;
    }

    [[nodiscard]] int count(release::NodeStatus status) const {
        int found = 0;
        for (const release::NodeRow& row : nodes)
            found += row.status == status ? 1 : 0;
        return found;
    }

    [[nodiscard]] bool has_history(const std::string& kind) const {
        for (const release::HistoryRow& row : history) {
            if (row.kind == kind) return true;
        }
        return false;
    }

  private:
    void apply_header(const release::ReleaseChange& change) {
        if (change.status) header.status = *change.status;
        if (change.batch_status) header.batch_status = *change.batch_status;
        if (change.current_batch) header.current_batch = *change.current_batch;
        if (change.total_batches) header.total_batches = *change.total_batches;
        if (change.total_nodes) header.total_nodes = *change.total_nodes;
        if (change.content_sha256) header.content_sha256 = *change.content_sha256;
        if (change.last_error) header.last_error = *change.last_error;
        if (change.clears_action) header.requested = release::Action::none;
        header.success_nodes = count(release::NodeStatus::success);
        header.failed_nodes = count(release::NodeStatus::failed);
    }

    void sort() {
        std::sort(nodes.begin(), nodes.end(),
                  [](const release::NodeRow& a, const release::NodeRow& b) {
                      return std::pair(a.batch, a.id) < std::pair(b.batch, b.id);
                  });
    }
};

/// Runs the core over Rows as the runner does, without time: effects pile up for the test to
/// answer.
class Desk {
  public:
    Rows& rows;
    release::Release state;
    release::Instant now{std::chrono::seconds(1000)};
    std::vector<release::StartConversation> started;  ///< all since the beginning
    std::vector<release::CancelTask> cancelled;
    bool is_let_go = false;
    std::string let_go_reason;
    std::vector<std::string> violations;

    explicit Desk(Rows& on) : rows(on) {}

    /// Steps, commits, carries out; reads again as often as asked.
    void give(const release::Event& event) { give(std::vector<release::Event>{event}); }

    void give(const std::vector<release::Event>& events) {
        release::Step done = release::step(std::move(state), events, now);
        note(release::check(done));
        if (!done.commit.is_empty() && !rows.apply(done.commit)) {
            restart();
            return;
        }
        state = std::move(done.next);
        note(release::check_all(state));
        bool reads_again = false;
        for (const release::Effect& effect : done.after_commit) {
            if (const auto* start = std::get_if<release::StartConversation>(&effect)) {
                started.push_back(*start);
            } else if (const auto* cancel = std::get_if<release::CancelTask>(&effect)) {
                cancelled.push_back(*cancel);
            } else if (const auto* go = std::get_if<release::LetGo>(&effect)) {
                is_let_go = true;
                let_go_reason = go->reason;
            } else {
                reads_again = true;
            }
        }
        if (is_let_go) return;
        if (reads_again) {
            observe();
        } else if (done.wake_at <= now) {
            give(release::Woken{});
        }
    }

    void observe() {
        release::Observed observed;
        observed.snapshot = rows.read();
        give(release::Event{observed});
    }

    /// What a crash or an unknown outcome leaves: nothing but the rows.
    void restart() {
        const release::Rules rules = state.rules;
        state = release::Release{};
        state.rules = rules;
        observe();
    }

    void report(release::NodeId id, release::NodeStatus status,
                release::FailureKind failure = release::FailureKind::none,
                const std::string& error = {}) {
        give(release::Event{make_report(id, status, failure, error)});
    }

    [[nodiscard]] release::Reported make_report(release::NodeId id, release::NodeStatus status,
                                                release::FailureKind failure,
                                                const std::string& error) const {
        release::Reported reported;
        reported.node = id;
        const release::NodeRow* row = rows.find(id);
        reported.task_id = row == nullptr ? "gone" : row->task_id;
        reported.verdict.status = status;
        reported.verdict.failure = failure;
        reported.verdict.error = error;
        return reported;
    }

  private:
    void note(const std::optional<release::Violation>& violation) {
        if (violation) violations.push_back(violation->invariant + ": " + violation->detail);
    }
};

}  // namespace edgeroll::test
