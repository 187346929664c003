// What a session with a MySQL or MariaDB server must be like, whatever the server's own settings
// are.
#pragma once

#include <string>

namespace sql {
class Connection;
}

namespace edgeroll::control {

/// A migration takes as long as it takes, everything else must end before its caller gives up.
enum class SessionUse { serve, migrate };

/// How long the client waits for the server to say something.
[[nodiscard]] int read_timeout_sec(SessionUse use);

/// The first statement of a session.
inline constexpr const char* row_limits_off =
    "SET SESSION sql_select_limit = 18446744073709551615, max_join_size = 18446744073709551615, "
    "sql_big_selects = 1";

/// Sets everything that the program relies on: character set, time zone, isolation, autocommit,
/// limits of rows and of time. The options of the connector are only a wish of the handshake, and a
/// server has its own defaults and an init_connect. Throws sql::SQLException, also for a server
/// that is read-only or through which texts do not come as they were sent.
void set_up_session(sql::Connection& session, SessionUse use);

/// What a session says of itself.
struct CharacterSets {
    std::string client, connection, results;
    std::string probe_hex;  ///< the bytes of `character_probe` as the server got them
};
/// Letters of two and of four bytes.
inline constexpr const char* character_probe = "\xC3\xA9\xF0\xA0\xAE\xB7\xF0\x9F\x98\x80";
inline constexpr const char* character_probe_hex = "C3A9F0A0AEB7F09F9880";

/// Empty where every letter comes through as it is.
[[nodiscard]] std::string character_set_complaint(const CharacterSets& sets,
                                                  const std::string& probe_back);

}  // namespace edgeroll::control
