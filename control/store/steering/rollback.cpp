#include "control/store/steering/rollback.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "control/api/ports/asker.hpp"
#include "control/store/rows/bans.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/history.hpp"
#include "control/store/rows/naming.hpp"
#include "control/store/rows/node_writer.hpp"
#include "control/store/rows/skip_rows.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "control/store/steering/rollback_rows.hpp"
#include "control/store/steering/secret_contents.hpp"
#include "control/store/steering/steered.hpp"
#include "control/store/steering/version_choice.hpp"
#include "release/crypto/sha256.hpp"
#include "release/text/digits.hpp"
#include "release/wire/batch_config.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control {
namespace {

using release::Result;
using release::Version;

/// Another request may take the same version first. Its row is invisible to a transaction that is
/// already open, so the next number is tried instead of the same query.
constexpr int version_tries = 8;

std::string plan_digest(const release::RollbackPlan& plan) {
    std::string text = "rollback\n";
    for (const release::PlannedNode& node : plan.nodes) {
        text += std::to_string(node.batch) + ":" + std::to_string(node.node.value) + ":" +
                std::to_string(node.config_version->value) + "\n";
    }
    return release::sha256_hex(text);
}

/// Limits are open: a rollback should undo the release on every node possible. It has failed only
/// when all of its nodes have. How many nodes may
/// run at once is not a failure limit but the fleet's capacity: that limit stays, unless the way
/// back must be fast. rollback_parallel_per is the limit of every way back.
std::string config_of_rollback(std::size_t nodes, const std::string& undone, bool is_fast) {
    release::wire::Json config = release::wire::Json::object();
    config["failure_threshold"] = nodes - 1;
    if (undone.empty() || !release::wire::parse_batch_config(undone)) {
        return release::wire::dump_json(config);
    }
    const auto before = release::wire::parse_json(undone, release::wire::batch_config_bytes_max);
    if (!before) return release::wire::dump_json(config);
    const auto inherit = [&](const char* from, const char* to) {
        const auto found = before->find(from);
        if (found != before->end() && !found->is_null()) config[to] = *found;
    };
    inherit("abandon_sec", "abandon_sec");
    if (!is_fast) {
        inherit("max_parallel", "max_parallel");
        inherit("max_parallel_per", "max_parallel_per");
    }
    inherit("rollback_parallel_per", "max_parallel_per");
    return release::wire::dump_json(config);
}

void insert_row(Connection& connection, const RollbackRequest& request, const Steered& undone,
                CreatedRelease& created) {
    const std::string reason =
        request.reason.empty() ? "rolls back version " + text_of(undone.version) : request.reason;
    const std::string config = config_of_rollback(created.plan.size(), undone.batch_config,
                                                  request.is_by_itself || request.is_fast);
    const std::int64_t first = choose_version(connection).value;
    for (int i = 0;; ++i) {
        created.version = Version{first + i};
        try {
            connection.execute(
                "INSERT INTO release_tasks (type, target, version, status, total_nodes, "
                "total_batches, reason, created_by, batch_config, plan_sha256, rolls_back, forced) "
                "VALUES ('apply_config', 'cdn', ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?)",
                {created.version.value, static_cast<std::int64_t>(created.plan.size()),
                 std::int64_t{created.plan.back().batch}, fitted(reason),
                 fitted(request.actor, word_bytes_max), config, created.plan_sha256,
                 request.id.value, std::int64_t{request.is_forced ? 1 : 0}});
            break;
        } catch (const DbFailure& failure) {
            if (!failure.is_duplicate || i + 1 == version_tries) throw;
        }
    }
    created.id = release::ReleaseId{
        connection.query("SELECT id FROM release_tasks WHERE version = ?", {created.version.value})
            .at(0)
            .integer_or(0, 0)};
    give_out(connection, created.version, true);
}

/// Decisions made before the first write.
struct Drafted {
    Steered undone;
    RolledBack done;            ///< without id and version
    bool is_ban_exact = false;  ///< done.banned was computed by the rule with templates
};

std::vector<std::string> node_names(const std::vector<release::PlannedNode>& plan,
                                    const std::vector<release::FormerRow>& rows) {
    std::map<release::NodeId, std::string> names;
    for (const release::FormerRow& row : rows)
        names[row.node] = row.name;
    std::vector<std::string> ordered;
    ordered.reserve(plan.size());
    for (const release::PlannedNode& node : plan)
        ordered.push_back(names[node.node]);
    return ordered;
}

/// Bans the content that is undone. Not where the rollback gives that same content: then the
/// release changed nothing, and the nodes would have no allowed content left.
void find_what_to_ban(Connection& connection, Drafted& drafted) {
    const std::string& undone = drafted.undone.content_sha256;
    if (!release::is_sha256_hex(undone)) return;
    // Without the content, the rule of its digest is unknown.
    const auto names = names_of(connection, drafted.undone.version);
    drafted.is_ban_exact = names && (names->sha256 == undone || names->older_sha256 == undone);
    const std::string digest = drafted.is_ban_exact ? names->sha256 : undone;
    for (const auto& [version, given] : drafted.done.digests) {
        if (given == digest) return;
    }
    drafted.done.banned = digest;
}

Result<Drafted> draft_rollback(Connection& connection, const RollbackRequest& request) {
    Drafted drafted;
    drafted.undone = read_steered(connection, request.id);
    if (request.is_abort) drafted.undone.state.is_aborted = true;
    const release::Ruling ruling = judge(release::Steering::rollback, drafted.undone.state);
    if (ruling.kind == release::Ruling::Kind::refused) {
        return release::fail(ruling.message, release::Outcome::permanent,
                             release::code::wrong_state);
    }
    const Version version = drafted.undone.version;
    auto rows = read_former_rows(connection, request.id, version);
    for (release::FormerRow& row : rows)
        row.is_left_out = row.is_left_out && request.is_by_itself;
    const auto contents = read_former_contents(connection, rows, version);
    const auto later = read_later_releases(connection, rows, version);
    const release::RollbackTerms terms{request.is_forced, drafted.undone.state.is_aborted};
    auto plan = plan_rollback(rows, version, contents, later, terms);
    if (!plan) return tl::unexpected(std::move(plan.error()));
    RolledBack& done = drafted.done;
    for (const release::PlannedNode& node : plan->nodes)
        done.digests[*node.config_version];
    for (const release::FormerContent& content : contents) {
        const auto given = done.digests.find(content.version);
        if (given != done.digests.end()) given->second = content.sha256;
    }
    done.created.plan_sha256 = plan_digest(*plan);
    done.created.names = node_names(plan->nodes, rows);
    done.created.plan = std::move(plan->nodes);
    done.left_alone = std::move(plan->left_alone);
    find_what_to_ban(connection, drafted);
    return drafted;
}

void ban(Connection& connection, const RollbackRequest& request, const Drafted& drafted) {
    const RolledBack& done = drafted.done;
    if (done.banned.empty()) return;
    add_ban(connection, done.banned, drafted.is_ban_exact,
            "rolled back by release " + std::to_string(done.created.id.value), request.actor);
}

void record(Connection& connection, const RollbackRequest& request, Version undone,
            const RolledBack& done) {
    const CreatedRelease& created = done.created;
    release::HistoryRow asked;
    asked.kind = "rollback_requested";
    asked.detail.emplace_back("release", std::to_string(created.id.value));
    asked.detail.emplace_back("version", text_of(created.version));
    if (!done.banned.empty()) asked.detail.emplace_back("banned", done.banned);
    if (!request.reason.empty()) asked.detail.emplace_back("reason", fitted(request.reason));
    add_history(connection, request.id, request.actor, {asked});

    std::vector<release::HistoryRow> history;
    release::HistoryRow made;
    made.kind = "release_created";
    made.detail.emplace_back("version", text_of(created.version));
    made.detail.emplace_back("rolls_back", std::to_string(request.id.value));
    made.detail.emplace_back("rolls_back_version", text_of(undone));
    if (!request.reason.empty()) made.detail.emplace_back("reason", fitted(request.reason));
    history.push_back(std::move(made));
    for (const release::LeftAlone& left : done.left_alone) {
        release::HistoryRow row;
        row.node = left.node;
        row.kind = "node_left_alone";
        row.detail.emplace_back("reason", left.reason);
        history.push_back(std::move(row));
    }
    add_history(connection, created.id, request.actor, history);
}

}  // namespace

Result<RolledBack> create_rollback(Connection& connection, const RollbackRequest& request) {
    auto drafted = draft_rollback(connection, request);
    if (!drafted) return tl::unexpected(std::move(drafted.error()));
    RolledBack& done = drafted->done;
    insert_row(connection, request, drafted->undone, done.created);
    if (!add_planned_rows(connection, done.created.id, done.created.plan)) {
        throw DbFailure("the rows of the new release exist already", release::Outcome::permanent);
    }
    ban(connection, request, *drafted);
    record(connection, request, drafted->undone.version, done);
    return std::move(done);
}

RolledBack preview_rollback(Connection& connection, const RollbackRequest& request) {
    Transaction transaction(connection, Transaction::Kind::read);
    auto drafted = draft_rollback(connection, request);
    if (!drafted) {
        drafted.error().message = "rollback is refused: " + drafted.error().message;
        throw Refused{drafted.error()};
    }
    judge_secrets(connection, request.secret_keys.get(), drafted->done);
    drafted->done.created.version = choose_version(connection);
    transaction.commit();
    return std::move(drafted->done);
}

std::optional<RollbackOutlook> rollback_outlook(Connection& connection, release::ReleaseId id) {
    Transaction transaction(connection, Transaction::Kind::read);
    const Steered steered = read_steered(connection, id);
    const auto ruling = judge(release::Steering::rollback, steered.state);
    if (ruling.kind == release::Ruling::Kind::refused) return std::nullopt;
    RollbackRequest request;
    request.id = id;
    const auto drafted = draft_rollback(connection, request);
    transaction.commit();
    RollbackOutlook outlook;
    if (!drafted) {
        outlook.obstacle = drafted.error().message;
    } else {
        outlook.nodes = drafted->done.created.plan.size();
        outlook.left_alone = drafted->done.left_alone.size();
    }
    return outlook;
}

namespace {

/// Its owner sees it, starts nothing further, and ends the release as failed.
void abort_release(Connection& connection, const RollbackRequest& request) {
    const Dialect& dialect = connection.dialect();
    const std::string why = "rolled back while it ran by " + request.actor +
                            (request.reason.empty() ? "" : ": " + request.reason);
    const std::int64_t aborted = connection.execute(
        "UPDATE release_tasks SET aborted_at = COALESCE(aborted_at, " + dialect.now() +
            "), batch_status = 'stopped', last_error = ?, updated_at = " + dialect.now() +
            " WHERE id = ? AND " + is_unfinished(),
        {fitted(why), request.id.value});
    if (aborted != 1) return;  // over: an ordinary rollback
    // Here and not by its owner alone: an older process knows no aborted_at.
    const release::SkipPending skip{"not dispatched: the release is rolled back", false,
                                    release::ReasonKind::release_failed};
    if (!skip_pending_rows(connection, request.id, request.actor, skip)) {
        throw DbFailure("the rows of the release changed meanwhile", release::Outcome::not_done);
    }
    release::HistoryRow row;
    row.kind = "aborted";
    if (!request.reason.empty()) row.detail.emplace_back("reason", fitted(request.reason));
    add_history(connection, request.id, request.actor, {row});
}

RolledBack try_to_roll_back(Connection& connection, const RollbackRequest& request) {
    Transaction transaction(connection, Transaction::Kind::write);
    lock_release(connection, request.id);
    if (request.is_abort) abort_release(connection, request);
    auto done = create_rollback(connection, request);
    if (!done) {
        done.error().message = "rollback is refused: " + done.error().message;
        throw Refused{done.error()};
    }
    judge_secrets(connection, request.secret_keys.get(), *done);
    release::wire::Json detail = {{"release", done->created.id.value},
                                  {"version", done->created.version.value},
                                  {"nodes", done->created.plan.size()},
                                  {"left_alone", done->left_alone.size()}};
    if (!done->banned.empty()) detail["banned"] = done->banned;
    if (request.is_forced) detail["force"] = true;
    if (request.is_abort) detail["abort"] = true;
    if (request.is_fast) detail["fast"] = true;
    audit_release(connection, request, "rollback", std::move(detail));
    transaction.commit();
    return std::move(*done);
}

}  // namespace

RolledBack roll_back_release(Connection& connection, const RollbackRequest& request) {
    for (int i = 1;; ++i) {
        try {
            return try_to_roll_back(connection, request);
        } catch (const DbFailure& failure) {
            if (!failure.is_duplicate || i == version_tries) throw;
        }
    }
}

void roll_back_by_itself(Connection& connection, release::ReleaseId id) {
    RollbackRequest request;
    request.id = id;
    request.actor = own_name;
    request.is_by_itself = true;
    request.reason = "on_failure is rollback";
    const Rows rows =
        connection.query("SELECT rolls_back FROM release_tasks WHERE id = ?", {id.value});
    const bool is_rollback = !rows.empty() && !rows[0].is_null(0);
    std::string obstacle = is_rollback ? "the release is a rollback itself" : "";
    if (!is_rollback) {
        const auto done = create_rollback(connection, request);
        if (done) return;
        obstacle = done.error().message;
    }
    release::HistoryRow row;
    row.kind = "rollback_refused";
    row.detail.emplace_back("reason", fitted(obstacle));
    add_history(connection, id, own_name, {row});
}

}  // namespace edgeroll::control
