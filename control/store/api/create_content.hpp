// The content of a release that is to be made.
#pragma once

#include <optional>
#include <string>

#include "control/api/ports/creation.hpp"
#include "control/store/api/create_source.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

struct CreateContent {
    std::string sha256;          ///< empty: there is none, agents reload what they have
    std::string older_sha256{};  ///< by the rule that does not see templates
    std::optional<release::Version> copied_from;  ///< whose content the new version gets
    bool has_secrets = false;                     ///< a file of it is secret
};

/// Of the request's explicit version or of the release it goes on from. Refusals are thrown: 2002
/// for a content that does not fit the type, 3001 for one that is missing, 3002 for a version that
/// has one already and would be given another, 3003 for a banned one.
[[nodiscard]] CreateContent choose_content(Connection& connection, const NewRelease& request,
                                           release::TaskType type,
                                           const std::optional<CreateSource>& source);

/// Inside the transaction that makes the release: the copy, if there is to be one.
void copy_content(Connection& connection, const CreateContent& content, release::Version version,
                  const std::string& created_by);

}  // namespace edgeroll::control
