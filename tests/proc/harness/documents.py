"""The code blocks of the documents, which tests execute."""
import re

from .basics import ROOT


def blocks(path):
    """(language, text) of every fenced block, in order. A comment above, as in <!-- edge -->, says where to run the
    block, and precedes the language: `edge sh`."""
    text = (ROOT / path).read_text()
    found = re.finditer(r"^(?:<!-- (\w+) -->\n)?```(\w*)\n(.*?)^```$", text, re.M | re.S)
    return [(f"{match.group(1) or ''} {match.group(2)}".strip(), match.group(3)) for match in found]


def block_with(path, kind, words):
    """The only block of this kind that contains these words."""
    found = [text for one, text in blocks(path) if one == kind and words in text]
    if len(found) != 1:
        raise AssertionError(f"{path} has {len(found)} blocks '{kind}' with '{words}', not one")
    return found[0]
