// Takes secrets out of texts: what programs print may quote the secret files of a content. Pure.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace edgeroll::agent {

/// Shorter lines of secret files are not looked for: too much else looks like them.
inline constexpr std::size_t secret_bytes_min = 8;
/// What stands for a secret in a text.
inline constexpr std::string_view secret_mark = "[secret]";

/// Lines of secret files, without line ends (LF, CR, both) and the blanks, no-break spaces and byte
/// order marks around them, of at least secret_bytes_min. What holds them must not be logged.
class Secrets {
  public:
    Secrets() = default;
    Secrets(const Secrets&) = delete;
    Secrets& operator=(const Secrets&) = delete;
    Secrets(Secrets&&) = default;
    Secrets& operator=(Secrets&&) = default;
    ~Secrets() = default;

    /// A file's whole text.
    void add(std::string text);
    [[nodiscard]] bool is_empty() const { return lines_.empty(); }
    [[nodiscard]] const std::vector<std::string_view>& lines() const { return lines_; }

  private:
    std::deque<std::string> texts_;  ///< never moved about: the lines point into them
    std::vector<std::string_view> lines_;
};

/// How a text ends on one of its sides.
enum class Side {
    whole,  ///< by itself
    open,   ///< perhaps in the middle of a line: whoever wrote it was killed
    cut,    ///< in the middle of whatever was there; a mark says so
};

/// The text with `[secret]` in place of every occurrence of a line; overlapping and touching ones
/// have one mark together. At a side that is not whole also the longest piece from
/// secret_bytes_min on that is part of a line has its mark; at a cut a shorter one too is left
/// out, without a mark, if a line ends (or begins) with it. Never longer than the text; the very
/// text where nothing of that is in it. No line is in the result: where marks make lines again, as
/// they do of secrets that hold some of a mark, those are looked for a few times more, and then one
/// mark stands for the whole text. Time grows with the text and the secrets together, whatever they
/// are.
[[nodiscard]] std::string redact(std::string_view text, const Secrets& secrets,
                                 Side start = Side::whole, Side end = Side::whole);

}  // namespace edgeroll::agent
