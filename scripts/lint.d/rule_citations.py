"""Citations in comments and documents exist: pages, anchors, sections and rules of the contract, decisions."""
import posixpath
import re

from tree import Finding, line_of

RULE = "citations"
ABOUT = "pages, anchors, sections of docs/contract.md and ADRs that are cited exist, and no page that is gone is cited"

CONTRACT = "docs/contract.md"
# Built from pieces, so that this file does not find itself.
GONE = re.compile(r"\bSP" + r"EC(?:\.md\b|(?= section\b))")
# The rules' own examples cite things that do not exist.
EXAMPLES = "scripts/lint.d/"

# Between two words of a comment: blanks, or a line break and the next line's comment mark.
GAP = r"(?:[ \t]+|[ \t]*\n[ \t]*(?://+|#|--|\*)?[ \t]*)"
NUMBER = r"\d+(?:\.\d+)?(?![\w.]*\w)"
LIST = rf"{NUMBER}(?:(?:,|{GAP}and|{GAP}to){GAP}{NUMBER})*"
SECTIONS = re.compile(rf"\bcontract\.md\)?{GAP}(?:sections?{GAP})?({LIST})(?:,{GAP}([A-Z]\d+)\b)?")
# On the contract's own page: in brackets, in a table cell, after "in" or "of".
RULES = r"\d\.\d+(?:(?:,| and| to) \d+(?:\.\d+)?)*"
INSIDE = re.compile(rf"\bsections?{GAP}({LIST})|(?:\(|\| |\b(?:in|of) )({RULES})(?=[);,:.]|\s\||\shas\b)")
ADR = re.compile(rf"\bADRs?{GAP}({NUMBER}(?:(?:,|{GAP}and){GAP}{NUMBER})*)|\bdocs/adr/(\d{{4}}(?:, \d{{4}})*)(?![\w-])")
PAGE = re.compile(r"(?<![\w./-])docs/[\w./-]*\.md\b")
ANCHOR = re.compile(r"(?<![\w/])((?:[\w.-]+/)*[\w.-]+\.md)#([\w-]+)")
LINK = re.compile(r"\[([^\]\n]*)\]\(([^)#\s]*)(?:#([^)\s]*))?\)")


def headings(text):
    """The text of a Markdown page, without its blocks of code."""
    return re.findall(r"^#+ +(.+?) *$", re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M), re.M)


def anchors(text):
    """Anchors as GitHub makes them: a repeated heading gets -1, -2 and so on."""
    names = set()
    for heading in headings(text):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = base = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        number = 0
        while name in names:
            number += 1
            name = f"{base}-{number}"
        names.add(name)
    return names


def numbers_of(text):
    return re.findall(r"\d+(?:\.\d+)?", text or "")


def check_gone(path, text):
    for match in GONE.finditer(text):
        yield match.start(), f"'{match.group(0)}' is gone: cite {CONTRACT}"


def check_pages(tree, path, text):
    for match in PAGE.finditer(text):
        if match.group(0) not in tree.files:
            yield match.start(), f"there is no {match.group(0)}"
    for match in ANCHOR.finditer(text) if ".md#" in text else ():
        page, anchor = match.groups()
        places = [posixpath.normpath(posixpath.join(folder, page)) for folder in (posixpath.dirname(path), "", "docs")]
        found = [place for place in places if place in tree.files]
        if not found:
            yield match.start(), f"there is no {page}"
        elif anchor not in anchors(tree.files[found[0]]):
            yield match.start(), f"{found[0]} has no heading #{anchor}"


def check_links(path, text):
    """Anchors on the page itself; a number in a link's text belongs to the linked page."""
    for match in LINK.finditer(text):
        label, target, anchor = match.groups()
        if not target and anchor and anchor not in anchors(text):
            yield match.start(), f"the page has no heading #{anchor}"
        called = re.fullmatch(r"(?:ADR )?0*(\d+)", label)
        number = re.search(r"(?:^|/)0*(\d+)-[\w-]+\.md$", target)
        if called and number and called.group(1) != number.group(1):
            yield match.start(), f"'{label}' leads to {target}"


def check_sections(tree, path, text):
    if "contract.md" not in text and path != CONTRACT:
        return
    page = tree.files.get(CONTRACT, "")
    known = {found.group(1) for heading in headings(page) if (found := re.match(r"(\d+(?:\.\d+)?)\b", heading))}
    rows = set(re.findall(r"^\| ([A-Z]\d+) \|", page, re.M))
    found = [(match.start(), match.group(1), match.group(2)) for match in SECTIONS.finditer(text)]
    if path == CONTRACT:
        found += [(match.start(), match.group(1) or match.group(2), None) for match in INSIDE.finditer(text)]
    for position, cited, row in found:
        for number in numbers_of(cited):
            if number not in known:
                yield position, f"{CONTRACT} has no section {number}"
        if row and row not in rows:
            yield position, f"{CONTRACT} has no row {row}"


def check_decisions(tree, path, text):
    if "ADR" not in text and "docs/adr/" not in text:
        return
    known = {int(found.group(1)) for name in tree.files if (found := re.match(r"docs/adr/(\d{4})-", name))}
    for match in ADR.finditer(text):
        for number in numbers_of(match.group(1) or match.group(2)):
            if int(float(number)) not in known:
                yield match.start(), f"there is no ADR {number}"


def check(tree):
    for path, text in tree.files.items():
        if path.startswith(EXAMPLES):
            continue
        found = [*check_gone(path, text), *check_pages(tree, path, text), *check_sections(tree, path, text),
                 *check_decisions(tree, path, text)]
        if path.endswith(".md"):
            found += check_links(path, text)
        for position, message in found:
            yield Finding(path, line_of(text, position), RULE, message)


_PAGE = "# C\n## 4. What\n### 4.6 By hand\n## 6. Control\nsee section 4 (4.6)\n| I9 | x |\n"
_ADR = {"docs/adr/0016-a.md": "# A\n", "docs/adr/0017-b.md": ""}
GOOD = [
    {CONTRACT: _PAGE, "release/a.cpp": "// x (docs/contract.md section 6, I9), docs/contract.md 4.6.\n// docs/contract.md\n// section 4 and 4.6\n"},
    {CONTRACT: _PAGE, "docs/a.md": "[4.6](contract.md#46-by-hand) [here](#a-b) of 4.7\n## A `b`\n```\n# no heading\n```\n"},
    {**_ADR, "tls/a.hpp": "// ADR 16, ADR 17 and docs/adr/0016, 0017\n", "docs/a.md": "[ADR 16](adr/0016-a.md) [0016](adr/0016-a.md)"},
    {"docs/a.md": "## One two\n## One two\n", "a.py": "# docs/a.md#one-two and a.md#one-two-1\n"},
]
BAD = [
    {CONTRACT: _PAGE, "release/a.cpp": "// SP" + "EC.md section 4\n"},
    {CONTRACT: _PAGE, "a.py": '"""As SP' + 'EC section 4 says."""\n'},
    {CONTRACT: _PAGE, "release/a.cpp": "// docs/contract.md section 5\n"},
    {CONTRACT: _PAGE, "release/a.cpp": "// docs/contract.md 4.7\n"},
    {CONTRACT: _PAGE, "release/a.cpp": "// docs/contract.md\n// section 5\n"},
    {CONTRACT: _PAGE, "release/a.cpp": "// docs/contract.md section 4 and\n// 4.9).\n"},
    {CONTRACT: _PAGE, "release/a.cpp": "// docs/contract.md section 6, I8\n"},
    {CONTRACT: _PAGE + "as (4.6, 4.8) says\n"},
    {CONTRACT: _PAGE + "| x | 4.6, 9; not |\n"},
    {CONTRACT: _PAGE + "more is in 4.8.\n"},
    {CONTRACT: _PAGE + "as section 7 says\n"},
    {**_ADR, "tls/a.hpp": "// ADR 18\n"},
    {**_ADR, "tls/a.hpp": "// docs/adr/0016, 0018\n"},
    {**_ADR, "docs/a.md": "[ADR 17](adr/0016-a.md)"},
    {"tls/a.hpp": "// see docs/gone.md\n"},
    {"docs/a.md": "## One\n", "a.py": "# docs/a.md#two\n"},
    {"docs/a.md": "## One\n[two](#two)\n"},
    {"docs/a.md": "## One\n", "docs/b.md": "[x](a.md#two)\n"},
]
