"""The commands shown in the documents and in the programs' own examples."""
import re
import subprocess

from .basics import BIN, PATIENCE, ROOT, clean_environment

SHELLS = ("", "console", "sh", "bash", "shell")
# : First words of a shell block's lines; a block without a language and without such a line is a
# picture.
WORDS = re.compile(r"(edgeroll|edgeroll-control|edgeroll-agent|curl|export|source|cmake|openssl|systemctl|journalctl|"
                   r"readlink|useradd|groupadd|usermod|echo|sed|systemd-tmpfiles|install|chmod|chown|setpriv|apt-get|"
                   r"sudo|mkdir|cp|ln|scripts/\S+)(\s|$)")
# : Inline code that is a command, not a command's name.
INLINE = re.compile(r"(edgeroll|edgeroll-control|edgeroll-agent|scripts/\S+)\s+\S")
# : For a table that says "edgeroll" once for all its rows.
SHORT = re.compile(r"((release|config|node|ban|reconciliation)\s+[a-z]|stats$|completion\s)")


def documents():
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def without_comment(line):
    return re.sub(r"\s{2,}#\s.*$|\s+#\s.*$", "", line).strip()


def of_block(language, body):
    if language not in SHELLS or body.startswith("#!"):
        return []
    lines = body.replace("\\\n", " ").splitlines()
    if language == "console":
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    return [without_comment(line) for line in lines if WORDS.match(line)]


def of_document(path):
    """Commands in order, with single blanks between words."""
    found = []

    def take_block(match):
        found.extend(of_block(match.group(1), match.group(2)))
        return "\n"
    text = re.sub(r"^```(\w*)\n(.*?)^```$", take_block, path.read_text(), flags=re.S | re.M)
    for span in re.findall(r"`([^`\n]+)`", text):
        if INLINE.match(span):
            found.append(span)
        elif path.name == "cli.md" and SHORT.match(span):
            found.append("edgeroll " + span)
    return [re.sub(r"\s+", " ", command) for command in found]


def help_of(words):
    done = subprocess.run([BIN / "edgeroll", *words, "--help"], capture_output=True, text=True, timeout=PATIENCE,
                          env=clean_environment(), check=True)
    return done.stdout


def of_help():
    """The example of every command of `edgeroll`."""
    found, waiting = [], [[]]
    while waiting:
        words = waiting.pop()
        text = help_of(words)
        found += re.findall(r"^  (edgeroll .*|source .*)$", text.split("Example:")[-1], re.M)
        if "Subcommands:" in text:
            below = text.split("Subcommands:")[1].split("\n\n")[0]
            waiting += [[*words, name] for name in re.findall(r"^  ([a-z]+)\b", below, re.M)]
    return found


def all_commands():
    """(where, command), each once."""
    seen = {}
    for path in documents():
        for command in of_document(path):
            seen.setdefault(command, path.relative_to(ROOT).as_posix())
    for command in of_help():
        seen.setdefault(command, "--help")
    return [(where, command) for command, where in seen.items()]
