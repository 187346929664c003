// Peers that send raw bytes instead of HTTP, like broken or hostile programs.
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
    /// Reads until the text arrives, the peer closes, or the limit; returns everything read since
    /// the last call.
    std::string read_until(const std::string& text,
                           std::chrono::milliseconds limit = std::chrono::seconds(10));
    /// Whether the peer closes within the limit; bytes that it sends meanwhile are kept for
    /// read_until.
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
    bool dies_on_next = false;   ///< closes after the answer and one more request
    bool stays_open = false;     ///< after the answer; else closes without close_notify
    bool says_farewell = false;  ///< sends close_notify before closing
};

/// A TLS server that follows its scripts, one per connection, in order; the last script repeats.
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
