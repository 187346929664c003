// All differences between SQLite and MySQL in one file. All other SQL is written once.
#pragma once

#include <string>

#include "release/time.hpp"

namespace edgeroll::control {

enum class Backend { sqlite, mysql };

/// SQL expressions. Column names come from the code, never from input.
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
    /// @param span may be negative
    [[nodiscard]] std::string now_plus(release::Millis span) const {
        const std::string text = std::to_string(span.count());
        if (is_mysql()) return "(NOW(3) + INTERVAL " + text + "000 MICROSECOND)";
        return "strftime('%Y-%m-%d %H:%M:%f', 'now', (" + text + " / 1000.0) || ' seconds')";
    }
    /// now() plus the seconds of an SQL expression.
    [[nodiscard]] std::string now_plus_seconds(const std::string& seconds) const {
        if (is_mysql()) return "(NOW(3) + INTERVAL (" + seconds + ") * 1000000 MICROSECOND)";
        return "strftime('%Y-%m-%d %H:%M:%f', 'now', '+' || (" + seconds + ") || ' seconds')";
    }
    /// A time column plus a span; NULL for NULL.
    [[nodiscard]] std::string later(const std::string& column, release::Millis span) const {
        const std::string text = std::to_string(span.count());
        if (is_mysql()) return "(" + column + " + INTERVAL " + text + "000 MICROSECOND)";
        return "strftime('%Y-%m-%d %H:%M:%f', " + column + ", '+' || (" + text +
               " / 1000.0) || ' seconds')";
    }
    /// A time column that is written by users, for comparisons: SQLite keeps the text unchanged
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
    /// A time column, or now(), as UTC text `YYYY-MM-DD HH:MM:SS.mmm`; on SQLite the stored text.
    [[nodiscard]] std::string time_text(const std::string& column) const {
        if (!is_mysql()) return column;
        return "LEFT(DATE_FORMAT(" + column + ", '%Y-%m-%d %H:%i:%s.%f'), 23)";
    }
    /// Appended to a SELECT in a write transaction: no other session writes the rows before its
    /// end. An SQLite write transaction locks the whole database anyway.
    [[nodiscard]] const char* for_update() const { return is_mysql() ? " FOR UPDATE" : ""; }
    /// The same, without rows that other sessions have locked: they are passed over, not waited
    /// for.
    [[nodiscard]] const char* for_update_of_free_rows() const {
        return is_mysql() ? " FOR UPDATE SKIP LOCKED" : "";
    }
    /// A condition: SQLite may store fractions and text in an integer column.
    [[nodiscard]] std::string is_integer(const std::string& column) const {
        return is_mysql() ? "1 = 1" : "typeof(" + column + ") = 'integer'";
    }
    /// Does nothing when a row with this key exists.
    [[nodiscard]] std::string insert_ignore() const {
        return is_mysql() ? "INSERT IGNORE INTO " : "INSERT OR IGNORE INTO ";
    }
    /// A join whose left side is read first, whatever the optimizer prefers: with a long history, a
    /// single wrong estimate reads millions of rows.
    [[nodiscard]] std::string then_join() const {
        return is_mysql() ? " STRAIGHT_JOIN " : " CROSS JOIN ";
    }
    /// Begins a write transaction. SQLite takes the write lock at once: a transaction that starts
    /// as a reader and then writes may fail half-way regardless of its timeout.
    [[nodiscard]] const char* begin_write() const {
        return is_mysql() ? "START TRANSACTION" : "BEGIN IMMEDIATE";
    }
    /// Begins a transaction whose reads share one snapshot.
    [[nodiscard]] const char* begin_read() const {
        return is_mysql() ? "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY" : "BEGIN";
    }
};

}  // namespace edgeroll::control
