// The content of a new release.
#pragma once

#include <optional>
#include <string>

#include "control/api/ports/creation.hpp"
#include "control/store/api/create_source.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

struct CreateContent {
    std::string sha256;                           ///< empty: no content, agents reload theirs
    std::string older_sha256{};                   ///< by the rule without templates
    std::optional<release::Version> copied_from;  ///< version whose content is copied
    bool has_secrets = false;                     ///< at least one file is secret
};

/// Takes the content of the request's explicit version or of its from_release. Throws Refused: 2002
/// for a content that does not fit the type, 3001 for a missing content, 3002 for a version that
/// already has another content, 3003 for a banned content.
[[nodiscard]] CreateContent choose_content(Connection& connection, const NewRelease& request,
                                           release::TaskType type,
                                           const std::optional<CreateSource>& source);

/// Copies the content if the choice asks for a copy. Inside the transaction that creates the
/// release.
void copy_content(Connection& connection, const CreateContent& content, release::Version version,
                  const std::string& created_by);

}  // namespace edgeroll::control
