// The audit log as the API shows it and adds to it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "control/api/ports/asker.hpp"

namespace edgeroll::control {

/// Actions that other code recognizes rows by.
namespace audit_action {
inline constexpr const char* anchor = "audit.anchor";
inline constexpr const char* key = "audit.key";
inline constexpr const char* resumed = "audit.resumed";
inline constexpr const char* login_refused = "login.refused";
inline constexpr const char* tokens_loaded = "tokens.loaded";
}  // namespace audit_action

/// An audited event that is not part of a database change.
struct AuditNote {
    Asker by;
    std::string action;
    std::vector<std::pair<std::string, std::string>> words;  ///< fields of the detail
    std::vector<std::pair<std::string, std::int64_t>> numbers;
    /// The note is skipped while the last row of this action has the same value for this field of
    /// the detail; empty: always written.
    std::string key_word;
};

struct AuditFilter {
    std::string actor, action, object;  ///< empty: any
    std::string since;                  ///< RFC 3339 or empty
    int page = 1, page_size = 20;
};

struct AuditView {
    std::int64_t id = 0;
    std::string at;  ///< RFC 3339
    std::string actor, remote, action, object, detail, prev_hash, hash;
};

struct AuditPage {
    std::vector<AuditView> items;  ///< newest first
    std::int64_t total = 0;
};

}  // namespace edgeroll::control
