// The suffix automaton of a text: the smallest automaton that accepts every part of it (Blumer et
// al., 1985). Pure.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace edgeroll::agent {

/// Construction is linear in the text; a look-up is linear in the word, however often it occurs.
class TextAutomaton {
  public:
    /// @param text at most 1 GiB
    explicit TextAutomaton(std::string_view text);

    /// Remembers the word if it occurs in the text.
    void note(std::string_view word);

    /// For each end of a part, 0 to the text's length: the length of the longest remembered word
    /// ending there; 0: none.
    [[nodiscard]] std::vector<std::size_t> longest_ending_at() const;

  private:
    /// All parts of the text with the same set of end positions.
    struct State {
        int length = 0;      ///< of the longest part
        int shorter = -1;    ///< the state of its longest suffix with more ends
        int first_way = -1;  ///< head of a list in ways_
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
    std::vector<int> ends_;  ///< state of the text's first n bytes
};

}  // namespace edgeroll::agent
