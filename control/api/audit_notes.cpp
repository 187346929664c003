#include "control/api/audit_notes.hpp"

#include <utility>

#include "control/api/ports/audit.hpp"
#include "tls/rt/log.hpp"

namespace edgeroll::control::api {
namespace {

constexpr release::Millis look_interval{1'000};
constexpr std::size_t noted_names_max = 20;

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < noted_names_max; ++i)
        text += (i == 0 ? "" : " ") + names[i];
    if (names.size() > noted_names_max) {
        text += " and " + std::to_string(names.size() - noted_names_max) + " more";
    }
    return text;
}

AuditNote note_of(const TokensRead& read) {
    AuditNote note;
    note.by.actor = "edgeroll";
    note.action = audit_action::tokens_loaded;
    note.numbers.emplace_back("tokens", static_cast<std::int64_t>(read.count));
    note.words.emplace_back("sha256", read.sha256);
    // Every process adds this note, also at its start: only a new digest is written.
    note.key_word = "sha256";
    const auto add = [&](const char* name, const std::vector<std::string>& names) {
        if (!names.empty()) note.words.emplace_back(name, listed(names));
    };
    add("added", read.added);
    add("removed", read.removed);
    add("changed", read.changed);
    return note;
}

AuditNote note_of(const RefusedLogin& login) {
    AuditNote note;
    note.by.actor = login.actor;
    note.by.remote = login.remote;
    note.action = audit_action::login_refused;
    note.words.emplace_back("reason", login.reason);
    if (login.remote.empty()) note.words.emplace_back("from", "further addresses");
    note.numbers.emplace_back("count", login.count);
    note.numbers.emplace_back("span_ms", (login.last - login.first).count());
    return note;
}

}  // namespace

awaitable<void> write_audit_notes(AuditNotes& notes, bool is_last) {
    const auto now = notes.clock.now();
    std::vector<TokensRead> reads = notes.authenticator.take_tokens_read();
    std::vector<RefusedLogin> logins;
    if (is_last || notes.refused.is_due(now)) logins = notes.refused.take(now);
    if (reads.empty() && logins.empty()) co_return;
    std::vector<AuditNote> rows;
    rows.reserve(reads.size() + logins.size());
    for (const TokensRead& read : reads)
        rows.push_back(note_of(read));
    for (const RefusedLogin& login : logins)
        rows.push_back(note_of(login));
    const auto written = co_await notes.store.note(std::move(rows));
    if (written) {
        notes.is_trouble_told = false;
        co_return;
    }
    notes.authenticator.give_back(std::move(reads));
    notes.refused.give_back(logins);
    if (notes.is_trouble_told) co_return;
    notes.is_trouble_told = true;
    rt::log(rt::LogLevel::warn, "audit_late", {{"error", written.error().message}});
}

awaitable<void> run_audit_notes(AuditNotes& notes) {
    while (true) {
        co_await write_audit_notes(notes);
        co_await notes.clock.sleep_until(notes.clock.now() + look_interval);
    }
}

}  // namespace edgeroll::control::api
