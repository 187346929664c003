"""Tables of the documents that the code could write itself: rooms, metrics, codes."""
import re

import rule_includes
from tree import Finding, line_of

RULE = "tables"
ABOUT = "the tables of rooms (docs/architecture.md), metrics (docs/runbook.md) and codes (docs/api.md) are those of the code"

ROOMS, METRICS, CODES = "docs/architecture.md", "docs/runbook.md", "docs/api.md"
#: A folder in backticks.
FOLDER = re.compile(r"`((?:release|tls|control|agent)/[\w/]*)`")


def rows_of(text, head):
    """(position, cells) of each row of the table that begins with this head."""
    found = re.search(rf"^\| {re.escape(head)} \|.*\n\|[ |-]+\n((?:\|.*\n)*)", text, re.M)
    for row in re.finditer(r"^\|(.*)\|$", found.group(1) if found else "", re.M):
        yield found.start(1) + row.start(), [cell.strip() for cell in row.group(1).split("|")]


def fault_of_room(folder, cell):
    """What the table says of the room and rule_includes does not, or the other way round."""
    rules = rule_includes.MAY_INCLUDE
    named = FOLDER.findall(cell)
    for room in named:
        if not rule_includes.may(rules[folder], room + "x.hpp"):
            return f"{folder} may not include {room}"
    if "every room" in cell:
        named += [room for room in rules if room.startswith(folder) and room != folder]
    for rule in rules[folder]:
        room = rule.rstrip("*")
        # What a room that is named may include need not be named too.
        through = {other.rstrip("*") for name in named for other in rules.get(name, [])}
        if not (room.startswith(folder) or room in through or any(name.startswith(room) or room.startswith(name) for name in named)):
            return f"{folder} may include {room}, which the table does not say"
    return None


def check_rooms(tree):
    text = tree.files[ROOMS]
    shown = set()
    for position, cells in rows_of(text, "folder"):
        for folder in FOLDER.findall(cells[0]):
            shown.add(folder)
            fault = fault_of_room(folder, cells[-1]) if folder in rule_includes.MAY_INCLUDE else f"no rule knows {folder}"
            if fault:
                yield ROOMS, position, fault
    for folder in sorted(rule_includes.MAY_INCLUDE.keys() - shown):
        if not folder.endswith("/"):
            continue  # a rule for one file
        yield ROOMS, 0, f"{folder} is missing in the table of rooms"


def check_both_ways(tree, page, what, coded, shown):
    """@param coded, shown (name, path, position) of the code, (name, position) of the page"""
    here = {name for name, _ in shown}
    there = {name for name, _, _ in coded}
    for name, path, position in coded:
        if name not in here:
            yield path, position, f"the {what} {name} is missing in the table of {page}"
    for name, position in shown:
        if name not in there:
            yield page, position, f"there is no {what} {name}"


def check_metrics(tree):
    coded = [(match.group(1), path, match.start()) for path in tree.paths(".cpp", under=("control/",))
             for match in re.finditer(r'"(edgeroll_[a-z_]+)"', tree.files[path]) if "prometheus" in tree.files[path]]
    shown = [(re.match(r"`(\w*)", cells[0]).group(1), position) for position, cells in rows_of(tree.files[METRICS], "metric")]
    yield from check_both_ways(tree, METRICS, "metric", coded, shown)


def check_codes(tree):
    path = "release/result.hpp"
    coded = [(match.group(1), path, match.start()) for match in re.finditer(r"\b\w+ = ([1-5]\d{3})\b", tree.files.get(path, ""))]
    shown = [(cells[1], position) for position, cells in rows_of(tree.files[CODES], "HTTP")]
    yield from check_both_ways(tree, CODES, "code", coded, shown)


def check(tree):
    for page, part in ((ROOMS, check_rooms), (METRICS, check_metrics), (CODES, check_codes)):
        if page in tree.files:
            for path, position, message in part(tree):
                yield Finding(path, line_of(tree.files[path], position), RULE, message)


def _rooms(change=None):
    """The table as the rules have it, with one row changed."""
    cells = {folder: ", ".join(f"`{rule.rstrip('*')}`" for rule in rules) for folder, rules in rule_includes.MAY_INCLUDE.items()}
    cells |= change or {}
    return {ROOMS: "| folder | what | may include |\n| --- | --- | --- |\n"
            + "".join(f"| `{folder}` | x | {cell} |\n" for folder, cell in cells.items() if cell)}


_METRICS = {METRICS: "| metric | meaning |\n| --- | --- |\n| `edgeroll_up{kind}` | x |\n"}
_CODES = {CODES: "| HTTP | code | meaning |\n| --- | --- | --- |\n| 401 | 1001 | x |\n"}
GOOD = [
    _rooms(),
    {**_METRICS, "control/api/metrics.cpp": '#include <prometheus/gauge.h>\n.Name("edgeroll_up")'},
    {**_CODES, "release/result.hpp": "int no_token = 1001;"},
]
BAD = [
    _rooms({"agent/apply/": "`release/`, `tls/`"}),
    _rooms({"control/agents/": "`tls/`"}),
    _rooms({"control/cli/": ""}),
    _rooms({"control/nowhere/": "`tls/`"}),
    {**_METRICS, "control/api/metrics.cpp": '#include <prometheus/gauge.h>\n.Name("edgeroll_up") .Name("edgeroll_down")'},
    _METRICS,
    {**_CODES, "release/result.hpp": "int no_token = 1001, bad_token = 1002;"},
    _CODES,
]
