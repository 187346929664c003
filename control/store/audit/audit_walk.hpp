// Whether an audit log is whole: its rows one after the other, then what must hold for all of them.
// Pure; keeps no row.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/store/audit/audit_chain.hpp"

namespace edgeroll::control {

struct AuditReport {
    std::int64_t rows = 0, first = 0, last = 0;
    AuditHead head;                     ///< as the table `counters` says
    std::int64_t keyed_rows = 0;        ///< signed with a key
    std::int64_t unknown_key_rows = 0;  ///< of those: with one that is not known here
    std::string unknown_key;            ///< its id
    std::vector<std::string> faults;    ///< the first ones, a sentence each
    std::int64_t fault_count = 0;
    std::int64_t heads_found = 0;             ///< of those kept elsewhere: they are in the chain
    std::vector<std::string> not_comparable;  ///< of those kept elsewhere: their rows were pruned
};

class AuditWalk {
  public:
    /// @param keys nothing: none is known here; must outlive the walk
    /// @param kept heads that were kept elsewhere
    AuditWalk(const AuditKeys* keys, std::vector<AuditHead> kept);

    /// Ascending by id. @param has_null a column has no value: such a row is not edgeroll's
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
    std::size_t compared_ = 0;     ///< of kept_
    AuditReport report_;
    std::string first_prev_, last_hash_;
    std::optional<AuditHead> anchor_;
    bool is_last_keyed_ = false;
};

}  // namespace edgeroll::control
