// The control's URL and the token.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "control/cli/api_client.hpp"
#include "control/cli/options.hpp"

namespace edgeroll::cli {

struct Connection {
    std::string url;    ///< without a trailing slash
    std::string token;  ///< empty: none; never printed
};

/// Options override the environment (EDGEROLL_URL, EDGEROLL_TOKEN). Refused: a URL other than
/// http:// or https://, an unreadable token file, a token with blanks.
[[nodiscard]] Answer<Connection> find_connection(
    const Invocation& invocation, const std::map<std::string, std::string>& environment);

/// Over tls::fetch, one connection per request.
[[nodiscard]] std::unique_ptr<Http> make_http(Connection connection);

}  // namespace edgeroll::cli
