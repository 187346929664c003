// People with SQL: what an operator or a pipeline does to the tables while releases run.
#pragma once

#include "faults.hpp"
#include "sim_database.hpp"
#include "timeline.hpp"
#include "trace.hpp"

namespace edgeroll::sim {

class Operator {
  public:
    Operator(SimDatabase& database, Timeline& timeline, Faults& faults, Trace& trace, Rng rng)
        : database_(database), timeline_(timeline), faults_(faults), trace_(trace), rng_(rng) {}

    /// Perhaps does something to one of the unfinished releases, or to a node.
    void interfere();
    /// Everything is to finish: continues what is paused, puts nodes in maintenance back.
    void settle();

  private:
    void steer(ReleaseRow& release);
    void edit_rows(ReleaseRow& release);
    void edit_nodes();
    void note(const std::string& what);

    SimDatabase& database_;
    Timeline& timeline_;
    Faults& faults_;
    Trace& trace_;
    Rng rng_;
};

}  // namespace edgeroll::sim
