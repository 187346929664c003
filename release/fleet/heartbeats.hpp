// The heartbeats of one control process: which of its nodes to ask when, which are silent, and what
// is to be written about them (docs/contract.md 6.12). Pure.
#pragma once

#include <cstdint>
#include <map>
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
    int misses = 3;                   ///< in a row: offline
    Millis seen_every{300'000};       ///< `last_seen_at` is not written more often
    int own_network_nodes = 5;        ///< at least, and more than half
    Millis own_network_max{180'000};  ///< nothing is marked meanwhile
    int open_max = 1'024;             ///< open questions to nodes that answer
    int silent_open_max = 256;        ///< to silent ones, so that they keep nobody else waiting
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
    [[nodiscard]] std::vector<NodeId> take_due(Instant now);
    /// When take_due() may have something to give; `never`: not before heard() or load().
    [[nodiscard]] Instant next_due() const;
    [[nodiscard]] const Address* address_of(NodeId node) const;
    [[nodiscard]] bool is_silent(NodeId node) const;

    void heard(NodeId node, const Pulse& pulse, Instant now);
    /// The question has ended, and says nothing about the node.
    void heard_nothing(NodeId node, Instant now);

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
    [[nodiscard]] std::size_t open() const { return open_ + silent_open_; }

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
        bool was_silent = false;  ///< ... was asked as a silent node
        bool is_void = false;     ///< ... was asked before begin_again()
        int misses = 0;
        Instant silent_since{};         ///< due time of the first missed question
        std::optional<Instant> answer;  ///< the last
        Instant seen_written{};
        std::optional<Observation> news;  ///< differs from the row
        Base asked, news_base;  ///< the row's when asked, of the open question and of `news`
    };
    using Due = std::set<std::pair<Instant, NodeId>>;

    [[nodiscard]] Due& lane_of(const Watched& node) { return node.misses > 0 ? due_silent_ : due_; }
    void schedule(Watched& node, Instant at);
    void unschedule(Watched& node);
    [[nodiscard]] Instant first_due(NodeId node, Instant now) const;
    [[nodiscard]] Instant due_after(Instant due, Instant now) const;
    void take_from(Due& lane, Instant now, std::size_t limit, std::vector<NodeId>& taken);
    static void take_news(Watched& node, Observation observed);
    static void begin_again(Watched& node);
    [[nodiscard]] bool is_seen_late(const Watched& node) const;
    [[nodiscard]] bool wants_write(const Watched& node) const;
    [[nodiscard]] Sighting::Mark mark_for(const Watched& node) const;
    [[nodiscard]] bool looks_like_own_network() const;
    void judge_network(Instant now);
    void forgive_all_but_one();

    HeartbeatRules rules_;
    std::map<NodeId, Watched> nodes_;
    Due due_, due_silent_;      ///< those without an open question
    std::set<NodeId> changed_;  ///< those that may have something to write
    std::set<NodeId> silent_;   ///< misses > 0
    std::size_t open_ = 0, silent_open_ = 0;
    bool is_own_network_ = false;
    bool is_late_ = false;  ///< questions are overdue for more than a period
    std::optional<Instant> network_lost_at_;
};

}  // namespace edgeroll::release
