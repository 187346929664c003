// The bodies of POST /api/v1/nodes and PATCH /api/v1/nodes/<id>.
#pragma once

#include "control/api/ports/inventory.hpp"
#include "release/result.hpp"
#include "tls/http_types.hpp"

namespace edgeroll::control::api {

/// Fields are called as in answers (mainIp) or as the columns are (main_ip). Errors: 2002.
/// @param is_new name and address are required then
[[nodiscard]] release::Result<NodeChangeRequest> read_node_change(const tls::Request& request,
                                                                  bool is_new);

}  // namespace edgeroll::control::api
