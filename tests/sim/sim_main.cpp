// sim --seeds A..B | --seed N [--trace]: runs simulations, reports the seeds that found a violation
// and how to reproduce it.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>

#include "world.hpp"

namespace {

using namespace edgeroll;

struct Range {
    std::uint64_t first = 1, last = 100;
};

bool parse_range(const std::string& text, Range& range) {
    const auto dots = text.find("..");
    if (dots == std::string::npos) return false;
    try {
        range.first = std::stoull(text.substr(0, dots));
        range.last = std::stoull(text.substr(dots + 2));
    } catch (const std::exception&) {
        return false;
    }
    return range.first <= range.last;
}

int run_one(std::uint64_t seed, bool has_trace) {
    sim::World world(seed, has_trace);
    const sim::Outcome outcome = world.run();
    for (const std::string& line : outcome.trace)
        std::printf("%s\n", line.c_str());
    std::printf("seed %llu hash %016llx steps %llu virtual %.1f s\n",
                static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(outcome.hash),
                static_cast<unsigned long long>(outcome.steps),
                static_cast<double>(outcome.virtual_time.count()) / 1000.0);
    for (const std::string& violation : outcome.violations) {
        std::printf("violation %s\n", violation.c_str());
    }
    return outcome.violations.empty() ? 0 : 1;
}

int run_many(const Range& range) {
    const auto begin = std::chrono::steady_clock::now();
    sim::FaultCounts faults{};
    std::uint64_t broken = 0, steps = 0;
    int success = 0, failed = 0, cancelled = 0, rollbacks = 0;
    std::map<std::string, int> reconciled;
    for (std::uint64_t seed = range.first; seed <= range.last; ++seed) {
        sim::World world(seed);
        const sim::Outcome outcome = world.run();
        for (std::size_t i = 0; i < faults.size(); ++i)
            faults[i] += outcome.faults[i];
        steps += outcome.steps;
        success += outcome.releases_success;
        failed += outcome.releases_failed;
        cancelled += outcome.releases_cancelled;
        rollbacks += outcome.rollbacks;
        for (const auto& [what, nodes] : outcome.reconciled)
            reconciled[what] += nodes;
        if (outcome.violations.empty()) continue;
        ++broken;
        std::printf("seed %llu: %s\n  see it: scripts/sim --replay %llu\n",
                    static_cast<unsigned long long>(seed), outcome.violations.front().c_str(),
                    static_cast<unsigned long long>(seed));
        std::fflush(stdout);
    }
    const auto count = range.last - range.first + 1;
    const double took =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::printf("%llu seeds, %llu broken, %llu steps, %.1f s, %.1f seeds/s\n",
                static_cast<unsigned long long>(count), static_cast<unsigned long long>(broken),
                static_cast<unsigned long long>(steps), took, static_cast<double>(count) / took);
    std::printf("releases: %d success, %d failed, %d cancelled; %d are rollbacks\n", success,
                failed, cancelled, rollbacks);
    std::printf("nodes reconciled:\n");
    for (const auto& [what, nodes] : reconciled)
        std::printf("  %-24s %d\n", what.c_str(), nodes);
    std::printf("faults injected:\n");
    int missing = 0;
    for (std::size_t i = 0; i < faults.size(); ++i) {
        std::printf("  %-24s %llu\n", std::string(sim::to_text(static_cast<sim::Fault>(i))).c_str(),
                    static_cast<unsigned long long>(faults[i]));
        if (faults[i] == 0) ++missing;
    }
    // Few seeds cannot cover every kind; from this many on, a missing kind is an error.
    constexpr std::uint64_t enough = 200;
    if (count >= enough && missing > 0) {
        std::printf("%d kinds of faults were never injected\n", missing);
        return 1;
    }
    return broken == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app("edgeroll's simulator: the real control core in virtual time, with faults");
    std::string seeds = "1..100";
    std::uint64_t seed = 0;
    bool has_trace = false;
    auto* many = app.add_option("--seeds", seeds, "range of seeds, e.g. 1..5000");
    auto* one = app.add_option("--seed", seed, "one seed")->excludes(many);
    app.add_flag("--trace", has_trace, "print what happened")->needs(one);
    CLI11_PARSE(app, count, arguments);
    if (one->count() > 0) return run_one(seed, has_trace);
    Range range;
    if (!parse_range(seeds, range)) {
        std::fprintf(stderr, "sim: --seeds must be a range such as 1..5000, not \"%s\"\n",
                     seeds.c_str());
        return 2;
    }
    return run_many(range);
}
