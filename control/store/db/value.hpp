// Values in statements and rows: NULL, integers and text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace edgeroll::control {

using Value = std::variant<std::monostate, std::int64_t, std::string>;
using Values = std::vector<Value>;

/// Text for a column where empty means NULL.
[[nodiscard]] inline Value null_if_empty(std::string text) {
    if (text.empty()) return std::monostate{};
    return text;
}

/// One row of a result. Columns by position. A column may hold any value (SQLite has no strict
/// types, and operators write rows too), so reading never fails: text that is no number reads as
/// missing.
class Row {
  public:
    explicit Row(Values values) : values_(std::move(values)) {}

    [[nodiscard]] bool is_null(std::size_t column) const {
        return std::holds_alternative<std::monostate>(values_.at(column));
    }
    /// Empty for NULL; numbers in decimal.
    [[nodiscard]] std::string text(std::size_t column) const;
    /// Nothing for NULL and for text that is not an integer.
    [[nodiscard]] std::optional<std::int64_t> integer(std::size_t column) const;
    [[nodiscard]] std::int64_t integer_or(std::size_t column, std::int64_t otherwise) const {
        return integer(column).value_or(otherwise);
    }
    /// As integer_or, clamped to the range of int.
    [[nodiscard]] int small(std::size_t column, int otherwise = 0) const;

  private:
    Values values_;
};

using Rows = std::vector<Row>;

}  // namespace edgeroll::control
