// Verifies an audit log: checks each row in order, then the log as a whole. Pure; keeps no row.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/store/audit/audit_chain.hpp"

namespace edgeroll::control {

struct AuditReport {
    std::int64_t rows = 0, first = 0, last = 0;
    AuditHead head;                     ///< from the table `counters`
    std::int64_t keyed_rows = 0;        ///< signed with a key
    std::int64_t unknown_key_rows = 0;  ///< signed rows whose key is unknown here
    std::string unknown_key;            ///< id of the first unknown key
    std::vector<std::string> faults;    ///< the first faults, one sentence each
    std::int64_t fault_count = 0;
    std::int64_t heads_found = 0;             ///< kept heads that are in the chain
    std::vector<std::string> not_comparable;  ///< kept heads whose rows were pruned
};

class AuditWalk {
  public:
    /// @param keys nothing: no key is known; must outlive the walk
    /// @param kept heads that were kept elsewhere
    AuditWalk(const AuditKeys* keys, std::vector<AuditHead> kept);

    /// Rows must be added ascending by id.
    /// @param has_null a column is NULL: edgeroll writes no such row
    void add(const AuditRow& row, bool has_null = false);
    /// @param head nothing: `counters` has no row for the log
    [[nodiscard]] AuditReport finish(const std::optional<AuditHead>& head);

  private:
    void fault(std::string what);
    void check_place(const AuditRow& row);
    void check_signature(const AuditRow& row);
    void remember_anchor(const AuditRow& row);
    void compare(std::int64_t count, const std::string& hash);
    void check_beginning();
    void check_end(const std::optional<AuditHead>& head);

    const AuditKeys* keys_;
    std::vector<AuditHead> kept_;  ///< ascending
    std::size_t compared_ = 0;     ///< number of heads in kept_ that were compared
    AuditReport report_;
    std::string first_prev_, last_hash_;
    std::optional<AuditHead> anchor_;
    bool is_last_keyed_ = false;
};

}  // namespace edgeroll::control
