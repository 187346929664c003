"""The files under test, findings, and C++ text without comments and strings."""
import dataclasses
import os
import re
import subprocess


@dataclasses.dataclass(frozen=True)
class Finding:
    path: str
    line: int
    rule: str
    message: str
    is_warning: bool = False

    def __str__(self):
        kind = "warning: " if self.is_warning else ""
        return f"{self.path}:{self.line}: {kind}{self.rule}: {self.message}"


class Tree:
    """Path to text, for every text file of the project. Paths are relative, with forward slashes."""

    def __init__(self, files):
        self.files = dict(sorted(files.items()))
        self._code = {}

    def paths(self, *suffixes, under=("",)):
        for path in self.files:
            if path.endswith(suffixes) and path.startswith(tuple(under)):
                yield path

    def code(self, path):
        """C++ text with comments and the insides of strings blanked out; lines and columns stay."""
        if path not in self._code:
            self._code[path] = blank(self.files[path])
        return self._code[path]

    def is_excused(self, path, line, rule):
        lines = self.files[path].split("\n")
        near = lines[max(line - 2, 0):line]
        return any(re.search(rf"lint-allow\({re.escape(rule)}\): \S+", text) for text in near)


def read_tree(top):
    """Files that git tracks or would add; every file without git (a release archive)."""
    listed = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=top,
                            capture_output=True, check=False)
    if listed.returncode == 0:
        paths = [name.decode("utf-8", "surrogateescape") for name in listed.stdout.split(b"\0") if name]
    else:
        paths = [os.path.relpath(os.path.join(folder, name), top)
                 for folder, _, names in os.walk(top) for name in names
                 if not os.path.relpath(folder, top).startswith(("build", ".git", ".cache"))]
    files = {}
    for path in paths:
        full = os.path.join(top, path)
        if not os.path.isfile(full) or os.path.islink(full):
            continue
        with open(full, "rb") as file:
            data = file.read()
        if b"\0" not in data:
            files[path] = data.decode("utf-8", "replace")
    return Tree(files)


TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      |(?P<raw>R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)")
      |(?P<string>"(?:\\.|[^"\\\n])*")
      |(?P<char>(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+')""",
    re.X | re.S)


def blank(text, keep_strings=False):
    def spaces(match):
        found = match.group(0)
        if match.lastgroup != "comment" and match.group("comment") is None:
            if keep_strings:
                return found
            inner = re.sub(r"[^\n]", " ", found[1:-1])
            return '"' + inner + '"' if len(found) > 1 else found
        return re.sub(r"[^\n]", " ", found)
    return TOKEN.sub(spaces, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1
