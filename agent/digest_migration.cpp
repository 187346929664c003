#include "agent/digest_migration.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "agent/kept_contents.hpp"
#include "agent/layout.hpp"
#include "release/wire/payload.hpp"
#include "release/wire/task_payload.hpp"

namespace edgeroll::agent {
namespace {

using release::Version;
using release::wire::PayloadDigests;

constexpr std::int64_t rule_that_sees_templates = 2;

/// By version and old digest: two versions may have the same text, one of them as a template.
using Recounted = std::map<std::pair<Version, std::string>, std::string>;

/// Nothing: absent, or damaged, which the later use will report.
std::optional<PayloadDigests> digests_in(Files& files, const std::string& path) {
    const auto text = files.read_file(path, release::wire::dispatch_bytes_max);
    if (!text || !*text) return std::nullopt;
    auto digests = release::wire::payload_digests(release::TaskType::apply_config, **text);
    if (!digests || digests->content == digests->plain) return std::nullopt;
    return std::move(*digests);
}

Result<void> recount_contents(Files& files, Recounted& recounted) {
    const auto contents = kept_contents(files);
    if (!contents) return tl::unexpected(contents.error());
    for (const KeptContent& kept : *contents) {
        const auto digests = digests_in(files, kept.path);
        if (!digests || !digests->fit(kept.sha256)) continue;
        recounted[{kept.version, digests->plain}] = digests->content;
        if (kept.sha256 == digests->content) continue;
        auto done = files.rename(kept.path, content_path(kept.version, digests->content));
        if (!done) return done;
    }
    return {};
}

void recount_waiting(Files& files, const apply::Book& book, Recounted& recounted) {
    for (const auto& [id, entry] : book.ledger.tasks) {
        const std::string& file = book.details.at(id).payload_file;
        if (entry.sha256.empty() || file.empty()) continue;
        const auto digests = digests_in(files, layout::task_file(file));
        if (digests) recounted[{entry.version, digests->plain}] = digests->content;
    }
}

}  // namespace

Result<void> migrate_digests(Files& files, apply::Book& book) {
    if (book.ledger.digest_rule >= rule_that_sees_templates) return {};
    Recounted recounted;
    if (auto done = recount_contents(files, recounted); !done) return done;
    recount_waiting(files, book, recounted);
    const auto change = [&](Version version, std::string& sha256) {
        const auto found = recounted.find({version, sha256});
        if (found != recounted.end()) sha256 = found->second;
    };
    for (auto& [id, entry] : book.ledger.tasks)
        change(entry.version, entry.sha256);
    if (book.ledger.applied_version) {
        change(*book.ledger.applied_version, book.ledger.applied_sha256);
    }
    book.ledger.digest_rule = rule_that_sees_templates;
    return {};
}

}  // namespace edgeroll::agent
