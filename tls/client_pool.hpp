// HTTPS requests to many peers over kept connections; each peer's certificate is checked.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <vector>

#include "release/time.hpp"
#include "tls/context_store.hpp"
#include "tls/http_types.hpp"

namespace edgeroll::tls {

/// A peer and how to verify it (docs/contract.md section 2): its certificate must chain to the CA,
/// be valid for a server, and name `ip` (IP SAN) or `name` (DNS SAN). With a fingerprint the
/// certificate must have exactly that fingerprint, and its names are not checked.
struct Target {
    std::string ip;
    int port = 8443;
    std::string name;
    std::string fingerprint;  ///< 64 lower-case hex digits or empty
};

struct Call {
    std::string method = "GET";
    std::string target;                       ///< path and query, already encoded
    std::shared_ptr<const std::string> body;  ///< may be null
    release::Millis connect_timeout{15'000};  ///< TCP and TLS together
    release::Millis request_timeout{
        60'000};  ///< from the first byte sent to the last byte received
    /// Limit for the whole call: connecting, the request, and retries.
    release::Millis at_most = release::Millis::max();
    std::size_t response_bytes_max = 1 << 20;
};

struct Reply {
    enum class Kind {
        answered,    ///< status and body are valid
        not_sent,    ///< no connection, or it broke before the request was fully written
        no_answer,   ///< fully written, but no complete answer came
        wrong_peer,  ///< certificate rejected, by the peer or by us
        too_large,   ///< the answer exceeds the limit (connection closed)
    };
    Kind kind = Kind::not_sent;
    int status = 0;
    std::string body;
    std::string message;  ///< what went wrong: one line for people
};

class ClientPool {
  public:
    virtual ~ClientPool() = default;
    /// Sends one request and returns the answer. Uses a kept connection if there is one. If a kept
    /// connection turns out to be closed before the first byte of an answer, the request is sent
    /// again once on a new connection, provided the peer cannot have processed it or the method is
    /// GET. TLS 1.3: a refused client certificate shows on the first read and is wrong_peer, not
    /// no_answer. Loop thread. Never throws.
    virtual boost::asio::awaitable<Reply> request(Target target, Call call) = 0;
    /// Closes connections idle for longer than `idle`, older than `age`, or made with an older
    /// certificate generation. Call every few seconds.
    virtual void prune(release::Millis idle, release::Millis age) = 0;
};

/// Limit on idle connections over all targets: the process also needs files for open requests.
inline constexpr std::size_t kept_connections_max = 4096;

struct PoolOptions {
    std::size_t kept_max = kept_connections_max;
    std::vector<std::string> trust_domains;  ///< TRUST_DOMAIN, for spiffe: names; empty: any
};

/// @param contexts must outlive the pool
[[nodiscard]] std::unique_ptr<ClientPool> make_client_pool(boost::asio::any_io_executor executor,
                                                           ContextStore& contexts,
                                                           PoolOptions options = {});

}  // namespace edgeroll::tls
