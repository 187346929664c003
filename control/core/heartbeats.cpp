#include "control/core/heartbeats.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "release/fleet/members.hpp"
#include "tls/rt/spawn.hpp"

namespace edgeroll::control {
namespace {

using release::Instant;
using release::Millis;
using release::ObservedContent;
using release::Sighting;
using release::WatchedNode;

constexpr Millis look_interval{100};  ///< questions that are due within it go together
constexpr Millis look_interval_max{1'000};
constexpr Millis write_interval{500};
constexpr std::size_t rows_a_write = 200;
/// The whole inventory is read again: changes that leave no mark (SQL on SQLite) show by then.
constexpr Millis inventory_max{30'000};
constexpr std::size_t names_a_note = 10;

class Loop final : public HeartbeatLoop {
  public:
    Loop(boost::asio::any_io_executor executor, FleetStore& store, Agents& agents, Clock& clock,
         Observer& observer, HeartbeatOptions options)
        : executor_(std::move(executor)),
          store_(store),
          agents_(agents),
          clock_(clock),
          observer_(observer),
          options_(std::move(options)),
          trouble_(options_.own_trouble),
          heartbeats_(options_.rules) {}

    void start() override {
        rt::spawn(executor_, "heartbeat members", keep_membership());
        rt::spawn(executor_, "heartbeats", ask_in_turn());
        rt::spawn(executor_, "heartbeat writer", keep_writing());
    }

    boost::asio::awaitable<void> stop() override {
        is_stopping_ = true;
        good_until_ = Instant{};
        if (has_joined_) (void)co_await store_.leave(options_.name);
    }

    [[nodiscard]] HeartbeatFigures figures() const override {
        if (!is_member()) return {};
        return {members_.size(), heartbeats_.size(), heartbeats_.silent(),
                heartbeats_.is_own_network()};
    }

  private:
    [[nodiscard]] bool is_member() const { return clock_.now() < good_until_; }
    /// Whether silence is the nodes' and not this process's own. After a time in which it was not,
    /// no silence from before counts.
    bool may_judge() {
        const bool may = is_member() && (!trouble_ || trouble_().empty());
        if (may && !could_judge_) heartbeats_.begin_again(clock_.now());
        could_judge_ = may;
        return may;
    }

    boost::asio::awaitable<void> keep_membership() {
        while (!is_stopping_) {
            co_await renew();
            co_await clock_.sleep_until(clock_.now() + options_.lease / 3);
        }
    }

    boost::asio::awaitable<void> renew() {
        // Taken before the request is sent, and with a margin, as for a claim.
        const Instant until = clock_.now() + options_.lease - options_.lease / 4;
        auto joined = co_await store_.join(options_.name, options_.lease);
        if (!joined) {
            trouble(joined.error(), "members");
            co_return;
        }
        if (is_stopping_) {  // it left meanwhile, and has just entered again
            (void)co_await store_.leave(options_.name);
            co_return;
        }
        has_joined_ = true;
        const bool was_away = !is_member();
        if (was_away) could_judge_ = false;
        good_until_ = until;
        std::sort(joined->members.begin(), joined->members.end());
        const bool is_new = joined->members != members_ || joined->inventory_mark != mark_;
        if (is_new || was_away || clock_.now() - read_at_ >= inventory_max) {
            co_await read_inventory(std::move(*joined));
        }
    }

    boost::asio::awaitable<void> read_inventory(Membership membership) {
        auto nodes = co_await store_.nodes();
        if (!nodes) {
            trouble(nodes.error(), "inventory");
            co_return;
        }
        if (membership.members != members_) {
            observer_.note(Severity::info, "heartbeat_members",
                           {{"members", std::to_string(membership.members.size())}});
        }
        members_ = std::move(membership.members);
        if (members_.empty()) members_.push_back(options_.name);
        mark_ = std::move(membership.inventory_mark);
        read_at_ = clock_.now();
        std::erase_if(*nodes, [&](const WatchedNode& one) {
            return release::member_of(one.node, members_) != options_.name;
        });
        heartbeats_.load(std::move(*nodes), clock_.now());
    }

    boost::asio::awaitable<void> ask_in_turn() {
        while (!is_stopping_) {
            const bool may = may_judge();
            if (may) {
                for (const release::Question& question : heartbeats_.take_due(clock_.now()))
                    rt::spawn(executor_, "heartbeat", ask(question));
            }
            const Instant now = clock_.now();
            const Instant next = may ? heartbeats_.next_due() : release::never;
            const Millis pause = std::min(look_interval, options_.rules.period);
            const Instant until = std::clamp(next, now + pause, now + look_interval_max);
            co_await clock_.sleep_until(until);
            // A process that was stopped for long does not know when nodes fell silent.
            if (clock_.now() - until > options_.rules.question) could_judge_ = false;
        }
    }

    boost::asio::awaitable<void> ask(release::Question question) {
        const release::Address* const address = heartbeats_.address_of(question.node);
        if (address == nullptr) co_return;
        const Instant asked = clock_.now();
        const release::Pulse pulse = co_await agents_.state(*address, options_.rules.question);
        // A process that was stopped meanwhile has heard nothing, which is not the node's silence.
        const bool was_stopped = clock_.now() - asked > 2 * options_.rules.question;
        if (!pulse.is_answered && (was_stopped || !may_judge())) {
            heartbeats_.heard_nothing(question, clock_.now());
        } else {
            heartbeats_.heard(question, pulse, clock_.now());
        }
    }

    boost::asio::awaitable<void> keep_writing() {
        while (!is_stopping_) {
            co_await clock_.sleep_until(clock_.now() + write_interval);
            bool has_more = true;
            while (has_more && may_judge())
                has_more = co_await write_some();
        }
    }

    /// True: there may be more.
    boost::asio::awaitable<bool> write_some() {
        const bool was_own_network = heartbeats_.is_own_network();
        std::vector<Sighting> sightings = heartbeats_.to_write(clock_.now(), rows_a_write);
        tell_network(was_own_network);
        if (sightings.empty()) co_return false;
        std::vector<Sighting> sent = sightings;
        auto rows = co_await store_.write(options_.name, std::move(sent));
        if (!rows) {
            trouble(rows.error(), "heartbeats");
            co_return false;
        }
        tell(sightings, *rows);
        heartbeats_.wrote(sightings, *rows, clock_.now());
        co_return sightings.size() == rows_a_write;
    }

    void tell_network(bool was_own_network) {
        if (heartbeats_.is_own_network() == was_own_network) return;
        const Fields fields{{"silent", std::to_string(heartbeats_.silent())},
                            {"nodes", std::to_string(heartbeats_.size())}};
        if (was_own_network) {
            observer_.note(Severity::info, "own_network_over", fields);
        } else {
            observer_.note(Severity::warn, "own_network", fields);
        }
    }

    /// What the database took of it.
    void tell(const std::vector<Sighting>& sightings, const std::vector<WatchedNode>& rows) {
        std::vector<std::string> offline, online;
        auto row = rows.begin();
        for (const Sighting& sighting : sightings) {
            while (row != rows.end() && row->node < sighting.node)
                ++row;
            if (row == rows.end() || row->node != sighting.node) continue;
            const std::string& name = row->address.name;
            if (sighting.mark == Sighting::Mark::offline && row->is_marked) offline.push_back(name);
            if (sighting.mark == Sighting::Mark::online && row->is_online) online.push_back(name);
            if (sighting.observed && row->observed == *sighting.observed) tell_content(*row);
        }
        tell_marked(Severity::warn, "node_offline", offline);  // event
        tell_marked(Severity::info, "node_online", online);    // event
    }

    void tell_content(const WatchedNode& row) {
        const ObservedContent content = row.observed.content;
        if (content != ObservedContent::changed && content != ObservedContent::empty) return;
        if (content == ObservedContent::empty && row.applied_sha256.empty()) return;  // it is new
        observer_.note(Severity::warn, "node_drift",
                       {{"node", row.address.name},
                        {"content", std::string(to_text(content))},
                        {"remark", row.observed.remark}});
    }

    void tell_marked(Severity severity, const char* event, const std::vector<std::string>& names) {
        if (names.size() <= names_a_note) {
            for (const std::string& name : names)
                observer_.note(severity, event, {{"node", name}});
            return;
        }
        std::string first;
        for (std::size_t i = 0; i < names_a_note; ++i)
            first += (i == 0 ? "" : " ") + names[i];
        observer_.note(severity, event,
                       {{"count", std::to_string(names.size())}, {"first", first}});
    }

    void trouble(const release::Error& error, const char* what) {
        observer_.database_error(error.outcome);
        observer_.note(Severity::warn, "database_trouble",
                       {{"during", what}, {"error", error.message}});
    }

    boost::asio::any_io_executor executor_;
    FleetStore& store_;
    Agents& agents_;
    Clock& clock_;
    Observer& observer_;
    HeartbeatOptions options_;
    std::function<std::string()> trouble_;
    release::Heartbeats heartbeats_;
    std::vector<std::string> members_;  ///< ascending; of the share that was loaded last
    std::string mark_;
    Instant read_at_{};
    Instant good_until_{};  ///< Membership is certain until then
    bool has_joined_ = false;
    bool could_judge_ = false;
    bool is_stopping_ = false;
};

}  // namespace

std::unique_ptr<HeartbeatLoop> make_heartbeat_loop(boost::asio::any_io_executor executor,
                                                   FleetStore& store, Agents& agents, Clock& clock,
                                                   Observer& observer, HeartbeatOptions options) {
    return std::make_unique<Loop>(std::move(executor), store, agents, clock, observer,
                                  std::move(options));
}

}  // namespace edgeroll::control
