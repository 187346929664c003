#include "control/store/content_book.hpp"

#include "release/wire/content.hpp"
#include "release/wire/task_payload.hpp"

namespace edgeroll::control {
namespace {

constexpr std::size_t remembered_max = 256;

release::Result<std::string> digest_of(const std::string& text, release::TaskType type) {
    return release::wire::payload_digest(release::to_text(type), text);
}

/// A set of files for a type that gets none: its digest would only say that something is wrong.
/// Empty where it fits.
std::string why_misfit(const std::string& text, release::TaskType type) {
    using release::TaskType;
    if (type != TaskType::purge_cache && type != TaskType::run_job) return {};
    const auto kind = release::wire::read_content(text);
    if (!kind || !kind->is_files || kind->is_empty) return {};
    return std::string(" is a set of files, which only apply_config releases: ") +
           (type == TaskType::purge_cache
                ? "the payload of a purge_cache is an object of your own without 'files'"
                : "the payload of a run_job is a job or a flow of jobs");
}

std::string lower_case(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

}  // namespace

ContentReading ContentBook::read(Connection& connection, release::Version version,
                                 release::TaskType type) {
    ContentReading reading;
    const Rows known =
        connection.query("SELECT sha256 FROM config_versions WHERE version = ?", {version.value});
    if (known.empty()) return reading;
    reading.content.is_present = true;
    const std::string stored = lower_case(known[0].text(0));
    if (is_verified(version, stored)) {
        reading.content.sha256 = stored;
        return reading;
    }
    const Rows rows =
        connection.query("SELECT payload FROM config_versions WHERE version = ?", {version.value});
    if (rows.empty()) return ContentReading{};
    const std::string name = "the content of version " + std::to_string(version.value);
    if (const std::string misfit = why_misfit(rows[0].text(0), type); !misfit.empty()) {
        reading.problem = name + misfit;
        return reading;
    }
    const auto digest = digest_of(rows[0].text(0), type);
    if (!digest) {
        reading.problem = name + " cannot be used: " + digest.error().message;
        return reading;
    }
    if (digest->empty()) return ContentReading{};  // no content: agents reload what they have
    reading.content.sha256 = *digest;
    reading.lacks_digest = stored.empty();
    if (!reading.lacks_digest && stored != *digest) {
        reading.problem = name + " does not have the sha256 in its row: it is " + *digest;
        return reading;
    }
    remember(version, *digest);
    return reading;
}

bool ContentBook::is_verified(release::Version version, const std::string& digest) {
    const std::lock_guard lock(mutex_);
    const auto found = verified_.find(version.value);
    return found != verified_.end() && !digest.empty() && found->second == digest;
}

void ContentBook::remember(release::Version version, const std::string& digest) {
    const std::lock_guard lock(mutex_);
    if (verified_.size() >= remembered_max) verified_.clear();
    verified_[version.value] = digest;
}

void ContentBook::fill_in(Connection& connection, release::Version version,
                          const std::string& digest) {
    Transaction transaction(connection, Transaction::Kind::write);
    connection.execute(
        "UPDATE config_versions SET sha256 = ? WHERE version = ? AND COALESCE(sha256, '') = ''",
        {digest, version.value});
    transaction.commit();
}

std::optional<Store::Payload> ContentBook::payload(Connection& connection, release::Version version,
                                                   release::TaskType type) {
    const Rows rows = connection.query(
        "SELECT payload, sha256 FROM config_versions WHERE version = ?", {version.value});
    if (rows.empty()) return std::nullopt;
    Store::Payload payload;
    payload.text = rows[0].text(0);
    const std::string stored = lower_case(rows[0].text(1));
    payload.sha256 = is_verified(version, stored)
                         ? stored
                         : digest_of(payload.text, type).value_or(std::string());
    payload.is_repeated =
        !connection
             .query("SELECT 1 FROM config_versions WHERE sha256 = ? AND version <> ? LIMIT 1",
                    {payload.sha256, version.value})
             .empty();
    return payload;
}

}  // namespace edgeroll::control
