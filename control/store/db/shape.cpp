#include "control/store/db/shape.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <map>
#include <vector>

#include "control/store/db/migrations.hpp"
#include "control/store/db/script.hpp"

namespace edgeroll::control {
namespace {

struct Column {
    bool must_be_given = false;
    std::string character_set;  ///< empty: the column holds no text, or any text (SQLite)
};
using Columns = std::map<std::string, Column>;
using Tables = std::map<std::string, Columns>;

std::string lower_case(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

/// The tables that this program's migrations create. Both databases have the same names, so an
/// empty SQLite database in memory provides them.
Tables known_tables() {
    SQLite::Database memory(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    for (const Migration& migration : sqlite_migrations()) {
        for (const std::string& statement : script_statements(migration.sql))
            memory.exec(statement);
    }
    Tables tables;
    SQLite::Statement named(memory,
                            "SELECT m.name, c.name FROM sqlite_master m JOIN "
                            "pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT "
                            "LIKE 'sqlite_%'");
    while (named.executeStep())
        tables[named.getColumn(0).getString()][named.getColumn(1).getString()];
    return tables;
}

Tables present_tables(Connection& connection) {
    const std::string sql =
        connection.dialect().is_mysql()
            ? "SELECT table_name, column_name, CASE WHEN is_nullable = 'NO' AND column_default IS "
              "NULL AND extra NOT LIKE '%auto_increment%' AND extra NOT LIKE '%GENERATED%' THEN 1 "
              "ELSE 0 END, character_set_name FROM information_schema.columns WHERE table_schema "
              "= DATABASE()"
            : "SELECT m.name, c.name, CASE WHEN c.\"notnull\" = 1 AND c.dflt_value IS NULL AND "
              "c.pk = 0 THEN 1 ELSE 0 END, NULL FROM sqlite_master m JOIN "
              "pragma_table_info(m.name) c WHERE m.type = 'table'";
    Tables tables;
    for (const Row& row : connection.query(sql)) {
        Column& column = tables[lower_case(row.text(0))][lower_case(row.text(1))];
        column.must_be_given = row.integer_or(2, 0) != 0;
        column.character_set = row.text(3);
    }
    return tables;
}

std::string complaint_about(const std::string& table, const Columns& known,
                            const Columns& present) {
    for (const auto& [name, column] : known) {
        const auto found = present.find(name);
        if (found == present.end()) {
            return "column " + table + "." + name +
                   ", which this program needs, is missing, or its user may not see it: the table "
                   "was not made by edgeroll-control migrate, or by a newer one that no longer has "
                   "it";
        }
        const std::string& character_set = found->second.character_set;
        if (!character_set.empty() && character_set != "utf8mb4") {
            return "column " + table + "." + name + " has the character set " + character_set +
                   ", which cannot hold every letter: ALTER TABLE " + table +
                   " CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
        }
    }
    for (const auto& [name, column] : present) {
        if (known.count(name) != 0 || !column.must_be_given) continue;
        return "column " + table + "." + name +
               " is not known to this program, and rows cannot be added without it: use a newer "
               "edgeroll-control, or give the column a default";
    }
    return {};
}

}  // namespace

std::string shape_complaint(Connection& connection) {
    const Tables present = present_tables(connection);
    for (const auto& [table, columns] : known_tables()) {
        const auto found = present.find(table);
        if (found == present.end()) {
            return "table " + table +
                   ", which this program needs, is missing, or its user may not see it";
        }
        if (auto complaint = complaint_about(table, columns, found->second); !complaint.empty()) {
            return complaint;
        }
    }
    return {};
}

}  // namespace edgeroll::control
