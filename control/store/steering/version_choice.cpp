#include "control/store/steering/version_choice.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "control/api/ports/version_bound.hpp"
#include "control/store/rows/version_mark.hpp"

namespace edgeroll::control {
namespace {

using release::Version;

std::int64_t highest(Connection& connection, const std::string& column, const std::string& table,
                     std::int64_t limit) {
    return connection
        .query("SELECT COALESCE(MAX(" + column + "), 0) FROM " + table + " WHERE " +
                   connection.dialect().is_integer(column) + " AND " + column + " BETWEEN 1 AND ?",
               {limit})
        .at(0)
        .integer_or(0, 0);
}

std::int64_t next_after(std::int64_t version) {
    if (version >= version_max) {
        refuse(release::code::wrong_state,
               "there is no version left: the highest is " + std::to_string(version));
    }
    return version + 1;
}

}  // namespace

void take_turn(Connection& connection) {
    const auto take = [&] {
        return connection.execute(
                   "UPDATE counters SET value = value + 1 WHERE name = 'creation'") == 1;
    };
    if (take()) return;
    // The migration creates the row; the table may have been emptied since.
    connection.execute(connection.dialect().insert_ignore() +
                       "counters (name, value) VALUES ('creation', 0)");
    (void)take();
}

Version choose_version(Connection& connection, std::optional<Version> wanted) {
    // An arbitrary number in a row does not count above marked_max; versions on nodes always count,
    // since their agents accept nothing lower.
    const std::int64_t released =
        std::max(highest(connection, "version", "release_tasks", marked_max),
                 highest(connection, "applied_version", "nodes", version_max));
    if (!wanted) {
        return Version{
            next_after(std::max({released, read_version_mark(connection),
                                 highest(connection, "version", "config_versions", marked_max)}))};
    }
    if (wanted->value < 1) refuse(release::code::invalid, "version must be above 0");
    if (wanted->value <= released) {
        refuse(release::code::exists, "version " + std::to_string(wanted->value) +
                                          " is taken or not above every earlier one: use " +
                                          std::to_string(next_after(released)) + " or higher");
    }
    return *wanted;
}

void give_out(Connection& connection, Version version, bool is_chosen) {
    // The caller's own number is treated like a number inserted by SQL.
    if (!is_chosen && version.value > marked_max) return;
    if (raise_version_mark(connection, version) || !is_chosen) return;
    DbFailure failure(
        "another release took version " + std::to_string(version.value) + " meanwhile",
        release::Outcome::not_done);
    failure.is_duplicate = true;
    throw failure;
}

}  // namespace edgeroll::control
