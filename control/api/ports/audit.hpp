// The audit log as the API shows it and adds to it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "control/api/ports/asker.hpp"

namespace edgeroll::control {

/// Actions by which other places know a row.
namespace audit_action {
inline constexpr const char* anchor = "audit.anchor";
inline constexpr const char* key = "audit.key";
inline constexpr const char* resumed = "audit.resumed";
inline constexpr const char* login_refused = "login.refused";
inline constexpr const char* tokens_loaded = "tokens.loaded";
}  // namespace audit_action

/// What is to be audited although no deed of the database goes with it.
struct AuditNote {
    Asker by;
    std::string action;
    std::vector<std::pair<std::string, std::string>> words;  ///< of the detail
    std::vector<std::pair<std::string, std::int64_t>> numbers;
    /// Not written again while the last row of this action says the same of this word of the
    /// detail; empty: always written.
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
    std::vector<AuditView> items;  ///< the newest first
    std::int64_t total = 0;
};

}  // namespace edgeroll::control
