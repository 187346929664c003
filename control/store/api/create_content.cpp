#include "control/store/api/create_content.hpp"

#include "control/secrets/sealed_payload.hpp"
#include "control/store/rows/bans.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/naming.hpp"
#include "release/wire/content.hpp"

namespace edgeroll::control {
namespace {

using release::TaskType;
using release::Version;

/// The digests of a version's content; nothing when the version has none.
std::optional<CreateContent> content_of(Connection& connection, const NewRelease& request,
                                        Version version, TaskType type) {
    const Rows rows =
        connection.query("SELECT payload FROM config_versions WHERE version = ?", {version.value});
    if (rows.empty()) return std::nullopt;
    const std::string name = "the content of " + name_of(version);
    const auto kind = release::wire::read_stored_content(rows[0].text(0));
    if (!kind) {
        refuse(release::code::invalid, name + " cannot be used: " + kind.error().message);
    }
    if (!kind->loose.empty()) {
        refuse(release::code::invalid, name + " cannot be used: " + kind->loose);
    }
    if (kind->has_secrets) {
        const auto why = why_not_sent(rows[0].text(0), request.secret_keys.get());
        if (!why.empty()) refuse(release::code::invalid, name + " cannot be used: " + why);
    }
    if (type == TaskType::reload) {
        refuse(release::code::invalid, "a reload has no content, but " + name_of(version) +
                                           " has: leave out version, or release it with its type");
    }
    if (kind->is_files != (type == TaskType::apply_config)) {
        refuse(release::code::invalid,
               name + (kind->is_files ? " is a set of files: only apply_config releases those"
                                      : " is no set of files: apply_config needs one"));
    }
    return CreateContent{kind->sha256, kind->plain_sha256, std::nullopt, kind->has_secrets};
}

void refuse_banned(Connection& connection, Version version, const CreateContent& content) {
    const auto ban = find_ban(connection, {content.sha256, content.older_sha256});
    if (!ban) return;
    const std::string& reason = ban->reason;
    refuse(release::code::wrong_state, "the content of " + name_of(version) + " is banned" +
                                           (reason.empty() ? "" : " (" + reason + ")") +
                                           ": release another, set force, or lift the ban with "
                                           "edgeroll ban remove " +
                                           fitted(ban->sha256, word_bytes_max));
}

CreateContent content_of_version(Connection& connection, const NewRelease& request, TaskType type) {
    const Version version = *request.version;
    // The source row is locked until the release exists: a content that is not in use may be
    // replaced.
    if (!request.is_dry_run) {
        connection.execute("UPDATE config_versions SET created_at = created_at WHERE version = ?",
                           {version.value});
    }
    auto content = content_of(connection, request, version, type);
    if (request.is_reload_only && content) {
        refuse(release::code::invalid, name_of(version) + " has content: leave out reload_only");
    }
    if (content) return std::move(*content);
    if (type == TaskType::reload || request.is_reload_only) return {};
    refuse(release::code::not_found,
           name_of(version) + " has no content: PUT it to /api/v1/configs first" +
               (type == TaskType::apply_config ? ", or set reload_only" : ""));
}

CreateContent content_of_source(Connection& connection, const NewRelease& request,
                                const CreateSource& source) {
    if (request.version) {
        const Rows there = connection.query("SELECT 1 FROM config_versions WHERE version = ?",
                                            {request.version->value});
        if (!there.empty()) {
            refuse(release::code::exists,
                   name_of(*request.version) +
                       " has content already: leave out version, or give one without content");
        }
    }
    if (source.content_sha256 == release::reload_only_mark) return {};
    auto content = content_of(connection, request, source.version, source.type);
    const std::string& started_with = source.content_sha256;
    if (content && (started_with.empty() || started_with == content->sha256 ||
                    started_with == content->older_sha256)) {
        content->copied_from = source.version;
        return std::move(*content);
    }
    if (source.content_sha256.empty()) {
        // The source was never started, so reload-only is not decided yet.
        if (!needs_content(source.type)) return {};
    }
    refuse(release::code::wrong_state, "the content of " + name_of(source.version) +
                                           (content ? " was changed" : " was deleted") +
                                           " since: it cannot be released again");
}

}  // namespace

CreateContent choose_content(Connection& connection, const NewRelease& request, TaskType type,
                             const std::optional<CreateSource>& source) {
    CreateContent content;
    if (source) {
        content = content_of_source(connection, request, *source);
    } else if (request.version) {
        content = content_of_version(connection, request, type);
    } else if (needs_content(type)) {
        refuse(release::code::invalid, "type " + std::string(to_text(type)) +
                                           " needs a version, whose content says what to do");
    }
    if (!content.sha256.empty() && !request.is_forced) {
        refuse_banned(connection, content.copied_from ? *content.copied_from : *request.version,
                      content);
    }
    return content;
}

void copy_content(Connection& connection, const CreateContent& content, Version version,
                  const std::string& created_by) {
    if (!content.copied_from) return;
    connection.execute(
        "INSERT INTO config_versions (version, payload, sha256, note, created_by) SELECT ?, "
        "payload, ?, ?, ? FROM config_versions WHERE version = ?",
        {version.value, content.sha256, "the content of " + name_of(*content.copied_from),
         null_if_empty(fitted(created_by, word_bytes_max)), content.copied_from->value});
}

}  // namespace edgeroll::control
