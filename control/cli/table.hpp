// A table of text: columns as wide as their widest cell, numbers to the right.
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
        bool keeps_both_ends = false;  ///< ... in the middle, for what a server said
    };

    explicit Table(std::vector<Column> columns);

    /// One cell a column; what is missing is empty. Cells are made printable here, so no caller can
    /// forget to.
    void add(std::vector<std::string> cells);
    [[nodiscard]] bool is_empty() const { return rows_.empty(); }
    /// Title line and rows, each ended by a newline, no spaces at line ends. Columns that have no
    /// content in any row are left out.
    [[nodiscard]] std::string text() const;

  private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

/// `name  value` lines, the values in one column; lines without a value are left out.
[[nodiscard]] std::string render_fields(
    const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace edgeroll::cli
