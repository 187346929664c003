// Removes secrets from texts: programs may print lines of a content's secret files. Pure.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace edgeroll::agent {

/// Shorter lines of secret files are not searched for: too much other text matches them.
inline constexpr std::size_t secret_bytes_min = 8;
/// Replaces a secret in a text.
inline constexpr std::string_view secret_mark = "[secret]";

/// Lines of secret files of at least secret_bytes_min, without line ends (LF, CR, both) and
/// surrounding blanks, no-break spaces and byte order marks. Objects that hold them must not be
/// logged.
class Secrets {
  public:
    Secrets() = default;
    Secrets(const Secrets&) = delete;
    Secrets& operator=(const Secrets&) = delete;
    Secrets(Secrets&&) = default;
    Secrets& operator=(Secrets&&) = default;
    ~Secrets() = default;

    /// Adds the whole text of a file.
    void add(std::string text);
    [[nodiscard]] bool is_empty() const { return lines_.empty(); }
    [[nodiscard]] const std::vector<std::string_view>& lines() const { return lines_; }

  private:
    std::deque<std::string> texts_;  ///< never relocated: the lines point into the texts
    std::vector<std::string_view> lines_;
};

/// How a text ends at one of its sides.
enum class Side {
    whole,  ///< complete
    open,   ///< perhaps in the middle of a line: the writer was killed
    cut,    ///< cut anywhere; a mark says so
};

/// Replaces every occurrence of a line by `[secret]`; overlapping and touching occurrences get one
/// mark. At a side that is not whole, the longest part of a line from secret_bytes_min on is
/// replaced too; at a cut a shorter part is dropped, without a mark, if a line ends (or begins)
/// with it. The result is never longer than the text, and equals it when there is nothing to
/// replace. It contains no line: where marks form lines again (secrets that contain parts of a
/// mark) the search is repeated a few times, then one mark replaces the whole text. Time is linear
/// in the text and the secrets together.
[[nodiscard]] std::string redact(std::string_view text, const Secrets& secrets,
                                 Side start = Side::whole, Side end = Side::whole);

}  // namespace edgeroll::agent
