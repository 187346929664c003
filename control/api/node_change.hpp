// The bodies of POST /api/v1/nodes and PATCH /api/v1/nodes/<id>.
#pragma once

#include "control/api/ports/inventory.hpp"
#include "release/result.hpp"
#include "tls/http_types.hpp"

namespace edgeroll::control::api {

/// Fields have the names of answers (mainIp) or of the columns (main_ip). Errors: 2002.
/// @param is_new requires name and address
[[nodiscard]] release::Result<NodeChangeRequest> read_node_change(const tls::Request& request,
                                                                  bool is_new);

}  // namespace edgeroll::control::api
