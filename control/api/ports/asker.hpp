// Who asks for a deed, as the audit log names them.
#pragma once

#include <memory>
#include <string>

namespace edgeroll::control {

class AuditKeys;

/// Actor of what edgeroll does by itself.
inline constexpr const char* own_name = "edgeroll";

struct Asker {
    std::string actor;   ///< `token:NAME` or `jwt:NAME`; empty: nobody that is known
    std::string remote;  ///< address of the connection, without port
    /// With what the rows are signed; the store sets it. Nothing: with no key.
    std::shared_ptr<const AuditKeys> keys;
};

}  // namespace edgeroll::control
