#include "release/step/advance.hpp"

#include "release/step/abort.hpp"
#include "release/step/limit_exceeded.hpp"
#include "release/step/next_batch.hpp"
#include "release/step/phase.hpp"
#include "release/step/problems.hpp"
#include "release/step/running_nodes.hpp"
#include "release/step/silence.hpp"
#include "release/step/start_conditions.hpp"
#include "release/step/steering.hpp"
#include "release/step/wind_up.hpp"

namespace edgeroll::release {

void advance(Draft& draft) {
    Release& release = draft.release;
    if (!release.is_observed) {
        draft.read_again();
        return;
    }
    const Phase phase = phase_of(release);
    const bool is_final_word = is_final(release.seen.status);
    const bool is_open = release.counts.pending > 0 || release.counts.running > 0;
    // An operator may have written finished_at with the status although nodes still run.
    if (release.seen.is_ended && !(is_final_word && is_open)) {
        draft.let_go("the release is finished", true);
        return;
    }
    if (is_final_word) {
        wind_up(draft);
        return;
    }
    watch_content(draft);
    watch_rows(draft);
    look_after_running(draft);
    if (phase.stage == Stage::aborting) {
        carry_on_aborting(draft);
        return;
    }
    if (phase.stage == Stage::stopping) {
        carry_on_stopping(draft);
        return;
    }
    if (gives_up_on_rows(draft)) return;
    if (!release.seen.problems.empty()) {
        const std::string& problem = release.seen.problems.front();
        halt(draft, Reason{problem, problem});
        return;
    }
    if (is_held_up(draft)) return;
    watch_silence(draft);
    take_continue(draft);
    work_on_batches(draft);
}

}  // namespace edgeroll::release
