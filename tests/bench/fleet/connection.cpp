#include "tests/bench/fleet/connection.hpp"

#include <openssl/err.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace edgeroll::bench {
namespace {

/// Whether OpenSSL only waits for the socket.
bool is_waiting(Connection& connection, int result) {
    const int error = SSL_get_error(connection.ssl.get(), result);
    if (error == SSL_ERROR_WANT_WRITE) connection.wants_write = true;
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

}  // namespace

Connection::~Connection() {
    ssl.reset();
    if (fd >= 0) ::close(fd);
}

Pumped pump(Connection& connection) {
    SSL* ssl = connection.ssl.get();
    ERR_clear_error();
    connection.wants_write = false;
    Pumped outcome = Pumped::open;
    if (!connection.is_shaken) {
        const int done = SSL_do_handshake(ssl);
        if (done != 1) return is_waiting(connection, done) ? Pumped::open : Pumped::no_handshake;
        connection.is_shaken = true;
        outcome = Pumped::shaken;
    }
    std::array<char, 16U << 10> bytes;
    while (true) {
        const int count = SSL_read(ssl, bytes.data(), static_cast<int>(bytes.size()));
        if (count <= 0) return is_waiting(connection, count) ? outcome : Pumped::closed;
        connection.received.append(bytes.data(), static_cast<std::size_t>(count));
    }
}

bool flush(Connection& connection) {
    ERR_clear_error();
    while (!connection.to_send.empty()) {
        constexpr std::size_t piece_max = 1U << 20;
        const int piece = static_cast<int>(std::min(connection.to_send.size(), piece_max));
        const int count = SSL_write(connection.ssl.get(), connection.to_send.data(), piece);
        if (count <= 0) return is_waiting(connection, count);
        connection.to_send.erase(0, static_cast<std::size_t>(count));
    }
    connection.wants_write = false;
    return true;
}

}  // namespace edgeroll::bench
