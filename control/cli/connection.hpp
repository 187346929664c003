// Which control to talk to, and with which token.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "control/cli/api_client.hpp"
#include "control/cli/options.hpp"

namespace edgeroll::cli {

struct Connection {
    std::string url;    ///< without a slash at the end
    std::string token;  ///< empty: none; never printed
};

/// Options win over the environment (EDGEROLL_URL, EDGEROLL_TOKEN). Refused: a URL that is not
/// http:// or https://, a token file that cannot be read, a token with blanks in it.
[[nodiscard]] Answer<Connection> find_connection(
    const Invocation& invocation, const std::map<std::string, std::string>& environment);

/// Over tls::fetch, one connection a request.
[[nodiscard]] std::unique_ptr<Http> make_http(Connection connection);

}  // namespace edgeroll::cli
