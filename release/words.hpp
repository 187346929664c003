// The words of an enum as one table that is tied to it: a value without a word, words in another
// order than the enum's values, and two equal words do not compile.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace edgeroll::release {

/// Whether the enum names this value. GCC and clang print a named value by its name, and any other
/// as a cast: `(Hold)8`.
template <auto value>
[[nodiscard]] consteval bool is_enumerator() {
    const std::string_view text = __PRETTY_FUNCTION__;
    const std::size_t after = text.rfind(')') + 1;
    return after >= text.size() || text[after] < '0' || text[after] > '9';
}

/// The number of values of the enum. They must be 0, 1, 2, …
template <class Enum, std::size_t known = 0>
[[nodiscard]] consteval std::size_t count_of_enum() {
    if constexpr (is_enumerator<static_cast<Enum>(known)>()) {
        return count_of_enum<Enum, known + 1>();
    } else {
        return known;
    }
}
template <class Enum>
inline constexpr std::size_t enum_size = count_of_enum<Enum>();

/// All values, ascending.
template <class Enum>
inline constexpr auto enum_values = [] {
    std::array<Enum, enum_size<Enum>> values{};
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<Enum>(i);
    return values;
}();

template <class Enum>
struct Word {
    Enum value;
    std::string_view text;
};

/// Marks an enum whose first value is `none` with an empty word.
struct NoneIsEmpty {};
inline constexpr NoneIsEmpty none_is_empty;

// Never defined: a wrong table ends the compilation with the name of one of these.
void words_must_be_in_the_order_of_the_enum();
void only_none_may_be_an_empty_word();
void each_word_must_have_one_value();

/// The table: one word for each value, in the order of the enum.
template <class Enum>
class Words {
  public:
    template <std::size_t entries>
    consteval explicit Words(const Word<Enum> (&table)[entries]) : Words(table, false) {}
    template <std::size_t entries>
    consteval Words(NoneIsEmpty, const Word<Enum> (&table)[entries]) : Words(table, true) {}

    [[nodiscard]] constexpr std::string_view text(Enum value) const {
        const auto index = static_cast<std::size_t>(value);
        return index < texts_.size() ? texts_[index] : std::string_view();
    }
    /// The value of a word; nothing for a word outside the table.
    [[nodiscard]] constexpr std::optional<Enum> value(std::string_view text) const {
        for (std::size_t i = 0; i < texts_.size(); ++i) {
            if (texts_[i] == text) return static_cast<Enum>(i);
        }
        return std::nullopt;
    }

  private:
    template <std::size_t entries>
    consteval Words(const Word<Enum> (&table)[entries], bool is_none_empty) {
        static_assert(entries == enum_size<Enum>, "each value of the enum needs its word");
        for (std::size_t i = 0; i < entries; ++i) {
            const auto& [value, text] = table[i];
            if (static_cast<std::size_t>(value) != i) words_must_be_in_the_order_of_the_enum();
            if (text.empty() != (i == 0 && is_none_empty)) only_none_may_be_an_empty_word();
            for (std::size_t j = 0; j < i; ++j) {
                if (texts_[j] == text) each_word_must_have_one_value();
            }
            texts_[i] = text;
        }
    }

    std::array<std::string_view, enum_size<Enum>> texts_{};
};

/// The words with a separator between them, without the empty word. The enum has a to_text().
/// @param last separator before the last word, if there are several
template <class Enum>
[[nodiscard]] std::string listed(std::string_view last, std::string_view between = ", ") {
    std::string text;
    for (const Enum value : enum_values<Enum>) {
        if (to_text(value).empty()) continue;
        if (!text.empty()) text += value == enum_values<Enum>.back() ? last : between;
        text += to_text(value);
    }
    return text;
}
/// "stop|pause|rollback", the form in which the command line shows a choice.
template <class Enum>
[[nodiscard]] std::string choice() {
    return listed<Enum>("|", "|");
}

}  // namespace edgeroll::release
