#include "control/cli/wait.hpp"

#include <algorithm>

#include "control/cli/advice.hpp"
#include "control/cli/render.hpp"
#include "control/cli/watch.hpp"

namespace edgeroll::cli {
namespace {

Answer<Reach> reach_of_batch(int number, const ReleaseLine& release) {
    const auto found =
        std::find_if(release.batches.begin(), release.batches.end(),
                     [number](const BatchLine& batch) { return batch.number == number; });
    if (found == release.batches.end()) {
        if (release.batches.empty() && !is_finished(release)) return Reach::not_yet;
        return refuse(
            "release " + std::to_string(release.id) + " has no batch " + std::to_string(number) +
            ": it has " +
            std::to_string(std::count_if(release.batches.begin(), release.batches.end(),
                                         [](const BatchLine& batch) { return batch.number > 0; })));
    }
    const int started = started_number(release);
    if (release.status == "success" || started > number) return Reach::reached;
    if (is_finished(release)) return Reach::never;
    const Tally nodes = tally(*found);
    const bool is_done = started == number && nodes.finished() == nodes.total;
    return is_done ? Reach::reached : Reach::not_yet;
}

/// Prints the release as last seen, when the wait is over.
void tell(const std::optional<FetchedRelease>& seen, Format format, Ports ports) {
    if (!seen) return;
    if (format == Format::json) {
        ports.screen.out(json_text(seen->data, ports));
    } else if (is_finished(seen->release)) {
        ports.screen.out(conclusion(seen->release) + "\n");
    } else {
        ports.screen.out(standing(seen->release) + "\n");
    }
}

ExitStatus time_out(const ReleaseWait& what, const ReleaseLine& release, Ports ports) {
    std::string text = "not " + what.goal + " within " +
                       duration_text(Millis(static_cast<Millis::rep>(what.timeout_sec * 1000))) +
                       ": " + standing(release);
    const std::string waiting = waiting_text(release.waiting, ports.time.now());
    if (!waiting.empty()) text += "; now: " + waiting;
    return end_with({ExitStatus::timed_out, text, 0}, ports);
}

}  // namespace

Answer<Reach> reach_of(const std::string& goal, const ReleaseLine& release) {
    constexpr std::string_view batch = "batch:";
    if (goal.starts_with(batch))
        return reach_of_batch(std::stoi(goal.substr(batch.size())), release);
    const bool is_reached =
        goal == "paused" ? release.status == "paused" : release.status == "success";
    if (is_reached) return Reach::reached;
    return is_finished(release) ? Reach::never : Reach::not_yet;
}

ExitStatus wait_for(const ReleaseWait& what, Format format, Ports ports) {
    const Moment start = ports.time.now();
    const Millis patience(static_cast<Millis::rep>(what.timeout_sec * 1000));
    std::optional<FetchedRelease> last;
    bool is_away = false;
    for (;;) {
        auto seen = fetch_release(ports.http, what.id);
        if (!seen && (!last || seen.error().status != ExitStatus::unreachable)) {
            return end_with(seen.error(), ports);
        }
        if (!seen && !is_away) {
            ports.screen.err("edgeroll: " + seen.error().message + "; trying again\n");
        }
        is_away = !seen;
        if (seen) {
            const auto reach = reach_of(what.goal, seen->release);
            if (!reach) return end_with(reach.error(), ports);
            last = std::move(*seen);
            if (*reach != Reach::not_yet) tell(last, format, ports);
            if (*reach == Reach::reached) return ExitStatus::success;
            if (*reach == Reach::never) return ExitStatus::release_failed;
        }
        Millis pause = watch_interval;
        if (patience.count() > 0) {
            const Millis left = patience - (ports.time.now().since_epoch - start.since_epoch);
            if (left.count() <= 0) return time_out(what, last->release, ports);
            pause = std::min(pause, left);
        }
        ports.time.wait(pause);
    }
}

}  // namespace edgeroll::cli
