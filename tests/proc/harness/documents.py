"""The code blocks of the documents: what they say is what tests do."""
import re

from .basics import ROOT


def blocks(path):
    """(language, text) of every fenced block, in order. A comment above, as in <!-- edge -->, says where the block is
    to be run, and stands before the language: `edge sh`."""
    text = (ROOT / path).read_text()
    found = re.finditer(r"^(?:<!-- (\w+) -->\n)?```(\w*)\n(.*?)^```$", text, re.M | re.S)
    return [(f"{match.group(1) or ''} {match.group(2)}".strip(), match.group(3)) for match in found]


def block_with(path, kind, words):
    """The one block of this kind that holds these words."""
    found = [text for one, text in blocks(path) if one == kind and words in text]
    if len(found) != 1:
        raise AssertionError(f"{path} has {len(found)} blocks '{kind}' with '{words}', not one")
    return found[0]
