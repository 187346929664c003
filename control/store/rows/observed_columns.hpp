// The columns of `nodes` that hold what an agent said last (release::Observation).
#pragma once

#include <string>

#include "control/store/rows/columns.hpp"
#include "control/store/rows/version_range.hpp"
#include "release/fleet/observation.hpp"

namespace edgeroll::control {

/// `observed` is the member of T that they are read into.
template <auto observed>
[[nodiscard]] Columns<detail::Owner<observed>> observed_columns() {
    using release::Observation;
    return {
        {"observed_content",
         word_into<release::ObservedContent::none, observed, &Observation::content>},
        {"observed_version", possible_version_into<observed, &Observation::version>},
        {"observed_sha256", into<observed, &Observation::sha256>},
        {"observed_facts_sha256", into<observed, &Observation::facts_sha256>},
        {"observed_remark", into<observed, &Observation::remark>},
        {"agent_version", into<observed, &Observation::agent_version>},
        {"capabilities", into<observed, &Observation::capabilities>},
    };
}

}  // namespace edgeroll::control
