#include "release/path_remarks.hpp"

#include <algorithm>

namespace edgeroll::release {
namespace {

constexpr std::size_t remarks_max = 10;
constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view quotes = "\"'";

/// A word of the text, in the syntax that most servers share: blanks, quotes, `;`, braces, `#`.
struct ConfigWord {
    std::string_view text;        ///< without quotes; empty at the end of the text
    bool is_first = false;        ///< first word of a statement or a line
    bool is_second = false;       ///< the word after a first word
    bool ends_statement = false;  ///< a `;` follows
    int line = 1;
};

class ConfigWords {
  public:
    explicit ConfigWords(std::string_view text) : rest_(text) {}

    ConfigWord next() {
        skip();
        ConfigWord word;
        word.line = line_;
        word.is_first = place_ == 0;
        word.is_second = place_ == 1;
        word.text = take();
        ++place_;
        const auto after = rest_.find_first_not_of(blanks);
        word.ends_statement = after != std::string_view::npos && rest_[after] == ';';
        return word;
    }

  private:
    void drop(std::size_t size) {
        line_ += static_cast<int>(
            std::count(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(size), '\n'));
        rest_.remove_prefix(size);
    }

    void skip() {
        while (!rest_.empty()) {
            const char c = rest_.front();
            if (c == '#') {
                drop(std::min(rest_.find('\n'), rest_.size()));
            } else if (c == ';' || c == '{' || c == '}' || c == '\n') {
                place_ = 0;
                drop(1);
            } else if (blanks.find(c) != std::string_view::npos) {
                drop(1);
            } else {
                return;
            }
        }
    }

    std::string_view take() {
        if (rest_.empty()) return {};
        if (quotes.find(rest_.front()) != std::string_view::npos) {
            const auto end = std::min(rest_.find(rest_.front(), 1), rest_.size());
            const std::string_view inside = rest_.substr(1, end - 1);
            drop(std::min(end + 1, rest_.size()));
            return inside.empty() ? std::string_view(" ") : inside;
        }
        const auto end = std::min(rest_.find_first_of(" \t\r\n;{}\"'", 1), rest_.size());
        const std::string_view word = rest_.substr(0, end);
        drop(end);
        return word;
    }

    std::string_view rest_;
    int line_ = 1;
    int place_ = 0;  ///< position of the next word in its statement
};

/// The rest of a path below `root`, without the slash; nothing for any other path. An option may
/// precede the path, as in `--config=/var/lib/…`.
std::string_view below_root(std::string_view word, std::string_view root) {
    const auto at = word.find(root);
    if (at == std::string_view::npos || (at > 0 && word[at - 1] != '=' && word[at - 1] != ':'))
        return {};
    std::string_view rest = word.substr(at + root.size());
    if (!rest.starts_with('/')) return {};
    return rest.substr(1);
}

bool is_in(std::string_view path, std::string_view folder) {
    return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

std::string judge_path(const ConfigWord& word, std::string_view directive, std::string_view root) {
    const bool is_served = directive == "root" || directive == "alias";
    const bool is_relative =
        std::string_view("/$= ").find(word.text.front()) == std::string_view::npos;
    if (is_served && word.is_second && word.ends_statement && is_relative) {
        return std::string(directive) + " " + std::string(word.text) +
               " is relative: nginx looks below its prefix, not in the version; write " +
               std::string(root) + "/live/" + std::string(word.text);
    }
    const std::string_view below = below_root(word.text, root);
    if (is_in(below, "live") && !is_served) {
        return std::string(word.text) +
               ": before the switch this is still the version before, and so the check judges that "
               "one; a path relative to the file that includes it is checked and used alike";
    }
    if (is_in(below, "versions") || is_in(below, "staging")) {
        return std::string(word.text) +
               " goes on meaning that one folder, which is removed some versions later; write a "
               "relative path, or " +
               std::string(root) + "/live";
    }
    return {};
}

}  // namespace

std::vector<std::string> path_remarks(std::string_view file, std::string_view text,
                                      std::string_view root) {
    std::vector<std::string> remarks;
    ConfigWords words(text);
    std::string_view directive;
    while (remarks.size() < remarks_max) {
        const ConfigWord word = words.next();
        if (word.text.empty()) break;
        if (word.is_first) directive = word.text;
        if (const std::string remark = judge_path(word, directive, root); !remark.empty()) {
            remarks.push_back(std::string(file) + ", line " + std::to_string(word.line) + ": " +
                              remark);
        }
    }
    return remarks;
}

}  // namespace edgeroll::release
