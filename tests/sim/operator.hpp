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
    /// A commit of this release is on its way: perhaps something is asked for meanwhile, or rows
    /// are deleted.
    void cut_in(release::ReleaseId id);
    /// Perhaps takes nodes of a finished release up again. False: nobody did.
    bool perhaps_retry();
    /// Of all retries so far, for the time that everything may take.
    [[nodiscard]] int batches_taken_up() const { return batches_taken_up_; }
    /// Everything is to finish: continues what is paused, puts nodes in maintenance back.
    void settle();

  private:
    /// True if it wrote a final status.
    bool end_by_hand(ReleaseRow& release);
    void steer(ReleaseRow& release);
    void change_limits(ReleaseRow& release);
    /// Half of them use the API: its owner is told by steer_seq.
    void announce(ReleaseRow& release);
    void edit_rows(ReleaseRow& release);
    void add_row(ReleaseRow& release);
    void delete_row(ReleaseRow& release);
    /// Of a batch that there is, between two, behind the last, or one that no batch may have.
    int draw_batch(const std::vector<TaskRow>& rows);
    void edit_nodes();
    void note(const std::string& what);

    SimDatabase& database_;
    Timeline& timeline_;
    Faults& faults_;
    Trace& trace_;
    Rng rng_;
    int batches_taken_up_ = 0;
};

}  // namespace edgeroll::sim
