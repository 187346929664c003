#include "control/store/rows/version_mark.hpp"

namespace edgeroll::control {

std::int64_t read_version_mark(Connection& connection) {
    const Rows rows = connection.query("SELECT value FROM counters WHERE name = 'version'");
    return rows.empty() ? 0 : rows[0].integer_or(0, 0);
}

bool raise_version_mark(Connection& connection, release::Version version) {
    const auto raise = [&] {
        return connection.execute(
                   "UPDATE counters SET value = ? WHERE name = 'version' AND value < ?",
                   {version.value, version.value}) == 1;
    };
    if (raise()) return true;
    // The migration creates the row; the table may have been emptied since.
    connection.execute(connection.dialect().insert_ignore() +
                       "counters (name, value) VALUES ('version', 0)");
    return raise();
}

}  // namespace edgeroll::control
