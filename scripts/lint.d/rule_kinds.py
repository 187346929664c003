"""Every kind in release_events is in docs/runbook.md, and vice versa."""
import re

from tree import Finding, blank, line_of

RULE = "release-event"
ABOUT = "kinds of release_events and docs/runbook.md name the same"

RUNBOOK = "docs/runbook.md"
CODE = ("release/", "control/core/", "control/store/")
# draft.note("kind", …), record(connection, request, "kind", …), row.kind = "kind"; with `+` after
# or before it a part of a kind, such as "node_" + status.
SOURCES = [re.compile(r'\bnote\(\s*()"([a-z_]+)"()\s*[,)]'), re.compile(r'\bkind = ()"([a-z_]+)"(\s*\+)?'),
           re.compile(r'\brecord\([^;{]*?(\+\s*)?"([a-z_]+)"()\s*,')]


def written(tree):
    """(kind or a part of one, whether it is a part) -> (path, line)."""
    kinds = {}
    for path in tree.paths(".cpp", ".hpp", under=CODE):
        text = blank(tree.files[path], keep_strings=True)
        for source in SOURCES:
            for match in source.finditer(text):
                part = bool(match.group(1) or match.group(3))
                kinds.setdefault((match.group(2), part), (path, line_of(text, match.start())))
    return kinds


def documented(text):
    """Names in the first column of the table under the heading `Release events`."""
    section = re.search(r"^## Release events\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    names = {}
    for row in re.finditer(r"^\| (`[^|]*?) \|", section.group(1), re.M) if section else ():
        for name in re.findall(r"`([a-z_]+(?:<[a-z]+>)?)`", row.group(1)):
            names.setdefault(name, line_of(text, section.start(1) + row.start()))
    return names


def fits(name, part):
    return name.startswith(part) or name.endswith(part)


def check(tree):
    kinds = written(tree)
    named = documented(tree.files.get(RUNBOOK, ""))
    for (kind, is_part), (path, line) in sorted(kinds.items()):
        of_a_group = any("<" in name and kind.startswith(name.partition("<")[0]) for name in named)
        if kind not in named and not of_a_group and not (is_part and any(fits(name, kind) for name in named)):
            yield Finding(path, line, RULE, f"kind {kind} is missing in the table 'Release events' of {RUNBOOK}")
    for name, line in sorted(named.items()):
        plain = name.partition("<")[0]
        if (plain, False) not in kinds and not any(is_part and fits(plain, kind) for kind, is_part in kinds):
            yield Finding(RUNBOOK, line, RULE, f"no code writes the kind {name}")


_BOOK = "## Release events\n\n| kind | means |\n| --- | --- |\n| `claimed`, `node_<status>` | x `no` |\n\n## Logged events\n"
_CODE = 'row.kind = "node_" + text; row.kind = "claimed";'
GOOD = [
    {RUNBOOK: _BOOK, "control/store/a.cpp": _CODE},
    {RUNBOOK: _BOOK, "control/store/a.cpp": _CODE + 'row.kind = "node_failed";'},
    {RUNBOOK: _BOOK.replace("`claimed`", "`pause_requested`, `claimed`"),
     "control/store/a.cpp": _CODE + 'record(c, r, std::string(to_text(a)) + "_requested", {});'},
]
BAD = [
    {RUNBOOK: _BOOK, "control/store/a.cpp": _CODE, "release/a.cpp": 'draft.note("waived", {});'},
    {RUNBOOK: _BOOK, "control/store/a.cpp": _CODE, "release/a.cpp": 'draft.note("waived");'},
    {RUNBOOK: _BOOK, "control/store/a.cpp": _CODE + 'row.kind = "callback_" + word;'},
    {RUNBOOK: _BOOK, "control/store/a.cpp": 'row.kind = "node_" + text;'},
    {RUNBOOK: _BOOK, "control/store/a.cpp": 'row.kind = "claimed";'},
    {RUNBOOK: _BOOK, "control/store/a.cpp": _CODE + 'record(c, r, "limits_changed", {});'},
]
