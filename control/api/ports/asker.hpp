// The caller of an action, as the audit log names it.
#pragma once

#include <memory>
#include <string>

namespace edgeroll::control {

class AuditKeys;

/// Actor of edgeroll's own actions.
inline constexpr const char* own_name = "edgeroll";

struct Asker {
    std::string actor;   ///< `token:NAME` or `jwt:NAME`; empty: unknown
    std::string remote;  ///< address of the connection, without port
    /// Sign the rows; set by the store. Nothing: unsigned.
    std::shared_ptr<const AuditKeys> keys;
};

}  // namespace edgeroll::control
