// Which content a node's task carries, and the digests that name it.
#pragma once

#include <optional>
#include <string>

#include "release/model.hpp"

namespace edgeroll::release {

/// The content to read for a node.
struct WantedContent {
    Version version;
    std::string sha256;       ///< the content is sent only while it has this digest
    bool is_nothing = false;  ///< a plain reload: there is no content to read
};

/// @param of_row NodeRow::config_version, if the row names a content of its own
[[nodiscard]] WantedContent wanted_content(const Snapshot& seen, std::optional<Version> of_row);

/// The facts about the content that was read.
struct FoundContent {
    std::string sha256;        ///< content digest
    std::string plain_sha256;  ///< the digest by the rule that ignores templates
    bool is_repeated = false;  ///< another version has the same content
};

/// The digests that name the content to agents.
struct ContentNames {
    std::string sha256;        ///< sent as the digest; empty: none is sent
    std::string plain_sha256;  ///< sent with it, for agents that know only the older rule
    /// Task types other than apply_config: the digest to compare answers with; never sent.
    std::string compared_sha256;
    bool may_be_held = false;  ///< the node may already hold it: ask before sending it
};

/// A content of apply_config is named by its digest, and the node may hold it already: if a
/// rollback returns to it (`of_row`), or if another version has the same content.
[[nodiscard]] ContentNames names_of(TaskType type, const FoundContent& found,
                                    std::optional<Version> of_row);

}  // namespace edgeroll::release
