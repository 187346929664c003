// Peers that speak bytes, not HTTP: what a broken or hostile program would send.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness.hpp"

namespace edgeroll::tls::test {

/// A plain TCP connection driven by a test.
class RawClient {
  public:
    RawClient(Loop& loop, int port);
    void send(const std::string& text);
    /// Reads until the text is there, the peer closes, or the limit; gives all that was read since
    /// the last call.
    std::string read_until(const std::string& text,
                           std::chrono::milliseconds limit = std::chrono::seconds(10));
    /// Whether the peer closes within the limit; what it sends meanwhile is kept for read_until.
    bool is_closed(std::chrono::milliseconds limit = std::chrono::seconds(10));
    void close();

  private:
    Loop& loop_;
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

/// One scripted connection of a RawServer.
struct Script {
    bool closes_before_handshake = false;
    std::string garbage_instead_of_handshake;
    std::size_t reads = 1;       ///< bytes to read before answering; 0: none
    std::string answer;          ///< sent then
    bool answers_again = false;  ///< the same for each further request, until the peer closes
    bool dies_on_next = false;   ///< after the answer it takes one more request, then closes
    bool stays_open = false;     ///< after the answer; else it closes without a TLS farewell
    bool says_farewell = false;  ///< close_notify before closing
};

/// A TLS server that follows its scripts, one a connection, in order; the last one repeats.
class RawServer {
  public:
    RawServer(Loop& loop, std::shared_ptr<asio::ssl::context> context, std::vector<Script> scripts);
    ~RawServer();
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;
    [[nodiscard]] int port() const;
    [[nodiscard]] int connections() const;

  private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

}  // namespace edgeroll::tls::test
