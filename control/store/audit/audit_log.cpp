#include "control/store/audit/audit_log.hpp"

#include <optional>
#include <utility>

#include "control/store/audit/audit_head.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/columns.hpp"

namespace edgeroll::control {
namespace {

constexpr std::size_t remote_bytes_max = 64, action_bytes_max = 64, free_text_bytes_max = 2048;

struct Tail {
    AuditHead head;
    std::string now;
};

/// The end of the chain, locked until the caller's transaction ends.
std::optional<Tail> lock_tail(Connection& connection) {
    const Dialect& dialect = connection.dialect();
    try {
        const Columns<Tail> columns{
            {"value", into<&Tail::head, &AuditHead::count>},
            {"digest",
             [](Tail& tail, const Field& field) {
                 if (!field.is_null()) tail.head.hash = field.text();
             }},
            {dialect.time_text(dialect.now()), into<&Tail::now>},
        };
        return select_row(connection, columns,
                          std::string("FROM counters WHERE name = 'audit'") + dialect.for_update());
    } catch (DbFailure& failure) {
        if (failure.is_locked) {
            failure.set_message("the end of the audit log is locked by another session");
        }
        throw;
    }
}

std::string missing_key() {
    return "the audit log of this database is signed with a key, and this edgeroll-control has "
           "none: set AUDIT_KEY_FILE as the others have it";
}

void write(Connection& connection, const Asker& by, const AuditDeed& deed, const Tail& tail) {
    AuditRow row;
    row.id = tail.head.count + 1;
    row.at = tail.now;
    row.actor = fitted(by.actor, word_bytes_max);
    row.remote = fitted(by.remote, remote_bytes_max);
    row.action = fitted(deed.action, action_bytes_max);
    row.object = fitted(deed.object, word_bytes_max);
    row.detail = release::wire::dump_json(deed.detail);
    row.prev_hash = tail.head.hash;
    row.hash = audit_hash(row, by.keys.get());
    const auto contradiction = [&] {
        // Not reported as a duplicate: callers would take it for a duplicate of one of their own
        // rows.
        return DbFailure("the audit log contradicts its count (row " + std::to_string(row.id) +
                             "), so nothing is done: look at edgeroll-control audit verify, and "
                             "in the run book, under Audit log, for how it goes on",
                         release::Outcome::permanent);
    };
    try {
        connection.execute(
            "INSERT INTO audit_log (id, at, actor, remote, action, object, detail, prev_hash, "
            "hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            {row.id, row.at, row.actor, row.remote, row.action, row.object, row.detail,
             row.prev_hash, row.hash});
    } catch (const DbFailure& failure) {
        if (failure.is_duplicate) throw contradiction();
        throw;
    }
    const std::int64_t moved = connection.execute(
        "UPDATE counters SET value = ?, digest = ? WHERE name = 'audit' AND value = ?",
        {row.id, row.hash, tail.head.count});
    if (moved != 1) throw contradiction();
}

Tail tail_after(const Tail& tail, Connection& connection) {
    auto next = lock_tail(connection);
    return next.value_or(tail);
}

/// `counters` was emptied. The chain continues after the rows that are left and records that. Only
/// a head kept elsewhere can show whether rows were removed too.
Tail resume(Connection& connection, const Asker& by) {
    const Rows last = connection.query("SELECT id, hash FROM audit_log ORDER BY id DESC LIMIT 1");
    const AuditHead head = last.empty() ? AuditHead{} : audit_head_of(last[0]);
    const std::int64_t made =
        connection.execute(connection.dialect().insert_ignore() +
                               "counters (name, value, digest) VALUES ('audit', ?, ?)",
                           {head.count, head.hash});
    auto tail = lock_tail(connection);
    if (!tail) {
        throw DbFailure("the row 'audit' of the table counters cannot be made",
                        release::Outcome::permanent);
    }
    if (made != 1) return *tail;
    AuditDeed deed;
    deed.action = audit_action::resumed;
    deed.detail["rows"] = head.count;
    write(connection, Asker{own_name, {}, by.keys}, deed, *tail);
    return tail_after(*tail, connection);
}

}  // namespace

std::string audit_text(const std::string& text) {
    return fitted(text, free_text_bytes_max);
}

void append_audit(Connection& connection, const Asker& by, const AuditDeed& deed) {
    auto tail = lock_tail(connection);
    if (!tail) tail = resume(connection, by);
    if (!by.keys && !key_id_of(tail->head.hash).empty()) {
        refuse(release::code::busy, missing_key());
    }
    write(connection, by, deed, *tail);
}

std::string audit_complaint(Connection& connection, const AuditKeys* keys) {
    const bool has_key = !key_id_of(read_audit_head(connection).value_or(AuditHead{}).hash).empty();
    return has_key && keys == nullptr ? missing_key() : std::string();
}

std::string open_audit(Connection& connection, const std::shared_ptr<const AuditKeys>& keys) {
    const AuditHead head = read_audit_head(connection).value_or(AuditHead{});
    if (!keys) return audit_complaint(connection, nullptr);
    if (key_id_of(head.hash) == keys->own_id()) return {};
    Transaction transaction(connection, Transaction::Kind::write);
    AuditDeed deed;
    deed.action = audit_action::key;
    deed.detail["key"] = keys->own_id();
    append_audit(connection, Asker{own_name, {}, keys}, deed);
    transaction.commit();
    return {};
}

void prune_audit(Connection& connection, const Asker& by, std::int64_t last_id) {
    Transaction transaction(connection, Transaction::Kind::write);
    const Rows last = connection.query("SELECT hash FROM audit_log WHERE id = ?", {last_id});
    if (last.empty()) return;
    AuditDeed deed;
    deed.action = audit_action::anchor;
    deed.detail["rows"] = last_id;
    deed.detail["hash"] = last[0].text(0);
    append_audit(connection, by, deed);
    connection.execute("DELETE FROM audit_log WHERE id <= ?", {last_id});
    transaction.commit();
}

}  // namespace edgeroll::control
