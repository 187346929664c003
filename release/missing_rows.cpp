#include "release/missing_rows.hpp"

namespace edgeroll::release {
namespace {

std::string missing(const AwaitedRows& awaited) {
    if (awaited.total_nodes <= 0 && awaited.is_config_empty) {
        return "node rows: there are none, and batch_config is an empty text";
    }
    if (awaited.total_nodes <= 0) return "node rows or a batch_config: there is neither";
    return "node rows: " + std::to_string(awaited.rows) + " of " +
           std::to_string(awaited.total_nodes) + " are there";
}

}  // namespace

bool are_complete(const AwaitedRows& awaited) {
    if (awaited.rows < awaited.total_nodes) return false;
    return awaited.rows > 0 || awaited.has_batch_config;
}

std::string waiting_text(const AwaitedRows& awaited) {
    return "waiting for " + missing(awaited);
}

std::string gave_up_text(const AwaitedRows& awaited) {
    return "gave up waiting for " + missing(awaited) + ", and none was added for " +
           std::to_string(row_patience.count() / 1000) + " s";
}

}  // namespace edgeroll::release
