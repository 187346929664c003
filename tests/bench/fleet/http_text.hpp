// As much of HTTP/1.1 as control speaks to agents: bodies with a length, kept connections.
#pragma once

#include <optional>
#include <string>

namespace edgeroll::bench {

struct HttpRequest {
    std::string method;
    std::string path;   ///< percent-decoded
    std::string query;  ///< after the `?`
    std::string body;
    bool is_last = false;  ///< the client asks for the end of the connection
};

struct HttpReply {
    int status = 200;
    std::string body;
};

/// Takes one request from the front of the bytes received. Nothing: it is not whole yet, or
/// `is_bad` says that it never will be.
std::optional<HttpRequest> take_request(std::string& received, bool& is_bad);

std::string text_of(const HttpReply& reply, bool is_last);

}  // namespace edgeroll::bench
