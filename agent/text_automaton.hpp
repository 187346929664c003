// All parts of a text at once: the suffix automaton, the smallest one that knows every part of the
// text (Blumer et al., 1985). Pure.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace edgeroll::agent {

/// Built in a time that grows with the text; a word is looked up in a time that grows with the word
/// alone, however often it occurs.
class TextAutomaton {
  public:
    /// @param text at most 1 GiB
    explicit TextAutomaton(std::string_view text);

    /// Remembers the word if the text has it somewhere.
    void note(std::string_view word);

    /// For each end of a part, 0 to the text's length: the length of the longest remembered word
    /// that ends there; 0: none.
    [[nodiscard]] std::vector<std::size_t> longest_ending_at() const;

  private:
    /// All parts of the text with the same set of ends.
    struct State {
        int length = 0;      ///< of the longest of them
        int shorter = -1;    ///< the state of its longest suffix with more ends
        int first_way = -1;  ///< a list in ways_
        std::size_t noted = 0;
    };
    struct Way {
        char byte = 0;
        int to = 0;
        int next = -1;
    };

    [[nodiscard]] int way_of(int state, char byte) const;
    void add_way(int state, char byte, int to);
    void append(char byte);
    int split(int state, char byte);

    std::vector<State> states_;
    std::vector<Way> ways_;
    std::vector<int> ends_;  ///< the state of the text's first n bytes
};

}  // namespace edgeroll::agent
