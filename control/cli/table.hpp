// A text table: columns as wide as their widest cell, numbers right-aligned.
#pragma once

#include <string>
#include <vector>

#include "control/cli/text.hpp"

namespace edgeroll::cli {

class Table {
  public:
    struct Column {
        std::string title;
        Align align = Align::left;
        std::size_t width_max = 0;     ///< longer cells are cut; 0: never
        bool keeps_both_ends = false;  ///< cut in the middle, for server output
    };

    explicit Table(std::vector<Column> columns);

    /// One cell per column; missing cells are empty. Makes cells printable, so that no caller has
    /// to.
    void add(std::vector<std::string> cells);
    [[nodiscard]] bool is_empty() const { return rows_.empty(); }
    /// Title line and rows, each with a newline, without trailing spaces. Omits columns that are
    /// empty in all rows.
    [[nodiscard]] std::string text() const;

  private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

/// `name  value` lines with aligned values; omits lines without a value.
[[nodiscard]] std::string render_fields(
    const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace edgeroll::cli
