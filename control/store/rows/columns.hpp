// One list per query holds the selected expressions and their destinations, so that a column that
// is added, removed or moved cannot be read at a wrong position.
//
//     const Columns<Place> columns{
//         {"id", into<&Place::id>},
//         {"main_ip", [](Place& place, const Field& field) { place.ip = address(field.text()); }},
//     };
//     for (const Place& place : select_rows(connection, columns, "FROM nodes ORDER BY id"))
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/store/db/connection.hpp"
#include "release/ids.hpp"
#include "release/states.hpp"
#include "release/time.hpp"

namespace edgeroll::control {

/// A column of a row; must not outlive the row. Reads like Row: never fails.
class Field {
  public:
    Field(const Row& row, std::size_t column) : row_(row), column_(column) {}

    [[nodiscard]] bool is_null() const { return row_.is_null(column_); }
    [[nodiscard]] std::string text() const { return row_.text(column_); }
    [[nodiscard]] std::optional<std::int64_t> integer() const { return row_.integer(column_); }
    [[nodiscard]] std::int64_t integer_or(std::int64_t otherwise) const {
        return row_.integer_or(column_, otherwise);
    }
    [[nodiscard]] int small() const { return row_.small(column_); }
    /// A flag or a condition: any integer but 0.
    [[nodiscard]] bool is_set() const { return integer_or(0) != 0; }

  private:
    const Row& row_;
    std::size_t column_;
};

template <class T>
struct Column {
    std::string sql;  ///< an expression, may have parameters or an alias; never input
    void (*read)(T& to, const Field& field);
};

/// The columns of a query whose rows become values of T.
template <class T>
class Columns {
  public:
    Columns(std::initializer_list<Column<T>> columns) : columns_(columns) {}

    /// The columns of both lists, these first.
    [[nodiscard]] Columns with(const Columns& more) const {
        Columns all = *this;
        all.columns_.insert(all.columns_.end(), more.columns_.begin(), more.columns_.end());
        return all;
    }

    /// "a, b, c"
    [[nodiscard]] std::string list() const {
        std::string text;
        for (const Column<T>& column : columns_)
            text += (text.empty() ? "" : ", ") + column.sql;
        return text;
    }
    /// Column by column, in the order of the list.
    [[nodiscard]] T read(const Row& row) const {
        T to{};
        for (std::size_t i = 0; i < columns_.size(); ++i)
            columns_[i].read(to, Field(row, i));
        return to;
    }

  private:
    std::vector<Column<T>> columns_;
};

/// All rows.
/// @param rest rest of the statement, from its FROM on
template <class T>
[[nodiscard]] std::vector<T> select_rows(Connection& connection, const Columns<T>& columns,
                                         const std::string& rest, const Values& values = {}) {
    const Rows rows = connection.query("SELECT " + columns.list() + " " + rest, values);
    std::vector<T> found;
    found.reserve(rows.size());
    for (const Row& row : rows)
        found.push_back(columns.read(row));
    return found;
}

/// The first row, or nothing.
/// @param rest rest of the statement, from its FROM on
template <class T>
[[nodiscard]] std::optional<T> select_row(Connection& connection, const Columns<T>& columns,
                                          const std::string& rest, const Values& values = {}) {
    const Rows rows = connection.query("SELECT " + columns.list() + " " + rest, values);
    if (rows.empty()) return std::nullopt;
    return columns.read(rows[0]);
}

namespace detail {

inline void put(std::string& to, const Field& field) {
    to = field.text();
}
inline void put(std::int64_t& to, const Field& field) {
    to = field.integer_or(0);
}
inline void put(int& to, const Field& field) {
    to = field.small();
}
inline void put(bool& to, const Field& field) {
    to = field.is_set();
}
inline void put(release::Millis& to, const Field& field) {
    to = release::Millis{field.integer_or(0)};
}
template <class Tag>
void put(release::Id<Tag>& to, const Field& field) {
    to.value = field.integer_or(0);
}
/// Nothing for NULL and for text that is not an integer.
template <class Number>
void put(std::optional<Number>& to, const Field& field) {
    if (field.integer()) put(to.emplace(), field);
}

template <class Member>
struct MemberOf;
template <class T, class Type>
struct MemberOf<Type T::*> {
    using Owner = T;
};
template <auto member>
using Owner = typename MemberOf<decltype(member)>::Owner;

}  // namespace detail

/// Stores a column in a member, or a member of a member, converted to its type: NULL becomes an
/// empty text, 0 or false, and text that is not an integer becomes 0 or false.
template <auto first, auto... next>
void into(detail::Owner<first>& to, const Field& field) {
    detail::put(((to.*first).*....*next), field);
}

/// Stores a word of the contract in a member, and `otherwise` for an unknown word.
template <auto otherwise, auto first, auto... next>
void word_into(detail::Owner<first>& to, const Field& field) {
    ((to.*first).*....*next) =
        release::from_text<decltype(otherwise)>(field.text()).value_or(otherwise);
}

/// Stores in a member whether a column is not NULL.
template <auto first, auto... next>
void presence_into(detail::Owner<first>& to, const Field& field) {
    ((to.*first).*....*next) = !field.is_null();
}

}  // namespace edgeroll::control
