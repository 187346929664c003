// The heartbeats of one control process: which of its nodes to ask when, which are silent, and what
// is to be written about them (docs/contract.md 6.12). Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "release/fleet/sighting.hpp"
#include "release/ids.hpp"
#include "release/time.hpp"

namespace edgeroll::release {

struct HeartbeatRules {
    Millis period{10'000};            ///< NODE_HEARTBEAT_SEC, above 0
    Millis question{5'000};           ///< the longest that a question lasts
    int misses = 3;                   ///< in a row: offline
    Millis seen_every{300'000};       ///< `last_seen_at` is not written more often
    int own_network_nodes = 5;        ///< at least, and more than half
    Millis own_network_max{180'000};  ///< nothing is marked meanwhile
    int open_max = 1'024;             ///< open questions to nodes that answer
    /// To nodes that missed one or two, and to those that missed more: they keep nobody else
    /// waiting.
    int silent_open_max = 256;
};

struct Question {
    NodeId node;
    std::uint64_t number = 0;  ///< unique
};

class Heartbeats {
  public:
    explicit Heartbeats(HeartbeatRules rules) : rules_(rules) {}

    /// The nodes of this process's share, all of them. What is known of a node that was there
    /// before is kept. New ones are asked within a period.
    void load(std::vector<WatchedNode> nodes, Instant now);

    /// This process was away (stopped, no lease): silence counts from now on only.
    void begin_again(Instant now);

    /// The nodes to ask now, longest due first. Each counts as open until heard().
    [[nodiscard]] std::vector<Question> take_due(Instant now);
    /// When take_due() may have something to give; `never`: not before heard() or load().
    [[nodiscard]] Instant next_due() const;
    [[nodiscard]] const Address* address_of(NodeId node) const;

    /// Ignored where the question is not the node's open one any more.
    void heard(Question question, const Pulse& pulse, Instant now);
    /// The question has ended, and says nothing about the node.
    void heard_nothing(Question question, Instant now);

    /// What is to be written, ascending by node; at most `limit` nodes. The same is returned again
    /// until wrote() has come.
    [[nodiscard]] std::vector<Sighting> to_write(Instant now, std::size_t limit);
    /// These were written, or dropped; the rows as they are now. A node without a row is gone.
    void wrote(const std::vector<Sighting>& sightings, const std::vector<WatchedNode>& rows,
               Instant now);

    /// So many fell silent together that it is taken for this process's own network: nothing is
    /// marked. As of the last to_write().
    [[nodiscard]] bool is_own_network() const { return is_own_network_; }
    [[nodiscard]] std::size_t size() const { return nodes_.size(); }
    [[nodiscard]] std::size_t silent() const { return silent_.size(); }

  private:
    /// What a release put there, by the row.
    struct Base {
        std::optional<Version> version;
        std::string sha256;
    };
    struct Watched {
        WatchedNode row;
        Instant due{};
        Instant asked_due{};  ///< the due time of the open question
        bool is_open = false;
        std::uint64_t question = 0;  ///< its number
        std::size_t lane = 0;        ///< ... was taken from
        bool is_void = false;        ///< ... was asked before begin_again()
        int misses = 0;
        Instant silent_since{};         ///< due time of the first missed question
        std::optional<Instant> answer;  ///< the last
        Instant seen_written{};
        std::optional<Observation> news;  ///< differs from the row
        Base asked, news_base;  ///< the row's when asked, of the open question and of `news`
    };
    using Due = std::set<std::pair<Instant, NodeId>>;

    /// Nodes that answer, that are in doubt, and that are silent for long, by `misses`.
    static constexpr std::size_t lanes = 3;
    [[nodiscard]] std::size_t lane_of(const Watched& node) const;
    [[nodiscard]] std::size_t room_of(std::size_t lane) const;
    [[nodiscard]] const Watched* find(NodeId node) const;
    [[nodiscard]] Watched* find(NodeId node);
    /// A node that is in one of the sets.
    [[nodiscard]] Watched& known(NodeId node) { return *find(node); }
    [[nodiscard]] const Watched& known(NodeId node) const { return *find(node); }
    void schedule(Watched& node, Instant at);
    void unschedule(Watched& node);
    [[nodiscard]] Instant first_due(NodeId node, Instant now) const;
    [[nodiscard]] Instant due_after(Instant due, Instant now) const;
    void begin_again(Watched& node, Instant now);
    static void take_news(Watched& node, Observation observed);
    static void forget(Watched& node);
    [[nodiscard]] bool is_seen_late(const Watched& node) const;
    [[nodiscard]] bool wants_write(const Watched& node) const;
    [[nodiscard]] Sighting::Mark mark_for(const Watched& node) const;
    [[nodiscard]] bool looks_like_own_network() const;
    void judge_network(Instant now);
    void forgive_all_but_one();

    HeartbeatRules rules_;
    std::vector<NodeId> ids_;     ///< ascending: searched for each question, so close together
    std::vector<Watched> nodes_;  ///< in the order of ids_
    std::array<Due, lanes> due_;  ///< those without an open question
    std::set<NodeId> changed_;    ///< those that may have something to write
    std::set<NodeId> silent_;     ///< misses > 0
    std::array<std::size_t, lanes> open_{};
    std::uint64_t questions_ = 0;
    bool is_own_network_ = false;
    bool is_late_ = false;  ///< questions are overdue for more than a period
    std::optional<Instant> network_lost_at_;
};

}  // namespace edgeroll::release
