// What keeps a finished release from being taken up again.
#pragma once

#include <optional>
#include <string>

#include "control/store/db/connection.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

struct Overtaking {
    release::ReleaseId release;
    release::Version version;
};

/// The lowest unfinished release of a later version that shares a node with the release and would
/// run before it. A rollback goes before what has not begun (rows/blockers.hpp), also when it is
/// tried again.
[[nodiscard]] std::optional<Overtaking> find_overtaking(Connection& connection,
                                                        release::ReleaseId id,
                                                        release::Version version);

/// Another unfinished release that shares a node with the release, and would run before it.
[[nodiscard]] std::optional<release::ReleaseId> find_earlier(Connection& connection,
                                                             release::ReleaseId id,
                                                             release::Version version);

/// Whether a content of the release is banned: that of its version, that of its start, or one that
/// its rows name. @param content_sha256 the release's column
[[nodiscard]] bool is_content_banned(Connection& connection, release::ReleaseId id,
                                     release::Version version, const std::string& content_sha256);

/// An unfinished release, other than `id`, in which the node is pending or running.
[[nodiscard]] std::optional<release::ReleaseId> find_holder(Connection& connection,
                                                            release::NodeId node,
                                                            release::ReleaseId id);

}  // namespace edgeroll::control
