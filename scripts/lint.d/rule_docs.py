"""The documents name every setting, and only files that exist."""
import posixpath
import re

from tree import Finding, line_of

RULE = "docs"
ABOUT = "docs/settings.md and docs/api.md name the settings and calls that there are; links in documents lead somewhere"

PAGE = "docs/settings.md"
NAME = r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|MIGRATE"


def known_settings(tree):
    """Settings of the two services (their tables) and of the command line (the variables it reads)."""
    names = {}
    for path in ("control/settings.cpp", "agent/settings.cpp", "tls/rt/settings.cpp", "control/cli/connection.cpp"):
        text = tree.files.get(path, "")
        for match in re.finditer(rf'"({NAME})"', text):
            names.setdefault(match.group(1), (path, line_of(text, match.start())))
    return names


def documented_settings(text):
    """Names in the first column of the page's tables."""
    names = {}
    for row in re.finditer(r"^\| (`[^|]*?) \|", text, re.M):
        for name in re.findall(rf"`({NAME})`", row.group(1)):
            names.setdefault(name, line_of(text, row.start()))
    return names


def check_settings(tree):
    known = known_settings(tree)
    named = documented_settings(tree.files.get(PAGE, ""))
    for name, (path, line) in sorted(known.items()):
        if name not in named:
            yield Finding(path, line, RULE, f"{name} is missing in the tables of {PAGE}")
    for name, line in sorted(named.items()):
        if name not in known:
            yield Finding(PAGE, line, RULE, f"no program has the setting {name}")


API = "docs/api.md"
ROUTE = re.compile(r'\brouter\.add\(\s*"([A-Z]+)",\s*"(/[^"]*)"')


def check_routes(tree):
    """Each call is on its page as `METHOD /path`; GET and PUT of one path may share an entry."""
    said = tree.files.get(API, "")
    for path in tree.paths(".cpp", under=("control/api/",)):
        for match in ROUTE.finditer(tree.files[path]):
            method, route = match.group(1), match.group(2)
            shown = re.escape(re.sub(r"\{(\w+)\}", r"<\1>", route))
            together = rf"`{method} {shown}(?:[?`]|\b)" if method != "GET" else rf"`(?:GET|[A-Z]+) {shown}(?:[?`]|\b)"
            if not re.search(together, said):
                yield Finding(path, line_of(tree.files[path], match.start()), RULE,
                              f"{method} {route} is missing in {API}")


def check_links(tree):
    for path in tree.paths(".md"):
        text = tree.files[path]
        for match in re.finditer(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)", text):
            target = match.group(1)
            if re.match(r"[a-z]+:", target):
                continue
            full = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            if full not in tree.files and not any(other.startswith(full + "/") for other in tree.files):
                yield Finding(path, line_of(text, match.start()), RULE, f"the link leads nowhere: {target}")


def check(tree):
    yield from check_settings(tree)
    yield from check_routes(tree)
    yield from check_links(tree)


_PAGE = "| variable | default |\n| --- | --- |\n| `HTTP_CERT`, `HTTP_KEY` | none, see `LOG_LEVEL` |\n"
GOOD = [
    {PAGE: _PAGE, "control/settings.cpp": 'add("HTTP_CERT", x); add("HTTP_KEY", y);'},
    {PAGE: _PAGE.replace("HTTP_KEY", "HTTP_CERT"), "control/settings.cpp": 'add("HTTP_CERT", x);',
     API: "`PUT /api/v1/configs/<version>` stores, `GET` answers\n", "control/api/a.cpp":
     'router.add("PUT", "/api/v1/configs/{version}", x); router.add("GET", "/api/v1/configs/{version}", y);'},
    {"README.md": "[a](docs/a.md#part) [b](https://example.org/x) [c](docs/)", "docs/a.md": "[back](../README.md)"},
]
BAD = [
    {PAGE: _PAGE, "control/settings.cpp": 'add("HTTP_CERT", x); add("HTTP_KEY", y); add("HTTP_ADDR", z);'},
    {PAGE: _PAGE, "control/settings.cpp": 'add("HTTP_CERT", x);'},
    {"README.md": "[a](docs/b.md)", "docs/a.md": ""},
    {API: "`GET /api/v1/nodes` lists\n", "control/api/a.cpp": 'router.add("POST", "/api/v1/nodes", x);'},
    {API: "", "control/api/a.cpp": 'router.add(\n    "GET", "/healthz", x);'},
]
