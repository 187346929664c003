"""Prose of Markdown pages is wrapped, so that a change of one sentence shows as a change of few lines."""
import re

from tree import Finding

RULE = "line-width"
WIDTH = 100
ABOUT = f"prose of Markdown pages is at most {WIDTH} columns wide (not code, tables, headings, and a span or link of its own)"

#: Text that may not be broken: code in backticks and links. Everything else may be broken at blanks.
WHOLE = re.compile(r"`[^`]*`|\[(?:`[^`]*`|[^\]`])*\]\([^)\s]*\)")
EXCEPTED = re.compile(r"\s*\||#|<!--")


def prose(text):
    """(number, line) of the lines outside of blocks of code, tables, headings and comments."""
    is_code = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("```"):
            is_code = not is_code
        elif not is_code and not EXCEPTED.match(line):
            yield number, line


def can_be_broken(line):
    start = re.match(r"\s*(?:[-*] |\d+\. )?", line).end()
    return len(WHOLE.sub(lambda match: "x" * len(match.group(0)), line[start:]).split()) > 1


def check(tree):
    for path in tree.paths(".md"):
        for number, line in prose(tree.files[path]):
            if len(line) > WIDTH and can_be_broken(line):
                yield Finding(path, number, RULE, f"{len(line)} columns of prose: wrap them at {WIDTH}")


_LONG = "word " * 20 + "more"
_CODE = "`" + "code " * 24 + "`"
GOOD = [
    {"README.md": f"# {_LONG}\n| {_LONG} |\n  | {_LONG} |\n<!-- {_LONG} -->\n{_LONG[:100]}\n"},
    {"docs/a.md": f"```\n{_LONG}\n```\n- item\n  ```sh\n  {_LONG}\n  ```\n"},
    {"docs/a.md": f"{_CODE}\n- {_CODE}\n  [{_LONG}](b.md).\n1. [{_CODE}](b.md#part),\n"},
    {"docs/a.md": "é" * 100 + "\n", "docs/a.txt": _LONG},
]
BAD = [
    {"README.md": f"{_LONG}\n"},
    {"docs/adr/0001-a.md": f"- {_LONG}\n"},
    {"docs/a.md": f"```\n{_LONG}\n```\n{_LONG}\n"},
    {"docs/a.md": f"{_CODE} and\n"},
    {"docs/a.md": f"see {_CODE}\n"},
    {"docs/a.md": f"{'word ' * 16}[a link](https://example.org/x)\n"},
]
