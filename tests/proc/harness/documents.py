"""The code blocks of the documents: what they say is what tests do."""
import re

from .basics import ROOT


def blocks(path):
    """(info string, text) of every fenced block, in order."""
    text = (ROOT / path).read_text()
    return [(match.group(1), match.group(2)) for match in re.finditer(r"^```([^\n]*)\n(.*?)^```$", text, re.M | re.S)]


def block_with(path, info, words):
    """The one block of this kind that holds these words."""
    found = [text for kind, text in blocks(path) if kind == info and words in text]
    if len(found) != 1:
        raise AssertionError(f"{path} has {len(found)} blocks '{info}' with '{words}', not one")
    return found[0]
