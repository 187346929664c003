#include "control/store/engine/content_book.hpp"

#include <utility>

#include "control/secrets/sealed_payload.hpp"
#include "release/crypto/sha256.hpp"
#include "release/text/digits.hpp"
#include "release/wire/content.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/task_payload.hpp"

namespace edgeroll::control {
namespace {

constexpr std::size_t remembered_max = 256;

using release::lower_hex;

release::Result<release::wire::PayloadDigests> digests_of(const std::string& text,
                                                          release::TaskType type) {
    return release::wire::stored_payload_digests(type, text);
}

const char* wanted_of(release::TaskType type) {
    using release::TaskType;
    switch (type) {
        case TaskType::purge_cache:
            return "the payload of a purge_cache is an object of your own without 'files'";
        case TaskType::run_job:
            return "the payload of a run_job is a job or a flow of jobs";
        case TaskType::apply_config:
        case TaskType::reload:
            break;
    }
    return "";
}

/// A set of files for a type that takes none: its digest alone would not explain the error. Empty
/// where it fits.
std::string why_misfit(const std::string& text, release::TaskType type) {
    if (!needs_content(type)) return {};
    const auto kind = release::wire::read_stored_content(text);
    if (!kind || !kind->is_files || kind->is_empty) return {};
    return std::string(" is a set of files, which only apply_config releases: ") + wanted_of(type);
}

/// Why this process cannot send the content's secrets; empty: it can.
std::string why_unusable(const std::string& text, const SecretKeys* keys) {
    const std::string why = why_not_sent(text, keys);
    return why.empty() ? why : " cannot be used: " + why;
}

void write_sealed(Connection& connection, release::Version version, const std::string& text,
                  const std::string& sealed) {
    connection.execute("UPDATE config_versions SET payload = ? WHERE version = ? AND payload = ?",
                       {sealed, version.value, text});
}

}  // namespace

std::shared_ptr<const SecretKeys> ContentBook::keys() const {
    return secrets_ ? secrets_->keys() : nullptr;
}

ContentReading ContentBook::read(Connection& connection, release::Version version,
                                 release::TaskType type) {
    ContentReading reading;
    const Rows known = connection.query(
        "SELECT sha256, used_at IS NULL FROM config_versions WHERE version = ?", {version.value});
    if (known.empty()) return reading;
    const std::string stored = lower_hex(known[0].text(0));
    FirstUse& use = reading.first_use;
    use.version = version;
    use.is_unmarked = known[0].integer_or(1, 0) != 0;
    reading.content.is_present = true;
    if (const auto before = verified(version); before && before->sha256 == stored) {
        reading.content.sha256 = use.sha256 = before->sha256;
        reading.older_sha256 = use.older_sha256 = before->older_sha256;
        reading.loose = before->loose;
        return reading;
    }
    const Rows rows =
        connection.query("SELECT payload FROM config_versions WHERE version = ?", {version.value});
    if (rows.empty()) return ContentReading{};
    std::string text = rows[0].text(0);
    const std::string name = "the content of version " + std::to_string(version.value);
    if (const std::string misfit = why_misfit(text, type); !misfit.empty()) {
        reading.problem = name + misfit;
        return reading;
    }
    const auto digests = digests_of(text, type);
    if (!digests) {
        reading.problem = name + " cannot be used: " + digests.error().message;
        return reading;
    }
    if (digests->is_empty()) return ContentReading{};  // agents reload their content
    reading.content.sha256 = use.sha256 = digests->content;
    reading.older_sha256 = use.older_sha256 = digests->plain;
    reading.loose = digests->loose;
    if (!stored.empty() && !digests->fit(stored)) {
        reading.problem = name + " does not have the sha256 in its row: it is " + digests->content;
        return reading;
    }
    const auto secrets = digests->has_secrets ? keys() : nullptr;
    if (digests->has_secrets) {
        if (std::string why = why_unusable(text, secrets.get()); !why.empty()) {
            reading.problem = name + why;
            reading.is_closed = true;
            return reading;
        }
    }
    use.is_renamed = !stored.empty() && stored != digests->content;
    Verified now{digests->content, digests->plain, release::sha256_hex(text), digests->loose,
                 digests->has_secrets};
    if (digests->has_open_secrets) {
        use.sealed_text = std::make_shared<const std::string>(seal_secrets(text, *secrets).value());
        now.text_sha256 = release::sha256_hex(*use.sealed_text);
    }
    remember(version, std::move(now));
    if (stored.empty() || use.sealed_text) {
        use.text = std::make_shared<const std::string>(std::move(text));
    }
    return reading;
}

std::optional<ContentBook::Verified> ContentBook::verified(release::Version version) {
    const std::lock_guard lock(mutex_);
    const auto found = verified_.find(version.value);
    if (found == verified_.end()) return std::nullopt;
    return found->second;
}

void ContentBook::remember(release::Version version, Verified what) {
    const std::lock_guard lock(mutex_);
    if (verified_.size() >= remembered_max) verified_.clear();
    verified_[version.value] = std::move(what);
}

std::optional<Store::Payload> ContentBook::payload(Connection& connection, release::Version version,
                                                   release::TaskType type) {
    const Rows rows =
        connection.query("SELECT payload FROM config_versions WHERE version = ?", {version.value});
    if (rows.empty()) return std::nullopt;
    Store::Payload payload;
    payload.text = rows[0].text(0);
    // Hashing is quick, parsing JSON is slow.
    const auto before = verified(version);
    bool is_open = false;
    if (before && before->text_sha256 == release::sha256_hex(payload.text)) {
        payload.sha256 = before->sha256;
        payload.plain_sha256 = before->older_sha256;
        payload.has_secrets = before->has_secrets;
    } else if (const auto digests = digests_of(payload.text, type)) {
        payload.sha256 = digests->content;
        payload.plain_sha256 = digests->plain;
        payload.has_secrets = digests->has_secrets;
        is_open = digests->has_open_secrets;
    }
    if (payload.has_secrets) open(connection, version, payload, is_open);
    payload.is_repeated =
        !connection
             .query("SELECT 1 FROM config_versions WHERE sha256 = ? AND version <> ? LIMIT 1",
                    {payload.sha256, version.value})
             .empty();
    return payload;
}

void ContentBook::open(Connection& connection, release::Version version, Store::Payload& payload,
                       bool is_open) {
    const auto keys_now = keys();
    const std::string name = "the content of version " + std::to_string(version.value);
    if (std::string why = why_unusable(payload.text, keys_now.get()); !why.empty()) {
        payload = Store::Payload{};
        payload.problem = name + why;
        return;
    }
    if (is_open) {
        write_sealed(connection, version, payload.text,
                     seal_secrets(payload.text, *keys_now).value());
    }
    payload.text = open_secrets(payload.text, keys_now.get()).value();
}

void write_first_use(Connection& connection, const FirstUse& use) {
    const std::int64_t version = use.version.value;
    Transaction transaction(connection, Transaction::Kind::write);
    if (use.is_renamed) {
        // Locks releases before nodes before contents, as everywhere.
        connection.execute(
            "UPDATE release_tasks SET content_sha256 = ?, write_seq = write_seq + 1, updated_at = "
            "updated_at WHERE version = ? AND LOWER(content_sha256) = ?",
            {use.sha256, version, use.older_sha256});
        connection.execute(
            "UPDATE nodes SET applied_sha256 = ? WHERE COALESCE(applied_config_version, "
            "applied_version) = ? AND LOWER(applied_sha256) = ?",
            {use.sha256, version, use.older_sha256});
        connection.execute(
            "UPDATE config_versions SET sha256 = ? WHERE version = ? AND LOWER(sha256) = ?",
            {use.sha256, version, use.older_sha256});
    }
    if (use.sealed_text) write_sealed(connection, use.version, *use.text, *use.sealed_text);
    if (use.text) {
        connection.execute(
            "UPDATE config_versions SET sha256 = ? WHERE version = ? AND COALESCE(sha256, '') = '' "
            "AND payload = ?",
            {use.sha256, version, use.sealed_text ? *use.sealed_text : *use.text});
    }
    if (use.is_unmarked) {
        connection.execute("UPDATE config_versions SET used_at = " + connection.dialect().now() +
                               " WHERE version = ? AND used_at IS NULL",
                           {version});
    }
    transaction.commit();
}

}  // namespace edgeroll::control
