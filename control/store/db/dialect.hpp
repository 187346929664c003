// The one file with what SQLite and MySQL spell differently. All other SQL is written once.
#pragma once

#include <string>

#include "release/time.hpp"

namespace edgeroll::control {

enum class Backend { sqlite, mysql };

/// SQL expressions. Columns are names from the code, never input.
struct Dialect {
    Backend backend = Backend::sqlite;

    [[nodiscard]] bool is_mysql() const { return backend == Backend::mysql; }

    /// The database's clock, comparable with every time column.
    [[nodiscard]] std::string now() const {
        return is_mysql() ? "NOW(3)" : "strftime('%Y-%m-%d %H:%M:%f', 'now')";
    }
    /// Milliseconds since 1970 by the database's clock.
    [[nodiscard]] std::string utc_ms() const {
        return is_mysql() ? "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', NOW(3)) DIV 1000)"
                          : "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)";
    }
    [[nodiscard]] std::string now_plus(release::Millis span) const {
        const std::string text = std::to_string(span.count());
        if (is_mysql()) return "(NOW(3) + INTERVAL " + text + "000 MICROSECOND)";
        return "strftime('%Y-%m-%d %H:%M:%f', 'now', '+' || (" + text + " / 1000.0) || ' seconds')";
    }
    /// So many seconds from now, as an SQL expression says.
    [[nodiscard]] std::string now_plus_seconds(const std::string& seconds) const {
        if (is_mysql()) return "(NOW(3) + INTERVAL (" + seconds + ") * 1000000 MICROSECOND)";
        return "strftime('%Y-%m-%d %H:%M:%f', 'now', '+' || (" + seconds + ") || ' seconds')";
    }
    /// A time column and a span; NULL for NULL.
    [[nodiscard]] std::string later(const std::string& column, release::Millis span) const {
        const std::string text = std::to_string(span.count());
        if (is_mysql()) return "(" + column + " + INTERVAL " + text + "000 MICROSECOND)";
        return "strftime('%Y-%m-%d %H:%M:%f', " + column + ", '+' || (" + text +
               " / 1000.0) || ' seconds')";
    }
    /// A time column that people write, for comparisons: SQLite keeps whatever text it was given
    /// (`T`, `Z`, no fraction).
    [[nodiscard]] std::string written_time(const std::string& column) const {
        return is_mysql() ? column : "strftime('%Y-%m-%d %H:%M:%f', " + column + ")";
    }
    /// Milliseconds from a time column until now; NULL for NULL.
    [[nodiscard]] std::string age_ms(const std::string& column) const {
        if (is_mysql()) return "(TIMESTAMPDIFF(MICROSECOND, " + column + ", NOW(3)) DIV 1000)";
        return "CAST(ROUND((julianday('now') - julianday(" + column +
               ")) * 86400000.0) AS INTEGER)";
    }
    /// A time column as RFC 3339 with milliseconds and Z; NULL for NULL.
    [[nodiscard]] std::string rfc3339(const std::string& column) const {
        if (is_mysql()) {
            return "CONCAT(LEFT(DATE_FORMAT(" + column + ", '%Y-%m-%dT%H:%i:%s.%f'), 23), 'Z')";
        }
        return "strftime('%Y-%m-%dT%H:%M:%fZ', " + column + ")";
    }
    /// A time column, or now(), as UTC text `YYYY-MM-DD HH:MM:SS.mmm`; SQLite's as it is kept.
    [[nodiscard]] std::string time_text(const std::string& column) const {
        if (!is_mysql()) return column;
        return "LEFT(DATE_FORMAT(" + column + ", '%Y-%m-%d %H:%i:%s.%f'), 23)";
    }
    /// Behind a SELECT in a write transaction: nobody else writes the rows before its end. Who has
    /// begun to write an SQLite database has all rows.
    [[nodiscard]] const char* for_update() const { return is_mysql() ? " FOR UPDATE" : ""; }
    /// A condition: SQLite keeps fractions and text in a column of integers.
    [[nodiscard]] std::string is_integer(const std::string& column) const {
        return is_mysql() ? "1 = 1" : "typeof(" + column + ") = 'integer'";
    }
    /// Nothing happens when the row's key is there already.
    [[nodiscard]] std::string insert_ignore() const {
        return is_mysql() ? "INSERT IGNORE INTO " : "INSERT OR IGNORE INTO ";
    }
    /// A join whose left side is read first, whatever the optimizer would make of it: with a long
    /// history a guess that is wrong once reads millions of rows.
    [[nodiscard]] std::string then_join() const {
        return is_mysql() ? " STRAIGHT_JOIN " : " CROSS JOIN ";
    }
    /// A write transaction. SQLite takes the writer's place at once: a transaction that starts as a
    /// reader and turns writer may fail half-way however long it waits.
    [[nodiscard]] const char* begin_write() const {
        return is_mysql() ? "START TRANSACTION" : "BEGIN IMMEDIATE";
    }
    /// A transaction whose reads all see one moment.
    [[nodiscard]] const char* begin_read() const {
        return is_mysql() ? "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY" : "BEGIN";
    }
};

}  // namespace edgeroll::control
