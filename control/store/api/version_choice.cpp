#include "control/store/api/version_choice.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

namespace edgeroll::control {
namespace {

using release::Version;

std::int64_t highest(Connection& connection, const std::string& column, const std::string& table) {
    return connection.query("SELECT COALESCE(MAX(" + column + "), 0) FROM " + table)
        .at(0)
        .integer_or(0, 0);
}

std::int64_t next_after(std::int64_t version) {
    if (version == std::numeric_limits<std::int64_t>::max()) {
        refuse(release::code::wrong_state, "there is no version above " + std::to_string(version));
    }
    return version + 1;
}

}  // namespace

Version choose_version(Connection& connection, std::optional<Version> wanted) {
    const std::int64_t released = std::max(highest(connection, "version", "release_tasks"),
                                           highest(connection, "applied_version", "nodes"));
    if (!wanted) {
        return Version{
            next_after(std::max(released, highest(connection, "version", "config_versions")))};
    }
    if (wanted->value < 1) refuse(release::code::invalid, "version must be above 0");
    if (wanted->value <= released) {
        refuse(release::code::exists, "version " + std::to_string(wanted->value) +
                                          " is taken or not above every earlier one: use " +
                                          std::to_string(next_after(released)) + " or higher");
    }
    return *wanted;
}

}  // namespace edgeroll::control
