// Nodes and contents as the API shows and accepts them.
#pragma once

#include <optional>
#include <string>

#include "control/api/ports/asker.hpp"
#include "control/secrets/shown_payload.hpp"
#include "release/fleet/drift.hpp"
#include "release/ids.hpp"
#include "release/model.hpp"

namespace edgeroll::control {

struct ConfigView {
    release::Version version;
    std::string payload, sha256, note, created_by, created_at;
    /// The result of storing it.
    enum class Outcome { stored, unchanged, replaced };
    Outcome outcome = Outcome::stored;
    Asker by{};  ///< the caller, for the audit log
};

/// A content in a form for display. Secrets are shown by path, length and digest.
struct ShownConfig {
    ConfigView head;  ///< without the payload
    ShownPayload content;
};

struct NodeView {
    release::NodeId id;
    std::string name, main_ip, status, cert_fingerprint;
    int agent_port = 8443;
    bool is_enabled = true;
    release::Labels labels;
    std::optional<release::Version> applied_version;
    std::string applied_sha256, last_seen_at, created_at, updated_at;
    std::optional<std::string> evidence{};  ///< of the last success, as in ReleaseNodeView
    /// The wanted content, by the newest release that succeeded with it (docs/api.md).
    std::optional<release::Version> wanted_version;
    std::string wanted_sha256;
    release::DriftKind drift = release::DriftKind::none;
    release::Observation observed{};
    /// Since when heartbeats got no answer; empty: `status` is not theirs.
    std::string offline_since{};
};

/// Absent fields stay unchanged (PATCH) or take their defaults (POST).
struct NodeChangeRequest {
    std::optional<std::string> name, main_ip, status, cert_fingerprint;
    std::optional<int> agent_port;
    std::optional<bool> is_enabled;
    std::optional<release::Labels> labels;
    Asker by{};  ///< for the audit log
};

}  // namespace edgeroll::control
