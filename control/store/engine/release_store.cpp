#include "control/store/engine/release_store.hpp"

#include <utility>

#include "control/store/engine/claim_queries.hpp"
#include "control/store/engine/commit_writer.hpp"
#include "control/store/engine/content_book.hpp"
#include "control/store/engine/snapshot_query.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/history.hpp"

namespace edgeroll::control {
namespace {

class ReleaseStore final : public Store {
  public:
    ReleaseStore(DbThreads& threads, Clock& clock, std::string owner, release::Millis lease,
                 release::wire::CallRules gate_rules, std::shared_ptr<const SecretKeyring> secrets)
        : threads_(threads),
          clock_(clock),
          owner_(fitted(owner, word_bytes_max)),
          lease_(lease),
          contents_(std::make_shared<ContentBook>(std::move(secrets))),
          gate_rules_(std::make_shared<const release::wire::CallRules>(std::move(gate_rules))) {}

    awaitable<release::Result<std::vector<Candidate>>> claimable(int limit, int resting) override {
        auto work = [owner = owner_, limit, resting](Connection& connection) {
            return sweep_claimable(connection, limit, resting);
        };
        return threads_.run(Access::repeatable, std::move(work));
    }

    awaitable<release::Result<std::optional<Claim>>> claim(release::ReleaseId id,
                                                           std::string order_id) override {
        // Taken before the request is sent: the database's lease can only end later.
        const release::Instant good_until = good_until_from_now();
        auto work = [id, good_until, order_id = std::move(order_id), owner = owner_,
                     lease = lease_](Connection& connection) -> std::optional<Claim> {
            const auto epoch = take_claim(connection, id, owner, order_id, lease);
            if (!epoch) return std::nullopt;
            return Claim{id, *epoch, owner, good_until};
        };
        return threads_.run(Access::write, std::move(work));
    }

    awaitable<release::Result<bool>> renew(Claim& claim) override {
        const release::Instant good_until = good_until_from_now();
        auto work = [claim, lease = lease_](Connection& connection) {
            return renew_claim(connection, claim, lease);
        };
        auto pending = threads_.run(Access::write, std::move(work));
        release::Result<bool> renewed = co_await std::move(pending);
        if (renewed && *renewed) claim.good_until = good_until;
        co_return renewed;
    }

    awaitable<release::Result<void>> give_back(const Claim& claim) override {
        auto work = [claim](Connection& connection) { give_claim_back(connection, claim); };
        return threads_.run(Access::write, std::move(work));
    }

    awaitable<release::Result<std::optional<release::Snapshot>>> read(
        const Claim& claim, std::optional<int> part) override {
        auto work = [claim, part, contents = contents_,
                     rules = gate_rules_](Connection& connection) {
            return take_snapshot(connection, *contents, claim, part, *rules);
        };
        return threads_.run(Access::repeatable, std::move(work));
    }

    awaitable<release::Result<Committed>> commit(const Claim& claim,
                                                 const release::Commit& commit) override {
        auto work = [claim, commit](Connection& connection) {
            return write_commit(connection, claim, commit);
        };
        return threads_.run(Access::write, std::move(work));
    }

    awaitable<release::Result<void>> record(const Claim& claim,
                                            const release::HistoryRow& row) override {
        auto work = [claim, row](Connection& connection) {
            Transaction transaction(connection, Transaction::Kind::write);
            // Updates the release's row first, like every writer: its lock makes the ids of its
            // events visible in ascending order.
            const std::int64_t owned = connection.execute(
                "UPDATE release_tasks SET write_seq = write_seq + 1, updated_at = updated_at "
                "WHERE id = ? AND claim_epoch = ? AND claimed_by = ?",
                {claim.release.value, claim.epoch.value, claim.owner});
            if (owned == 1) add_history(connection, claim.release, claim.owner, {row});
            transaction.commit();
        };
        return threads_.run(Access::write, std::move(work));
    }

    awaitable<release::Result<std::vector<Mark>>> marks() override {
        auto work = [owner = owner_](Connection& connection) {
            return read_marks(connection, owner);
        };
        return threads_.run(Access::read, std::move(work));
    }

    awaitable<release::Result<std::optional<Payload>>> payload(release::Version version,
                                                               release::TaskType type) override {
        auto work = [version, type, contents = contents_](Connection& connection) {
            return contents->payload(connection, version, type);
        };
        return threads_.run(Access::repeatable, std::move(work));
    }

  private:
    /// A quarter of the lease is a margin for clocks that run at different speeds.
    [[nodiscard]] release::Instant good_until_from_now() const {
        return clock_.now() + lease_ - lease_ / 4;
    }

    DbThreads& threads_;
    Clock& clock_;
    std::string owner_;
    release::Millis lease_;
    std::shared_ptr<ContentBook> contents_;
    std::shared_ptr<const release::wire::CallRules> gate_rules_;
};

}  // namespace

std::unique_ptr<Store> make_release_store(DbThreads& threads, Clock& clock, std::string owner,
                                          release::Millis lease,
                                          release::wire::CallRules gate_rules,
                                          std::shared_ptr<const SecretKeyring> secrets) {
    return std::make_unique<ReleaseStore>(threads, clock, std::move(owner), lease,
                                          std::move(gate_rules), std::move(secrets));
}

}  // namespace edgeroll::control
