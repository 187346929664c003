// People with SQL: the edits of operators and pipelines while releases run.
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

    /// Sometimes edits one of the unfinished releases, or a node.
    void interfere();
    /// A commit of this release is on its way: sometimes an action is requested meanwhile, or rows
    /// are deleted.
    void cut_in(release::ReleaseId id);
    /// Sometimes retries nodes of a finished release. False: it did not.
    bool perhaps_retry();
    /// The number of batches in all retries so far, which adds to the time allowed to finish.
    [[nodiscard]] int batches_taken_up() const { return batches_taken_up_; }
    /// Lets everything finish: continues paused releases, ends maintenance of nodes.
    void settle();

  private:
    /// True if it wrote a final status.
    bool end_by_hand(ReleaseRow& release);
    void steer(ReleaseRow& release);
    void change_limits(ReleaseRow& release);
    /// Half of the edits use the API, which tells the owner through steer_seq.
    void announce(ReleaseRow& release);
    void edit_rows(ReleaseRow& release);
    void add_row(ReleaseRow& release);
    void delete_row(ReleaseRow& release);
    /// The number of an existing batch, between two, behind the last, or an invalid number.
    int draw_batch(const std::vector<TaskRow>& rows);
    void edit_nodes();
    void look_after_reconciliation();
    void note(const std::string& what);

    SimDatabase& database_;
    Timeline& timeline_;
    Faults& faults_;
    Trace& trace_;
    Rng rng_;
    int batches_taken_up_ = 0;
};

}  // namespace edgeroll::sim
