"""The contract names everything in the code: settings, columns, words, keys, codes, calls, fields."""
import re

from rule_docs import NAME
from tree import Finding, line_of

RULE = "contract"
ABOUT = "docs/contract.md names every setting (with its default), column, word, key, code, call and field of the code"

PAGE, SETTINGS = "docs/contract.md", "docs/settings.md"
ROUTE = re.compile(r'\brouter\.add\(\s*"([A-Z]+)",\s*"(/[^"]*)"')
#: Where the fields of messages are written.
FIELDS = ("control/store/engine/callback_queries.cpp", "release/wire/task_message.cpp", "release/wire/dispatch_message.cpp")
#: ... and where those of the API have their names.
NAMES = "control/api/names/field_names.hpp"


def part_of(text, heading):
    """The text below a heading, up to the next heading of its level or higher."""
    found = re.search(rf"^(#+) {heading}\b.*\n", text, re.M)
    if not found:
        return ""
    rest = text[found.end():]
    end = re.search(rf"^#{{1,{len(found.group(1))}}} ", rest, re.M)
    return rest[:end.start()] if end else rest


def defaults_of(section):
    """Maps a setting's name to the text of its default, from the tables."""
    defaults = {}
    for cell, default in re.findall(r"^\| (`[^|]*?`) \| ([^|]*?) \|", section, re.M):
        names = re.findall(rf"`({NAME})`", cell)
        each = default.split(", ")
        for number, name in enumerate(names):
            defaults[name] = each[number] if len(each) == len(names) else default
    return defaults


def check_settings(tree):
    for section, program in (("2\\.1", "edgeroll-control"), ("2\\.2", "edgeroll-agent")):
        here = defaults_of(part_of(tree.files[PAGE], section))
        there = defaults_of(part_of(tree.files.get(SETTINGS, ""), program))
        for name in sorted(here.keys() | there.keys()):
            if here.get(name) != there.get(name):
                yield PAGE, 1, f"{name} of {program} is '{here.get(name)}' here and '{there.get(name)}' in {SETTINGS}"


def words_of_code(tree):
    """(path, position, what, word, section that must have the word in backticks)"""
    for path in tree.paths(".sql", under=("sql/sqlite/",)):
        text = tree.files[path]
        for match in re.finditer(r"^CREATE TABLE IF NOT EXISTS (\w+)|^    (\w+) [A-Z]|ADD COLUMN (\w+)", text, re.M):
            word = match.group(1) or match.group(2) or match.group(3)
            if word.islower():
                yield path, match.start(), "table or column", word, "3"
    for path, lines, what, section in (("release/states.cpp", r"words\{.*?\}", "word", "3"),
                                       ("release/wire/batch_config.cpp", r'^    "\w+".*$', "key", "6")):
        text = tree.files.get(path, "")
        for found in re.finditer(lines, text, re.M | (re.S if what == "word" else 0)):
            for word in re.findall(r'"(\w+)"', found.group(0)):
                yield path, found.start(), what, word, section


def check_words(tree):
    shown = {section: set(re.findall(r"\w+", " ".join(re.findall(r"^#.*|`[^`]*`", part_of(tree.files[PAGE], section), re.M))))
             for section in ("3", "6")}
    for path, position, what, word, section in words_of_code(tree):
        if word not in shown[section]:
            yield path, position, f"the {what} {word} is missing in section {section} of {PAGE}"


def check_codes(tree):
    path = "release/result.hpp"
    text = tree.files.get(path, "")
    for match in re.finditer(r"\b\w+ = ([1-5]\d{3})\b", text):
        if not re.search(rf"^\| {match.group(1)} \|", part_of(tree.files[PAGE], "7\\.1"), re.M):
            yield path, match.start(), f"code {match.group(1)} is missing in {PAGE}"


def check_calls(tree):
    def plain(text):
        return re.sub(r"\{\w+\}|<\w+>", "*", text)
    shown = plain(tree.files[PAGE])
    for path in tree.paths(".cpp", under=("control/api/", "agent/")):
        for match in ROUTE.finditer(tree.files[path]):
            if f"`{match.group(1)} {plain(match.group(2))}`" not in shown:
                yield path, match.start(), f"{match.group(1)} {match.group(2)} is missing in {PAGE}"


def check_fields(tree):
    shown = set(re.findall(r"\w+", tree.files[PAGE]))
    for path in (*FIELDS, NAMES):
        text = tree.files.get(path, "")
        for match in re.finditer(r'\b\w+\["(\w+)"\] =|const char\* \w+ =\s+"(?P<name>\w+)"', text):
            name = match.group(1) or match.group("name")
            if name not in shown:
                yield path, match.start(), f"the field {name} is missing in {PAGE}"


def check(tree):
    if PAGE not in tree.files:
        return
    for part in (check_settings, check_words, check_codes, check_calls, check_fields):
        for path, position, message in part(tree):
            yield Finding(path, line_of(tree.files[path], position), RULE, message)


_PAGE = """## 2. Settings
### 2.1 edgeroll-control
| variable | default | x |
| --- | --- | --- |
| `HTTP_CERT`, `HTTP_ADDR` | none, `:1` | y |
### 2.2 edgeroll-agent
## 3. Tables
### 3.2 nodes
`id`, `pending`
## 6. Batches
`batch_size`
### 7.1 Answers
| 1001 | 401 | no token |
`GET /healthz` `GET /tasks/{taskId}` lastError
"""
_OLD = "## edgeroll-control\n| `HTTP_CERT` | none | y |\n| `HTTP_ADDR` | `:1` | z |\n"
GOOD = [
    {PAGE: _PAGE, SETTINGS: _OLD, "sql/sqlite/V0001__a.sql": "CREATE TABLE IF NOT EXISTS nodes (\n    id INTEGER\n);\n",
     "release/states.cpp": 'words{"", "pending"};', "release/wire/batch_config.cpp": '{\n    "batch_size"};',
     "release/result.hpp": "int no_token = 1001;", "agent/routes.cpp": 'router.add("GET", "/tasks/{id}", x);',
     NAMES: 'inline constexpr const char* last_error = "lastError";'},
    {"release/result.hpp": "int no_token = 1001;"},
]
_ONE = {PAGE: _PAGE, SETTINGS: _OLD}
BAD = [
    {PAGE: _PAGE, SETTINGS: _OLD.replace(":1", ":2")},
    {PAGE: _PAGE, SETTINGS: _OLD + "| `HTTP_KEY` | none | y |\n"},
    {**_ONE, "sql/sqlite/V0001__a.sql": "CREATE TABLE IF NOT EXISTS nodes (\n    name TEXT\n);\n"},
    {**_ONE, "sql/sqlite/V0002__b.sql": "ALTER TABLE nodes ADD COLUMN name TEXT;\n"},
    {**_ONE, "release/states.cpp": 'words{"pending", "lost"};'},
    {**_ONE, "release/wire/batch_config.cpp": '{\n    "batch_size", "bake_sec"};'},
    {**_ONE, "release/result.hpp": "int bad_token = 1002;"},
    {**_ONE, "agent/routes.cpp": 'router.add("GET", "/state", x);'},
    {**_ONE, NAMES: 'inline constexpr const char* last_word = "lastWord";'},
    {**_ONE, "release/wire/task_message.cpp": 'data["lastWord"] = x;'},
]
