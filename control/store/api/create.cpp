#include "control/store/api/create.hpp"

#include <optional>
#include <string>
#include <utility>

#include "control/store/api/create_content.hpp"
#include "control/store/api/create_plan.hpp"
#include "control/store/api/create_replay.hpp"
#include "control/store/api/create_source.hpp"
#include "control/store/api/database_time.hpp"
#include "control/store/api/expected_plan.hpp"
#include "control/store/api/supersede.hpp"
#include "control/store/audit/audit_log.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/history.hpp"
#include "control/store/rows/naming.hpp"
#include "control/store/rows/node_writer.hpp"
#include "control/store/steering/secret_contents.hpp"
#include "control/store/steering/version_choice.hpp"
#include "release/wire/batch_config.hpp"
#include "release/wire/gate_rules.hpp"
#include "release/wire/plan_digest.hpp"

namespace edgeroll::control {
namespace {

using release::TaskType;
using release::Version;

/// Two requests may choose the same next version or carry the same key: the later one reads again.
constexpr int tries = 8;

/// All decisions made before the first write.
struct Decided {
    CreatedRelease created;
    TaskType type = TaskType::apply_config;
    std::string batch_config;
    CreateContent content;
};

TaskType type_of(const NewRelease& request, const std::optional<CreateSource>& source) {
    const TaskType type = request.type.value_or(source ? source->type : TaskType::apply_config);
    if (source && type != source->type) {
        refuse(release::code::invalid, "release " + std::to_string(source->id.value) +
                                           " is of type " + std::string(to_text(source->type)) +
                                           ", which goes on: leave out type");
    }
    return type;
}

release::Policy policy_of(const std::string& batch_config) {
    if (batch_config.empty()) return {};
    const auto policy = release::wire::parse_batch_config(batch_config);
    if (!policy) refuse(release::code::invalid, policy.error().message);
    return *policy;
}

void refuse_gates(const release::Policy& policy, const release::wire::CallRules& rules) {
    const auto refused = release::wire::refused_gates(rules, policy.gates);
    if (refused) refuse(release::code::invalid, *refused);
}

Decided decide(Connection& connection, const NewRelease& request,
               const release::wire::CallRules& gate_rules) {
    Decided decided;
    const std::optional<CreateSource> source = read_source(connection, request);
    decided.type = type_of(request, source);
    CreatedRelease& created = decided.created;
    created.version = choose_version(connection, request.version);
    decided.batch_config =
        request.batch_config.empty() && source ? source->batch_config : request.batch_config;
    decided.content = choose_content(connection, request, decided.type, source);
    const release::Policy policy = policy_of(decided.batch_config);
    refuse_gates(policy, gate_rules);
    if (request.is_dry_run) created.gates = policy.gates;
    NamedPlan plan = plan_release(connection, decided.type, policy, decided.content.sha256, source);
    created.plan = std::move(plan.nodes);
    created.names = std::move(plan.names);
    created.left_out = std::move(plan.left_out);
    const release::wire::PlanParts parts{created.plan, decided.content.sha256, decided.type,
                                         decided.batch_config};
    created.plan_sha256 = release::wire::plan_digest(parts);
    if (decided.content.has_secrets) {
        created.without_secrets = nodes_without_secrets(connection, created);
    }
    if (request.is_dry_run && decided.type == TaskType::apply_config) {
        created.unseen = unseen_nodes(connection, created);
    }
    require_expected(connection, request, created);
    if (request.supersedes) {
        created.superseded = find_superseded(connection, created.version, created.plan);
    }
    return decided;
}

release::HistoryRow history_of(const NewRelease& request, const CreatedRelease& created) {
    release::HistoryRow row;
    row.kind = "release_created";
    row.detail.emplace_back("version", text_of(created.version));
    if (!request.reason.empty()) row.detail.emplace_back("reason", fitted(request.reason));
    if (request.from_release) {
        row.detail.emplace_back("from_release", std::to_string(request.from_release->value));
    }
    if (request.is_forced) row.detail.emplace_back("forced", "yes");
    std::string earlier;
    for (const release::ReleaseId id : created.superseded)
        earlier += (earlier.empty() ? "" : " ") + std::to_string(id.value);
    if (!earlier.empty()) row.detail.emplace_back("supersedes", earlier);
    return row;
}

void insert_release(Connection& connection, const NewRelease& request, const Value& not_before,
                    Decided& decided) {
    CreatedRelease& created = decided.created;
    connection.execute(
        "INSERT INTO release_tasks (type, target, version, status, total_nodes, total_batches, "
        "reason, created_by, batch_config, plan_sha256, not_before, callback_url, forced, "
        "from_release) VALUES (?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {std::string(to_text(decided.type)), request.target, created.version.value,
         static_cast<std::int64_t>(created.plan.size()), std::int64_t{created.plan.back().batch},
         null_if_empty(fitted(request.reason)), null_if_empty(request.created_by),
         null_if_empty(decided.batch_config), created.plan_sha256, not_before,
         null_if_empty(request.callback_url), std::int64_t{request.is_forced ? 1 : 0},
         request.from_release ? Value{request.from_release->value} : Value{}});
    created.id = release::ReleaseId{
        connection.query("SELECT id FROM release_tasks WHERE version = ?", {created.version.value})
            .at(0)
            .integer_or(0, 0)};
    copy_content(connection, decided.content, created.version, request.created_by);
    if (!add_planned_rows(connection, created.id, created.plan)) {
        throw DbFailure("the rows of the new release exist already", release::Outcome::permanent);
    }
    stop_superseded(connection, created.superseded, created.version, request.created_by);
    give_out(connection, created.version, !request.version);
    add_history(connection, created.id, request.created_by, {history_of(request, created)});
    remember_answer(connection, request, created);
}

/// Leaves out callback_url and batch_config, whose URLs may hold secrets. The plan's digest covers
/// batch_config.
void audit(Connection& connection, const NewRelease& request, const Decided& decided) {
    const CreatedRelease& created = decided.created;
    AuditDeed deed;
    deed.action = "release.create";
    deed.object = "release:" + std::to_string(created.id.value);
    release::wire::Json& detail = deed.detail;
    detail["version"] = created.version.value;
    detail["type"] = to_text(decided.type);
    detail["nodes"] = created.plan.size();
    detail["batches"] = created.plan.back().batch;
    detail["plan_sha256"] = created.plan_sha256;
    if (!decided.content.sha256.empty()) detail["content_sha256"] = decided.content.sha256;
    if (!request.reason.empty()) detail["reason"] = audit_text(request.reason);
    if (!request.not_before.empty()) detail["not_before"] = audit_text(request.not_before);
    if (request.from_release) detail["from_release"] = request.from_release->value;
    if (request.is_forced) detail["force"] = true;
    if (!request.callback_url.empty()) detail["callback"] = true;
    if (!created.superseded.empty()) {
        for (const release::ReleaseId id : created.superseded)
            detail["superseded"].push_back(id.value);
    }
    append_audit(connection, request.by, deed);
}

/// Checks that need no database. Returns not_before for its column.
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
    (void)policy_of(request.batch_config);
    if (request.from_release && request.is_reload_only) {
        refuse(release::code::invalid,
               "from_release takes the content of that release, or none as it did: leave out "
               "reload_only");
    }
    if (request.from_release && !policy_of(request.batch_config).selector.is_empty()) {
        refuse(release::code::invalid,
               "batch_config: key 'selector' is refused beside from_release, which takes the nodes "
               "that are left of that release: leave it out");
    }
    if (request.not_before.empty()) return std::monostate{};
    const auto time = database_time(request.not_before);
    if (!time) refuse(release::code::invalid, "not_before " + time.error().message);
    return *time;
}

CreatedRelease try_to_create(Connection& connection, const NewRelease& request,
                             const release::wire::CallRules& gate_rules, const Value& not_before) {
    Transaction transaction(
        connection, request.is_dry_run ? Transaction::Kind::read : Transaction::Kind::write);
    if (!request.is_dry_run) {
        take_turn(connection);
        if (auto before = answered_before(connection, request)) return *before;
    }
    Decided decided = decide(connection, request, gate_rules);
    if (!request.is_dry_run) {
        insert_release(connection, request, not_before, decided);
        audit(connection, request, decided);
    }
    transaction.commit();
    return std::move(decided.created);
}

}  // namespace

CreatedRelease create_release(Connection& connection, const NewRelease& request,
                              const release::wire::CallRules& gate_rules) {
    const Value not_before = checked(request);
    for (int i = 1;; ++i) {
        try {
            return try_to_create(connection, request, gate_rules, not_before);
        } catch (const DbFailure& failure) {
            if (!failure.is_duplicate || i == tries) throw;
        }
    }
}

}  // namespace edgeroll::control
