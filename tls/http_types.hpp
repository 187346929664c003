// Requests and responses without Beast in them: what handlers and callers see.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace edgeroll::tls {

/// Who is at the other end of a TLS connection, as its certificate says. Empty without one.
struct Peer {
    std::string address;            ///< IP address of the connection
    std::vector<std::string> uris;  ///< URI SANs
    std::vector<std::string> dns;   ///< DNS SANs
    std::vector<std::string> ips;   ///< IP SANs, in text form
    std::string common_name;
    std::string fingerprint;  ///< SHA-256 of the DER, 64 lower-case hex digits
};

struct Request {
    std::string method;                             ///< "GET", "POST", ...
    std::string path;                               ///< as sent, percent-encoded, without the query
    std::map<std::string, std::string> parameters;  ///< query parameters, decoded
    std::vector<std::string> captures;           ///< `{name}` parts of the route, decoded, in order
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;
    Peer peer;
};

struct Response {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
    std::map<std::string, std::string> headers;  ///< further ones, e.g. Retry-After
};

/// Handlers run on the loop thread and must not block. What they throw becomes a 500 without
/// detail.
using Handler = std::function<boost::asio::awaitable<Response>(Request)>;

}  // namespace edgeroll::tls
