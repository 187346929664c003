// A random script: operations drawn from a seed, each with its own seed for its details. An
// operation is valid in any state, so a failing script can be shortened by leaving some out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace edgeroll::differential {

enum class Verb {
    insert_node,
    change_node,
    delete_node,
    insert_content,
    insert_release,
    insert_row,
    delete_row,
    delete_release,
    set_row,
    set_status,
    set_action,
    set_total,
    set_not_before,
    set_epoch,
    end_lease,
    age_rows_seen,  ///< with a look before and after: a release that waits for rows is given up
    age_running,
    claimable,
    claim,
    renew,
    give_back,
    read,
    prepare,  ///< read and let the core decide; written later, by submit
    submit,
    overtaken,       ///< prepare, then an edit by an operator, then submit
    work,            ///< claim if free, prepare, submit
    report,          ///< agents' final results, or the wake-up that was asked for: the core decides
    hostile_commit,  ///< a commit that the core would not make
    record,
};

struct Operation {
    Verb verb = Verb::claimable;
    int owner = 0;             ///< below differential::owners
    std::int64_t release = 1;  ///< 1..releases
    std::int64_t node = 1;     ///< 1..nodes
    std::uint64_t dice = 0;    ///< seed for the details
};

inline constexpr std::int64_t releases = 4;
inline constexpr std::int64_t nodes = 5;

using Script = std::vector<Operation>;

[[nodiscard]] Script draw_script(std::uint64_t seed);

/// One line.
[[nodiscard]] std::string describe(const Operation& operation);

}  // namespace edgeroll::differential
