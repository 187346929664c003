// Runs every operation on both sides and compares the results.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "release/step.hpp"
#include "tests/differential/script.hpp"
#include "tests/differential/side.hpp"
#include "tests/sim/rng.hpp"

namespace edgeroll::differential {

class Driver {
  public:
    Driver(SimSide& sim, Side& store) : sim_(sim), store_(store) {}

    /// Runs until the first difference: what differs, after which operations; empty if nothing
    /// does.
    std::string run(const Script& script);

    /// How many commits were done, fenced and stale on both sides, and where they came from: a test
    /// that compares only refusals compares nothing.
    struct Tally {
        int core_done = 0, core_fenced = 0, core_stale = 0;
        int hostile_done = 0, hostile_fenced = 0, hostile_stale = 0;
        int claims = 0, refused_claims = 0, claimable = 0, started = 0, finished = 0, given_up = 0;
    };
    [[nodiscard]] const Tally& tally() const { return tally_; }

  private:
    /// The memory of one owner about one release.
    struct Memory {
        std::optional<control::Claim> claim;  ///< the newest; others may have claimed since
        release::Release state;
        std::optional<release::Step> prepared;
    };

    void carry_out(const Operation& operation);
    bool change_nodes(const Operation& operation);
    bool change_releases(const Operation& operation);
    bool edit_releases(const Operation& operation);
    bool change_rows(const Operation& operation);
    void insert_release(const Operation& operation);
    void ask(const Operation& operation);

    void claimable(const Operation& operation);
    void claim(const Operation& operation);
    void prepare(const Operation& operation);
    void submit(const Operation& operation);
    void work(const Operation& operation);
    void change_something(const Operation& operation);
    void report(const Operation& operation);
    void hostile_commit(const Operation& operation);
    std::optional<release::Snapshot> read(int owner, const control::Claim& claim,
                                          std::optional<int> part = std::nullopt);
    control::Committed commit(int owner, const control::Claim& claim,
                              const release::Commit& commit);
    /// The same commit with the store's own ids of the rows.
    release::Commit in_ids_of_store(const control::Claim& claim, release::Commit commit);
    void note_row_ids(release::ReleaseId id);

    Memory& memory(const Operation& operation) {
        return memories_[std::pair(operation.owner, operation.release)];
    }
    /// A claim of the release and its owner: mostly the newest, sometimes a claim that was lost.
    std::optional<std::pair<int, control::Claim>> some_claim(const Operation& operation,
                                                             sim::Rng& rng);
    [[nodiscard]] const test::ReleaseRow* find(std::int64_t id) const;
    [[nodiscard]] bool has_row(std::int64_t id, std::int64_t node) const;
    template <class Act>
    void both(const Act& act) {
        act(static_cast<Side&>(sim_));
        act(store_);
    }
    void compare(const std::string& what, const Picture& sim, const Picture& store);
    void compare(const std::string& what, const std::string& sim, const std::string& store);

    SimSide& sim_;
    Side& store_;
    std::map<std::pair<int, std::int64_t>, Memory> memories_;
    std::map<std::int64_t, std::vector<std::pair<int, control::Claim>>>
        claims_;  ///< all claims so far
    /// The simulator's row ids to the store's, including rows that were deleted since.
    std::map<std::int64_t, std::int64_t> row_ids_;
    std::string outcome_;  ///< of the present operation, for the log
    std::string found_;
    Tally tally_;
    int orders_ = 0;  ///< the number of orders so far
};

}  // namespace edgeroll::differential
