#include "agent/text_automaton.hpp"

#include <algorithm>
#include <numeric>

namespace edgeroll::agent {

TextAutomaton::TextAutomaton(std::string_view text) {
    states_.reserve(2 * text.size() + 1);
    ways_.reserve(3 * text.size());
    ends_.reserve(text.size() + 1);
    states_.emplace_back();
    ends_.push_back(0);
    for (const char byte : text)
        append(byte);
}

int TextAutomaton::way_of(int state, char byte) const {
    int way = states_[static_cast<std::size_t>(state)].first_way;
    while (way >= 0 && ways_[static_cast<std::size_t>(way)].byte != byte)
        way = ways_[static_cast<std::size_t>(way)].next;
    return way;
}

void TextAutomaton::add_way(int state, char byte, int to) {
    State& from = states_[static_cast<std::size_t>(state)];
    ways_.push_back(Way{byte, to, from.first_way});
    from.first_way = static_cast<int>(ways_.size()) - 1;
}

void TextAutomaton::append(char byte) {
    const int before = ends_.back();
    const int added = static_cast<int>(states_.size());
    states_.emplace_back();
    states_.back().length = states_[static_cast<std::size_t>(before)].length + 1;
    ends_.push_back(added);
    int state = before;
    while (state >= 0 && way_of(state, byte) < 0) {
        add_way(state, byte, added);
        state = states_[static_cast<std::size_t>(state)].shorter;
    }
    const int shorter = state < 0 ? 0 : split(state, byte);
    states_[static_cast<std::size_t>(added)].shorter = shorter;
}

/// Returns the state reached from `state` by this byte, split off because it has one more end than
/// the longer parts in the same state.
int TextAutomaton::split(int state, char byte) {
    const int old = ways_[static_cast<std::size_t>(way_of(state, byte))].to;
    const int length = states_[static_cast<std::size_t>(state)].length + 1;
    if (states_[static_cast<std::size_t>(old)].length == length) return old;
    const int copy = static_cast<int>(states_.size());
    states_.emplace_back();
    states_.back().length = length;
    states_.back().shorter = states_[static_cast<std::size_t>(old)].shorter;
    for (int way = states_[static_cast<std::size_t>(old)].first_way; way >= 0;) {
        const Way copied = ways_[static_cast<std::size_t>(way)];
        add_way(copy, copied.byte, copied.to);
        way = copied.next;
    }
    states_[static_cast<std::size_t>(old)].shorter = copy;
    while (state >= 0) {
        const int way = way_of(state, byte);
        if (way < 0 || ways_[static_cast<std::size_t>(way)].to != old) break;
        ways_[static_cast<std::size_t>(way)].to = copy;
        state = states_[static_cast<std::size_t>(state)].shorter;
    }
    return copy;
}

void TextAutomaton::note(std::string_view word) {
    int state = 0;
    for (const char byte : word) {
        const int way = way_of(state, byte);
        if (way < 0) return;
        state = ways_[static_cast<std::size_t>(way)].to;
    }
    std::size_t& noted = states_[static_cast<std::size_t>(state)].noted;
    noted = std::max(noted, word.size());
}

std::vector<std::size_t> TextAutomaton::longest_ending_at() const {
    // Where a part ends, its suffixes end too: shorter parts first.
    std::vector<std::size_t> order(states_.size()), longest(states_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [this](std::size_t state) { return states_[state].length; });
    for (const std::size_t state : order) {
        longest[state] = states_[state].noted;
        const int shorter = states_[state].shorter;
        if (longest[state] == 0 && shorter >= 0) {
            longest[state] = longest[static_cast<std::size_t>(shorter)];
        }
    }
    std::vector<std::size_t> found;
    found.reserve(ends_.size());
    for (const int state : ends_)
        found.push_back(longest[static_cast<std::size_t>(state)]);
    return found;
}

}  // namespace edgeroll::agent
