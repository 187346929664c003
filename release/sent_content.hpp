// Which content a node's task brings, and by which digests it is known.
#pragma once

#include <optional>
#include <string>

#include "release/model.hpp"

namespace edgeroll::release {

/// Which content is read for a node.
struct WantedContent {
    Version version;
    std::string sha256;       ///< the content is sent only while it still has this digest
    bool is_nothing = false;  ///< a mere reload: there is no content to read
};

/// @param of_row NodeRow::config_version, where the row names a content of its own
[[nodiscard]] WantedContent wanted_content(const Snapshot& seen, std::optional<Version> of_row);

/// What is known of the content that was read.
struct FoundContent {
    std::string sha256;        ///< content digest
    std::string plain_sha256;  ///< the same by the rule that sees no templates
    bool is_repeated = false;  ///< another version has the same content
};

/// How the content is named to agents.
struct ContentNames {
    std::string sha256;        ///< sent as the digest; empty: none is sent
    std::string plain_sha256;  ///< sent beside it, for agents that know no other rule
    /// Of types other than apply_config: what answers are compared with, and never sent.
    std::string compared_sha256;
    bool may_be_held = false;  ///< the node may hold it already: worth asking before it is sent
};

/// Contents of apply_config are named by their digest, and may be on the node from before: where a
/// rollback goes back to them (`of_row`), or where another version has the same.
[[nodiscard]] ContentNames names_of(TaskType type, const FoundContent& found,
                                    std::optional<Version> of_row);

}  // namespace edgeroll::release
