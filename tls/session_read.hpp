// Inside the server: reads a request.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <optional>

#include "release/time.hpp"
#include "tls/link.hpp"
#include "tls/session_work.hpp"

namespace edgeroll::tls {

/// How reading a part of a request ended.
struct ReadEnd {
    bool is_whole = false;
    std::optional<Outcome> answer;  ///< when incomplete: the answer; nothing: no peer to answer
};

/// The next bytes must arrive within the limit.
void expire_at(const SessionContext& context, Link& link, release::Instant until);

/// Reads a header; bytes after it stay in the buffer. Sets the link's time limit.
[[nodiscard]] boost::asio::awaitable<ReadEnd> read_header(const SessionContext& context, Link& link,
                                                          boost::beast::flat_buffer& buffer,
                                                          RequestParser& parser);

/// Reads the announced body into the request. Sets the link's time limit.
[[nodiscard]] boost::asio::awaitable<ReadEnd> read_body(const SessionContext& context, Link& link,
                                                        boost::beast::flat_buffer& buffer,
                                                        RequestParser& parser, const Pass& pass,
                                                        Request& request);

}  // namespace edgeroll::tls
