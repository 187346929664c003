// The settings of a session with a MySQL or MariaDB server, independent of the server's own
// settings.
#pragma once

#include <string>

namespace sql {
class Connection;
}

namespace edgeroll::control {

/// A migration has no time limit; all other work must end before its caller gives up.
enum class SessionUse { serve, migrate };

/// How long the client waits for a response of the server.
[[nodiscard]] int read_timeout_sec(SessionUse use);

/// The first statement of a session.
inline constexpr const char* row_limits_off =
    "SET SESSION sql_select_limit = 18446744073709551615, max_join_size = 18446744073709551615, "
    "sql_big_selects = 1";

/// Sets everything that the program relies on: character set, time zone, isolation, autocommit, row
/// and time limits. The connector's options are only a request in the handshake, and a server has
/// its own defaults and an init_connect. Throws sql::SQLException, also for a read-only server and
/// for a server that alters texts.
void set_up_session(sql::Connection& session, SessionUse use);

/// The character sets that a session reports.
struct CharacterSets {
    std::string client, connection, results;
    std::string probe_hex;  ///< the bytes of `character_probe` as received by the server
};
/// Contains letters of two and of four bytes.
inline constexpr const char* character_probe = "\xC3\xA9\xF0\xA0\xAE\xB7\xF0\x9F\x98\x80";
inline constexpr const char* character_probe_hex = "C3A9F0A0AEB7F09F9880";

/// Empty where every letter is transmitted unchanged.
[[nodiscard]] std::string character_set_complaint(const CharacterSets& sets,
                                                  const std::string& probe_back);

}  // namespace edgeroll::control
