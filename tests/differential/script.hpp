// A random script: operations drawn from a seed, each with a seed of its own for its details. An
// operation means something in any state, so that a failing script can be shortened by leaving some
// out.
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
    age_rows_seen,  ///< with a look before and after: what waits for rows is given up
    age_running,
    claimable,
    claim,
    renew,
    give_back,
    read,
    prepare,  ///< read and let the core decide; written later, by submit
    submit,
    overtaken,       ///< prepare, then a hand changes something, then submit
    work,            ///< claim if free, prepare, submit
    report,          ///< agents' last words, or the time asked for has come: the core decides
    hostile_commit,  ///< what the core would not write
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
