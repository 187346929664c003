// Inside the server: streams an answer piece by piece, without a time limit.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "tls/link.hpp"
#include "tls/session_work.hpp"

namespace edgeroll::tls {

enum class StreamEnd {
    whole,   ///< the last byte was written
    unread,  ///< written, but the peer has sent unexpected bytes
    cut,     ///< the peer disconnected or was too slow, or the source threw
};

/// Writes the answer. The connection cannot be reused afterwards.
[[nodiscard]] boost::asio::awaitable<StreamEnd> serve_stream(const SessionContext& context,
                                                             Link& link, Response response,
                                                             unsigned version);

}  // namespace edgeroll::tls
