"""Columns of a row are read by a list that also selects them (control/store/rows/columns.hpp)."""
import re

from tree import Finding, line_of

RULE = "column-number"
ABOUT = "no column above 1 is read by its number outside control/store/db/: a list selects and reads it"

HOME = "control/store/db/"
# `.text(2)`, `.integer_or(2, 0)`, `Field(row, 2)`, `text_at(row, 2)`. Field::integer_or(0) takes no number of a column.
NUMBER = r"(?:[2-9]|[1-9]\d+)[uU]?[lLzZ]*"
READS = [re.compile(rf"[.>]\s*(?:text|integer|is_null|small)\s*\(\s*{NUMBER}\s*[,)]"),
         re.compile(rf"[.>]\s*integer_or\s*\(\s*{NUMBER}\s*,"),
         re.compile(rf"\b(?:Field|\w+_at)\s*\(\s*[\w.\[\]>*-]+\s*,\s*{NUMBER}\s*\)")]


def check(tree):
    for path in tree.paths(".cpp", ".hpp", under=("control/",)):
        if path.startswith(HOME):
            continue
        code = tree.code(path)
        for pattern in READS:
            for match in re.finditer(pattern, code):
                yield Finding(path, line_of(code, match.start()), RULE,
                              f"{match.group(0).lstrip('.>').strip()}: read it by a list of control/store/rows/columns.hpp")


GOOD = [
    {"control/store/api/a.cpp": 'row.text(0); row.integer_or(1, 0); rows[0].is_null(1); // row.text(2)'},
    {"control/store/api/a.cpp": '{"name", into<&Node::name>}; field.integer_or(2); std::string s = "row.text(7)";'},
    {"control/store/db/a.cpp": "row.text(5); text_at(row, 6);"},
    {"control/store/rows/a.cpp": "Field(row, 0); id_at(row, 1); std::exchange(x, 2); values.at(3);"},
    {"tests/store/a_test.cpp": "row.text(3);"},
]
BAD = [
    {"control/store/api/a.cpp": "view.name = row.text(2);"},
    {"control/store/api/a.cpp": "rows.at(0).integer_or(12, 0);"},
    {"control/store/engine/a.cpp": "if (!row.is_null( 3 )) return;"},
    {"control/store/engine/a.cpp": "row.small(4, 1);"},
    {"control/store/a.cpp": "row.integer(2U);"},
    {"control/store/rows/a.cpp": "version_at(row, 10);"},
    {"control/store/rows/a.cpp": "into<&Node::name>(node, Field(rows[0], 2));"},
]
