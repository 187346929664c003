"""Every logged event, and every kind in release_events, is in docs/runbook.md, and vice versa."""
import re

from tree import Finding, blank, line_of

RULE = "runbook-event"
ABOUT = "logged events and docs/runbook.md name the same events"

RUNBOOK = "docs/runbook.md"
CALL = re.compile(r"\b(note|log|say)\s*\(")
CODE = ("release/", "tls/", "control/", "agent/")


def logged(tree):
    """Event name -> (path, line). The name is the first string of a call that names a severity."""
    events = {}
    for path in tree.paths(".cpp", ".hpp", under=CODE):
        text = blank(tree.files[path], keep_strings=True)
        for match in CALL.finditer(text):
            call = re.match(r'[^;"{]*', text[match.end():match.end() + 400]).group(0)
            name = re.match(r'"([a-z][a-z0-9_]*)"', text[match.end() + len(call):])
            # say(event, reason) contains the severity.
            is_event = match.group(1) == "say" or re.search(r"\b(?:Severity|LogLevel)\s*::", call)
            if name and is_event:
                events.setdefault(name.group(1), (path, line_of(text, match.start())))
        for match in re.finditer(r'\blog_if_failed\s*\([^;]*"([a-z][a-z0-9_]*)"\s*\)\s*;', text):
            events.setdefault(match.group(1), (path, line_of(text, match.start())))
        # Event names that reach the log through a variable are marked in the source.
        for match in re.finditer(r'"([a-z][a-z0-9_]*)"(?=[^\n]*// event\b)', tree.files[path]):
            events.setdefault(match.group(1), (path, line_of(tree.files[path], match.start())))
    return events


def documented(text):
    """Names in the first column of the table under the heading `Logged events`."""
    section = re.search(r"^## Logged events\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    if not section:
        return {}
    return {match.group(1): line_of(text, section.start(1) + match.start())
            for match in re.finditer(r"^\| `([a-z0-9_]+)`", section.group(1), re.M)}


def check(tree):
    events = logged(tree)
    named = documented(tree.files.get(RUNBOOK, ""))
    for name, (path, line) in sorted(events.items()):
        if name not in named:
            yield Finding(path, line, RULE, f"event {name} is missing in the table 'Logged events' of {RUNBOOK}")
    for name, line in sorted(named.items()):
        if name not in events:
            yield Finding(RUNBOOK, line, RULE, f"no code logs the event {name}")


_BOOK = "## Logged events\n\n| event | means |\n| --- | --- |\n| `lease_lost` | x |\n\n## Metrics\n"
GOOD = [
    {RUNBOOK: _BOOK, "control/core/a.cpp": 'observer_.note(Severity::warn, "lease_lost", {{"a", b}});'},
    {RUNBOOK: _BOOK, "tls/a.cpp": 'log(bad ? LogLevel::warn : LogLevel::info,\n    "lease_lost", {});'},
    {RUNBOOK: _BOOK, "agent/a.cpp": 'log_if_failed(f(x), "lease_lost"); full.say("lease_lost", text);'},
    {RUNBOOK: _BOOK, "tls/a.cpp": 'report("lease_lost");  // event\nnote(connection, "text");'},
]
BAD = [
    {RUNBOOK: _BOOK, "control/core/a.cpp": 'observer_.note(Severity::warn, "lease_found", {});'},
    {RUNBOOK: _BOOK, "control/core/a.cpp": "int x;"},
    {RUNBOOK: _BOOK, "tls/a.cpp": 'int a = f("lease_lost"); full.say("connections_full", text);'},
    {"tls/a.cpp": 'rt::log(LogLevel::info, "started", {});'},
]
