#include "control/store/api_create.hpp"

#include <optional>
#include <string>
#include <utility>

#include "control/store/column_text.hpp"
#include "control/store/history.hpp"
#include "control/store/moment.hpp"
#include "control/store/node_facts.hpp"
#include "control/store/node_writer.hpp"
#include "control/store/version_choice.hpp"
#include "release/plan.hpp"
#include "release/wire/batch_config.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::control {
namespace {

using release::Version;

/// Two requests may choose the same next version or carry the same key: the later one looks again.
constexpr int tries = 8;

std::string text_of(Version version) {
    return std::to_string(version.value);
}

/// The content digest of an explicit version; empty for a release that only reloads.
std::string checked_content(Connection& connection, Version version, bool is_reload_only) {
    const Rows rows =
        connection.query("SELECT payload FROM config_versions WHERE version = ?", {version.value});
    if (is_reload_only) {
        if (rows.empty()) return {};
        refuse(release::code::invalid,
               "version " + text_of(version) + " has content: leave out reload_only");
    }
    if (rows.empty()) {
        refuse(release::code::not_found,
               "version " + text_of(version) +
                   " has no content: PUT it to /api/v1/configs first, or set reload_only");
    }
    const auto payload = release::wire::parse_payload(rows[0].text(0));
    if (!payload) {
        refuse(release::code::invalid, "the content of version " + text_of(version) +
                                           " cannot be used: " + payload.error().message);
    }
    const std::string digest = release::wire::content_digest(*payload);
    const Rows banned =
        connection.query("SELECT 1 FROM banned_contents WHERE sha256 = ?", {digest});
    if (!banned.empty()) {
        refuse(release::code::wrong_state,
               "the content of version " + text_of(version) + " is banned");
    }
    return digest;
}

CreatedRelease planned(Connection& connection, const NewRelease& request) {
    CreatedRelease created;
    created.version = choose_version(connection, request.version);
    const std::string digest =
        request.version ? checked_content(connection, created.version, request.is_reload_only)
                        : std::string();
    created.plan = release::default_plan(read_fleet(connection));
    if (created.plan.empty()) {
        refuse(release::code::wrong_state, "there is no enabled online node to release to");
    }
    created.plan_sha256 = release::wire::sha256_hex(release::canonical_text(created.plan, digest));
    if (!request.expected_plan_sha256.empty() &&
        request.expected_plan_sha256 != created.plan_sha256) {
        refuse(release::code::wrong_state,
               "the plan is not the one of planSha256 any more: look at a new dry run");
    }
    return created;
}

/// The first answer to the same key, if there was one.
std::optional<CreatedRelease> answered_before(Connection& connection, const NewRelease& request) {
    if (request.idempotency_key.empty()) return std::nullopt;
    const Rows keys = connection.query(
        "SELECT request_sha256, release_task_id FROM idempotency_keys WHERE client = ? AND "
        "idempotency_key = ?",
        {request.created_by, request.idempotency_key});
    if (keys.empty()) return std::nullopt;
    if (keys[0].text(0) != request.request_sha256) {
        refuse(release::code::wrong_state,
               "this Idempotency-Key was used for another request: use a new key");
    }
    CreatedRelease created;
    created.id = release::ReleaseId{keys[0].integer_or(1, 0)};
    const Rows found = connection.query(
        "SELECT version, plan_sha256 FROM release_tasks WHERE id = ?", {created.id.value});
    if (found.empty()) {
        refuse(release::code::not_found, "the release made with this Idempotency-Key was deleted");
    }
    created.version = Version{found[0].integer_or(0, 0)};
    created.plan_sha256 = found[0].text(1);
    for (const Row& row :
         connection.query("SELECT node_id, batch FROM release_task_nodes WHERE release_task_id = ? "
                          "ORDER BY batch, node_id",
                          {created.id.value})) {
        release::PlannedNode node;
        node.node = release::NodeId{row.integer_or(0, 0)};
        node.batch = row.small(1);
        created.plan.push_back(node);
    }
    return created;
}

void insert_release(Connection& connection, const NewRelease& request, const Value& not_before,
                    CreatedRelease& created) {
    connection.execute(
        "INSERT INTO release_tasks (type, target, version, status, total_nodes, total_batches, "
        "reason, created_by, batch_config, plan_sha256, not_before) VALUES ('apply_config', ?, ?, "
        "'pending', ?, ?, ?, ?, ?, ?, ?)",
        {request.target, created.version.value, static_cast<std::int64_t>(created.plan.size()),
         std::int64_t{created.plan.back().batch}, null_if_empty(fitted(request.reason)),
         null_if_empty(request.created_by), null_if_empty(request.batch_config),
         created.plan_sha256, not_before});
    created.id = release::ReleaseId{
        connection.query("SELECT id FROM release_tasks WHERE version = ?", {created.version.value})
            .at(0)
            .integer_or(0, 0)};
    if (!add_planned_rows(connection, created.id, created.plan)) {
        throw DbFailure("the rows of the new release exist already", release::Outcome::permanent);
    }
    release::HistoryRow row;
    row.kind = "release_created";
    row.detail.emplace_back("version", text_of(created.version));
    if (!request.reason.empty()) row.detail.emplace_back("reason", fitted(request.reason));
    add_history(connection, created.id, request.created_by, {row});
    if (request.idempotency_key.empty()) return;
    connection.execute(
        "INSERT INTO idempotency_keys (client, idempotency_key, request_sha256, "
        "release_task_id) VALUES (?, ?, ?, ?)",
        {request.created_by, request.idempotency_key, request.request_sha256, created.id.value});
}

/// What can be refused without looking into the database. Returns not_before for its column.
Value checked(const NewRelease& request) {
    const auto is_word = [](const std::string& text) {
        return text.size() <= word_bytes_max && fitted(text) == text;
    };
    if (!is_word(request.idempotency_key)) {
        refuse(release::code::invalid, "Idempotency-Key must be at most 255 bytes of UTF-8");
    }
    if (!is_word(request.created_by)) {
        refuse(release::code::invalid, "the user's name must be at most 255 bytes of UTF-8");
    }
    if (request.target != "cdn") {
        refuse(release::code::invalid, "target must be cdn");
    }
    if (!request.batch_config.empty()) {
        if (request.batch_config.size() > text_bytes_max) {
            refuse(release::code::invalid, "batch_config is too long");
        }
        const auto policy = release::wire::parse_batch_config(request.batch_config);
        if (!policy) {
            refuse(release::code::invalid, policy.error().message);
        }
    }
    if (request.not_before.empty()) return std::monostate{};
    const auto time = database_time(request.not_before);
    if (!time) refuse(release::code::invalid, "not_before " + time.error().message);
    return *time;
}

CreatedRelease try_to_create(Connection& connection, const NewRelease& request,
                             const Value& not_before) {
    Transaction transaction(
        connection, request.is_dry_run ? Transaction::Kind::read : Transaction::Kind::write);
    if (!request.is_dry_run) {
        if (auto before = answered_before(connection, request)) return *before;
    }
    CreatedRelease created = planned(connection, request);
    if (!request.is_dry_run) insert_release(connection, request, not_before, created);
    transaction.commit();
    return created;
}

}  // namespace

CreatedRelease create_release(Connection& connection, const NewRelease& request) {
    const Value not_before = checked(request);
    for (int i = 1;; ++i) {
        try {
            return try_to_create(connection, request, not_before);
        } catch (const DbFailure& failure) {
            if (!failure.is_duplicate || i == tries) throw;
        }
    }
}

}  // namespace edgeroll::control
