#include "control/store/engine/callback_queries.hpp"

#include <algorithm>
#include <utility>

#include "control/store/rows/column_text.hpp"
#include "control/store/rows/columns.hpp"
#include "control/store/rows/history.hpp"
#include "release/wire/json_util.hpp"
#include "release/words.hpp"

namespace edgeroll::control {
namespace {

using release::wire::Json;

/// 2 s, 4 s, 8 s, ... up to ten minutes: about an hour in all.
constexpr int tries_max = 15;
constexpr release::Millis pause_first{2'000};
constexpr release::Millis pause_max{600'000};

release::Millis pause_after(std::int64_t tries) {
    release::Millis pause = pause_first;
    for (std::int64_t i = 1; i < tries && pause < pause_max; ++i)
        pause *= 2;
    return std::min(pause, pause_max);
}

/// A release whose end is to be reported.
struct EndedRelease {
    std::int64_t id = 0, tries = 0, version = 0;
    std::int64_t total_nodes = 0, success_nodes = 0, failed_nodes = 0;
    std::string url, type, status, last_error, reason, created_by, finished_at;
};

Columns<EndedRelease> ended_columns(const Dialect& dialect) {
    return {
        {"id", into<&EndedRelease::id>},
        {"callback_url", into<&EndedRelease::url>},
        {"callback_tries", into<&EndedRelease::tries>},
        {"type", into<&EndedRelease::type>},
        {"version", into<&EndedRelease::version>},
        {"status", into<&EndedRelease::status>},
        {"total_nodes", into<&EndedRelease::total_nodes>},
        {"success_nodes", into<&EndedRelease::success_nodes>},
        {"failed_nodes", into<&EndedRelease::failed_nodes>},
        {"last_error", into<&EndedRelease::last_error>},
        {"reason", into<&EndedRelease::reason>},
        {"created_by", into<&EndedRelease::created_by>},
        {dialect.rfc3339("finished_at"), into<&EndedRelease::finished_at>},
    };
}

std::string body_of(const EndedRelease& ended) {
    Json body = Json::object();
    body["event"] = "release.finished";
    body["releaseId"] = ended.id;
    body["type"] = ended.type;
    body["version"] = ended.version;
    body["status"] = ended.status;
    body["totalNodes"] = ended.total_nodes;
    body["successNodes"] = ended.success_nodes;
    body["failedNodes"] = ended.failed_nodes;
    body["lastError"] = ended.last_error;
    body["reason"] = ended.reason;
    body["createdBy"] = ended.created_by;
    body["finishedAt"] = ended.finished_at;
    return release::wire::dump_json(body);
}

std::vector<Callback> take_due(Connection& connection, int limit) {
    const Dialect& dialect = connection.dialect();
    const std::string is_due =
        "callback_state = 'due' AND (callback_at IS NULL OR callback_at <= " + dialect.now() + ")";
    const std::vector<EndedRelease> rows = select_rows(
        connection, ended_columns(dialect),
        "FROM release_tasks WHERE " + is_due + " ORDER BY id LIMIT " + std::to_string(limit));
    std::vector<Callback> calls;
    for (const EndedRelease& ended : rows) {
        const std::int64_t tries = ended.tries + 1;
        Transaction transaction(connection, Transaction::Kind::write);
        const std::int64_t taken = connection.execute(
            "UPDATE release_tasks SET callback_tries = callback_tries + 1, callback_at = " +
                dialect.now_plus(pause_after(tries)) +
                ", write_seq = write_seq + 1, updated_at = updated_at WHERE id = ? AND "
                "callback_tries = ? AND " +
                is_due,
            {ended.id, ended.tries});
        transaction.commit();
        if (taken != 1) continue;  // another process was faster
        Callback call;
        call.release = release::ReleaseId{ended.id};
        call.url = ended.url;
        call.body = body_of(ended);
        // A retried release ends again: its new end is reported too.
        call.ended_at = ended.finished_at;
        call.key = "release-" + std::to_string(call.release.value) + "-" + call.ended_at;
        call.tries = static_cast<int>(tries);
        call.is_last = tries >= tries_max;
        calls.push_back(std::move(call));
    }
    return calls;
}

constexpr release::Words<CallbackOutcome> callback_words({
    {CallbackOutcome::done, "done"},
    {CallbackOutcome::failed, "failed"},
    {CallbackOutcome::given_up, "given_up"},
    {CallbackOutcome::refused, "refused"},
});

void write_down(Connection& connection, const std::string& actor, const Callback& call,
                CallbackOutcome outcome, const std::string& answer) {
    Transaction transaction(connection, Transaction::Kind::write);
    const std::string word{callback_words.text(outcome)};
    // Older processes do not know a separate state.
    const std::string state = outcome == CallbackOutcome::failed    ? "due"
                              : outcome == CallbackOutcome::refused ? "given_up"
                                                                    : word;
    const std::int64_t settled = connection.execute(
        "UPDATE release_tasks SET callback_state = ?, write_seq = write_seq + 1, "
        "updated_at = updated_at WHERE id = ? AND callback_state = 'due' AND callback_tries > 0 "
        "AND " +
            connection.dialect().rfc3339("finished_at") + " = ?",
        {state, call.release.value, call.ended_at});
    // Retried in the meantime, perhaps ended again: the next end is reported.
    if (settled != 1) return;
    release::HistoryRow row;
    row.kind = "callback_" + word;
    row.detail.emplace_back("answer", fitted(answer));
    add_history(connection, call.release, actor, {row});
    transaction.commit();
}

class CallbackDatabase final : public CallbackStore {
  public:
    CallbackDatabase(DbThreads& threads, std::string actor)
        : threads_(threads), actor_(std::move(actor)) {}

    awaitable<release::Result<std::vector<Callback>>> due(int limit) override {
        auto work = [limit](Connection& connection) { return take_due(connection, limit); };
        return threads_.run(Access::write, std::move(work), Urgency::normal);
    }
    awaitable<release::Result<void>> settle(Callback call, CallbackOutcome outcome,
                                            std::string answer) override {
        auto work = [call = std::move(call), outcome, answer = std::move(answer),
                     actor = actor_](Connection& connection) {
            write_down(connection, actor, call, outcome, answer);
        };
        return threads_.run(Access::write, std::move(work), Urgency::normal);
    }

  private:
    DbThreads& threads_;
    std::string actor_;
};

}  // namespace

std::unique_ptr<CallbackStore> make_callback_store(DbThreads& threads, std::string actor) {
    return std::make_unique<CallbackDatabase>(threads, std::move(actor));
}

}  // namespace edgeroll::control
