// A release's rows in memory: what a database would hold, for tests that call step() directly.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "release/step.hpp"

namespace edgeroll::test {

/// The nodes of most tests; the last one joins a release that has begun.
inline constexpr release::NodeId n1{1}, n2{2}, n3{3}, n4{4}, n5{5}, late_node{9};

/// Reads as a store reads and applies commits as a store applies them, at the time of `now`.
class Rows {
  public:
    /// hold_left, worked, is_pause_marked and since_last_finish come from the clock at each
    /// reading; utc_ms is the wall clock's time at `epoch`.
    release::Snapshot header;
    std::vector<release::NodeRow> nodes;
    std::vector<release::HistoryRow> history;
    release::Commit last;  ///< the commit that was applied last

    static constexpr release::Instant epoch{std::chrono::seconds(1000)};
    release::Instant now = epoch;
    std::optional<release::Instant> started_at, hold_until, paused_at;
    release::Millis paused_for{0};
    std::map<release::NodeId, int> progress;  ///< of the nodes that have been written
    int rollbacks = 0;                        ///< commits that asked for one

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

    /// @param part only the header and this batch
    [[nodiscard]] release::Snapshot read(std::optional<int> part = std::nullopt) const {
        using release::Millis;
        release::Snapshot snapshot = header;
        if (part) snapshot.part = look_at(*part);
        for (const release::NodeRow& row : nodes) {
            if (!part || row.batch == *part) snapshot.nodes.push_back(row);
        }
        for (release::NodeRow& row : snapshot.nodes) {
            const auto started = running_since_.find(row.id);
            const bool is_running = row.status == release::NodeStatus::running;
            if (is_running && started != running_since_.end()) {
                row.running_for += now - started->second;
            }
        }
        if (hold_until) snapshot.hold_left = *hold_until - now;
        if (started_at) snapshot.worked = now - *started_at - paused_for;
        if (paused_at) snapshot.worked -= now - *paused_at;
        snapshot.worked = std::max(snapshot.worked, Millis{0});
        snapshot.is_pause_marked = paused_at.has_value();
        if (last_finish_) snapshot.since_last_finish = now - *last_finish_;
        snapshot.utc_ms += (now - epoch).count();
        return snapshot;
    }

    /// False: stale, nothing changed.
    bool apply(const release::Commit& commit) {
        if (header.status != commit.expected_status || header.requested != commit.expected_action)
            return false;
        if (header.steer_seq != commit.expected_steer_seq) return false;
        const auto rows_now = static_cast<int>(nodes.size());
        if (commit.expected_rows.value_or(rows_now) != rows_now) return false;
        const auto& start = commit.release.rows_of_start;
        if (start && start->rows != count_up_to(start->newest_row_id)) return false;
        for (const release::NodeChange& change : commit.nodes) {
            const release::NodeRow* row = find(change.node);
            const bool is_same_row = row != nullptr && row->row_id == change.row_id;
            if (!is_same_row || row->status != change.from) return false;
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
            row.ids_passed_over = change.ids_passed_over;
            row.task_id = change.task_id;
            row.failure = change.failure;
            row.reason = change.reason;
            row.error = change.error;
            row.trouble.clear();
            row.earlier_error = change.earlier_error;
            progress[row.id] = change.progress;
            if (change.to == release::NodeStatus::running) running_since_[row.id] = now;
            if (release::is_final(change.to)) last_finish_ = now;
            if (change.has_new_content) {
                row.facts.applied_version = header.version;
                row.facts.applied_sha256 = digest_of(change.content);
            }
        }
        for (const release::ProgressChange& change : commit.progress) {
            release::NodeRow* row = find(change.node);
            const bool runs_it = row != nullptr && row->status == release::NodeStatus::running &&
                                 row->task_id == change.task_id;
            if (!runs_it) continue;
            progress[change.node] = change.progress;
            if (!change.error) continue;
            row->error = *change.error;
            row->reason = change.trouble.kind;
            row->trouble = change.trouble.message;
        }
        if (commit.skip_pending) {
            for (release::NodeRow& row : nodes) {
                if (row.status != release::NodeStatus::pending) continue;
                row.status = commit.skip_pending->is_deferral ? release::NodeStatus::deferred
                                                              : release::NodeStatus::skipped;
                row.reason = commit.skip_pending->kind;
                row.error = commit.skip_pending->reason;
            }
        }
        apply_header(commit.release);
        if (commit.creates_rollback) ++rollbacks;
        for (const release::Evidence& row : commit.evidence) {
            if (row.gate == release::evidence::proof) header.is_proven = true;
        }
        for (const release::HistoryRow& row : commit.history)
            history.push_back(row);
        last = commit;
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

    /// What `retry` of an operator does to the rows (control/store): these are taken up again.
    void retry(const std::vector<release::NodeId>& taken) {
        for (const release::NodeId id : taken) {
            release::NodeRow& row = *find(id);
            row.status = release::NodeStatus::pending;
            row.attempts_before = row.attempt;
            row.ids_passed_over = 0;
            row.failure = release::FailureKind::none;
            row.reason = release::ReasonKind::none;
            row.error.clear();
            row.trouble.clear();
            row.earlier_error.clear();
        }
        for (release::NodeRow& row : nodes) {
            if (row.status == release::NodeStatus::failed) row.attempts_before = row.attempt + 1;
        }
        header.status = release::ReleaseStatus::pending;
        header.is_ended = false;
        header.batch_status = release::BatchStatus::none;
        header.requested = release::Action::none;
        header.hold = release::Hold::none;
        header.current_batch = 0;
        header.started_batch.reset();
        header.batch_work_start = release::Millis{0};
        header.waived_failures = count(release::NodeStatus::failed);
        ++header.steer_seq;
        started_at.reset();
        hold_until.reset();
        paused_at.reset();
        paused_for = release::Millis{0};
    }

  private:
    [[nodiscard]] int count_up_to(std::int64_t row_id) const {
        return static_cast<int>(
            std::count_if(nodes.begin(), nodes.end(),
                          [&](const release::NodeRow& row) { return row.row_id <= row_id; }));
    }

    [[nodiscard]] release::BatchReading look_at(int number) const {
        release::BatchReading part;
        part.number = number;
        part.failed = count(release::NodeStatus::failed);
        for (const release::NodeRow& row : nodes) {
            if (release::is_final(row.status)) continue;
            part.lowest_open = std::min(part.lowest_open.value_or(row.batch), row.batch);
        }
        return part;
    }

    std::string digest_of(std::optional<release::Version> content) const {
        if (!content) return header.content_sha256;
        for (const auto& [version, other] : header.other_contents) {
            if (version == *content) return other.sha256;
        }
        return {};
    }

    void apply_header(const release::ReleaseChange& change) {
        if (change.status) header.status = *change.status;
        if (change.batch_status) header.batch_status = *change.batch_status;
        if (change.current_batch) header.current_batch = *change.current_batch;
        if (change.started_batch) header.started_batch = *change.started_batch;
        if (change.rows_of_start) {
            for (release::NodeRow& row : nodes) {
                if (row.row_id <= change.rows_of_start->newest_row_id) row.is_of_start = true;
            }
        }
        if (change.total_batches) header.total_batches = *change.total_batches;
        if (change.total_nodes) header.total_nodes = *change.total_nodes;
        if (change.content_sha256) header.content_sha256 = *change.content_sha256;
        if (change.last_error) header.last_error = *change.last_error;
        if (change.is_finished) header.is_ended = true;
        if (change.clears_action) header.requested = release::Action::none;
        if (change.waived_failures) header.waived_failures = *change.waived_failures;
        if (change.batch_work_start) header.batch_work_start = *change.batch_work_start;
        apply_times(change);
        header.success_nodes = count(release::NodeStatus::success);
        header.failed_nodes = count(release::NodeStatus::failed);
    }

    void apply_times(const release::ReleaseChange& change) {
        if (change.is_started && !started_at) started_at = now;
        if (change.hold) {
            header.hold = *change.hold;
            hold_until.reset();
            if (change.hold_for) hold_until = now + *change.hold_for;
        }
        if (change.marks_pause && !paused_at) paused_at = now;
        if (change.ends_pause) {
            if (paused_at) paused_for += now - *paused_at;
            paused_at.reset();
        }
        if (change.forgotten_work) paused_for += *change.forgotten_work;
    }

    std::map<release::NodeId, release::Instant> running_since_;
    std::optional<release::Instant> last_finish_;

    void sort() {
        std::sort(nodes.begin(), nodes.end(),
                  [](const release::NodeRow& a, const release::NodeRow& b) {
                      return std::pair(a.batch, a.id) < std::pair(b.batch, b.id);
                  });
    }
};

/// Runs the core over Rows as the runner does; time passes when the test says so, and effects pile
/// up for the test to answer.
class Desk {
  public:
    Rows& rows;
    release::Release state;
    release::Instant now;
    release::Instant wake_at = release::never;        ///< what the last step asked for
    std::vector<release::AskGate> gates;              ///< all questions since the beginning
    std::vector<release::StartConversation> started;  ///< all since the beginning
    std::vector<release::CancelTask> cancelled;
    int full_readings = 0, part_readings = 0;
    bool is_dispatch_over = false;
    bool is_let_go = false;
    std::string let_go_reason;
    std::vector<std::string> violations;

    explicit Desk(Rows& on) : rows(on), now(on.now) {}

    /// Steps, commits, carries out; reads again as often as asked.
    void give(const release::Event& event) { give(std::vector<release::Event>{event}); }

    void give(const std::vector<release::Event>& events) {
        rows.now = now;
        release::Step done = release::step(std::move(state), events, now);
        note(release::check(done));
        if (!done.commit.is_empty() && !rows.apply(done.commit)) {
            restart();
            return;
        }
        state = std::move(done.next);
        note(release::check_all(state));
        wake_at = done.wake_at;
        bool reads_again = false;
        std::optional<int> part;
        for (const release::Effect& effect : done.after_commit) {
            if (const auto* start = std::get_if<release::StartConversation>(&effect)) {
                started.push_back(*start);
            } else if (const auto* cancel = std::get_if<release::CancelTask>(&effect)) {
                cancelled.push_back(*cancel);
            } else if (const auto* go = std::get_if<release::LetGo>(&effect)) {
                is_let_go = true;
                let_go_reason = go->reason;
            } else if (const auto* ask = std::get_if<release::AskGate>(&effect)) {
                gates.push_back(*ask);
            } else if (std::holds_alternative<release::DispatchNoMore>(effect)) {
                is_dispatch_over = true;
            } else if (const auto* again = std::get_if<release::ReadAgain>(&effect)) {
                part = reads_again && !part ? part : again->batch;  // all of it, if either says so
                reads_again = true;
            }
        }
        if (is_let_go) return;
        if (reads_again) {
            observe(part);
        } else if (done.wake_at <= now) {
            give(release::Woken{});
        }
    }

    void observe(std::optional<int> part = std::nullopt) {
        rows.now = now;
        release::Observed observed;
        observed.snapshot = rows.read(part);
        ++(part ? part_readings : full_readings);
        give(release::Event{observed});
    }

    /// Nothing happens until the time that the core asked for, or else for `most`. False: it slept
    /// that long and was not woken.
    bool sleep(release::Millis most = std::chrono::hours(1000)) {
        const release::Instant end = now + most;
        if (is_let_go || wake_at > end) {
            now = end;
            return false;
        }
        now = std::max(now, wake_at);
        give(release::Woken{});
        return true;
    }

    /// The gate's answer to the last question.
    void answer(release::GateAnswer::Kind kind, const std::string& message = "503") {
        release::GateHeard heard;
        heard.after_batch = gates.back().after_batch;
        heard.asked_at = gates.back().asked_at;
        heard.answer = release::GateAnswer{kind, message};
        give(heard);
    }

    /// Somebody asks for it, and it is noticed.
    void request(release::Action action) {
        rows.header.requested = action;
        ++rows.header.steer_seq;
        observe();
    }

    /// Everybody who runs succeeds.
    void finish_running() {
        std::vector<release::NodeId> ids;
        for (const release::NodeRow& row : rows.nodes) {
            if (row.status == release::NodeStatus::running) ids.push_back(row.id);
        }
        for (const release::NodeId id : ids)
            report(id, release::NodeStatus::success);
    }

    /// What a crash or an unknown outcome leaves: nothing but the rows.
    void restart() {
        const release::Rules rules = state.rules;
        state = release::Release{};
        state.rules = rules;
        observe();
    }

    /// The agent used the node's task id for another release.
    void refuse_id(release::NodeId id) {
        release::Reported reported =
            make_report(id, release::NodeStatus::failed, release::FailureKind::rejected,
                        "task was used for another release");
        reported.verdict.is_id_used = true;
        give(release::Event{reported});
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
