#include "control/cli/table.hpp"

#include <algorithm>
#include <utility>

namespace edgeroll::cli {
namespace {

void end_line(std::string& text) {
    const std::size_t last = text.find_last_not_of(' ');
    text.erase(last == std::string::npos ? 0 : last + 1);
    text += '\n';
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add(std::vector<std::string> cells) {
    cells.resize(columns_.size());
    for (std::size_t at = 0; at < cells.size(); ++at) {
        cells[at] = printable(cells[at]);
        const std::size_t most = columns_[at].width_max;
        if (most == 0) continue;
        cells[at] = columns_[at].keeps_both_ends ? cut_middle_to_width(cells[at], most)
                                                 : cut_to_width(cells[at], most);
    }
    rows_.push_back(std::move(cells));
}

std::string Table::text() const {
    std::vector<std::size_t> widths(columns_.size(), 0);
    for (const auto& row : rows_) {
        for (std::size_t at = 0; at < row.size(); ++at) {
            widths[at] = std::max(widths[at], display_width(row[at]));
        }
    }
    std::string text;
    const auto add_line = [&](const auto& cell_at) {
        std::string line;
        for (std::size_t at = 0; at < columns_.size(); ++at) {
            if (widths[at] == 0) continue;
            const std::size_t width = std::max(widths[at], columns_[at].title.size());
            if (!line.empty()) line += "  ";
            line += padded(cell_at(at), width, columns_[at].align);
        }
        end_line(line);
        text += line;
    };
    add_line([&](std::size_t at) -> const std::string& { return columns_[at].title; });
    for (const auto& row : rows_) {
        add_line([&](std::size_t at) -> const std::string& { return row[at]; });
    }
    return text;
}

std::string render_fields(const std::vector<std::pair<std::string, std::string>>& fields) {
    std::size_t width = 0;
    for (const auto& [name, value] : fields) {
        if (!value.empty()) width = std::max(width, name.size());
    }
    std::string text;
    for (const auto& [name, value] : fields) {
        if (value.empty()) continue;
        text += padded(name, width, Align::left) + "  " + printable(value) + "\n";
    }
    return text;
}

}  // namespace edgeroll::cli
