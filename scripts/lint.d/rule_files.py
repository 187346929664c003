"""Files: their size, forbidden contents, and that all are built."""
import posixpath
import re
import subprocess

from tree import Finding, blank, line_of

RULE = "files"
ABOUT = "file size, left-overs, #pragma once, machine paths, bash and Python syntax, every .cpp in a target"

LINES_MAX, LINES_WARN = 500, 300
SIZED = (".cpp", ".hpp", ".py", ".sh", ".js", ".cmake")
# Built from pieces, so that this file does not find itself.
MACHINE = re.compile(r"(?<![\w.~/-])/(?:" + "|".join(["wo" + "rk", "ro" + "ot", "fa" + "rm"]) + r")/[\w.]|/tmp/" + "notes|"
                     r"/tmp/" + r"bash_jobs|\b(?:deb\.deb" + r"ian\.org|registry\.np" + r"mjs|py" + r"pi\.org)")
LEFT_OVER = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")


def is_shell(path, text):
    return path.endswith(".sh") or re.match(r"#!.*\b(?:ba)?sh\b", text)


def is_python(path, text):
    return path.endswith(".py") or re.match(r"#!.*\bpython3?\b", text)


def check_text(tree):
    for path, text in tree.files.items():
        for match in MACHINE.finditer(text):
            yield Finding(path, line_of(text, match.start()), RULE, f"'{match.group(0)}': a path or host of one machine")
        is_sized = path.endswith(SIZED) or text.startswith("#!")
        lines = text.count("\n")
        if is_sized and lines > LINES_WARN:
            yield Finding(path, 1, RULE, f"{lines} lines: more than one idea?", is_warning=lines <= LINES_MAX)
        if is_sized:
            for match in LEFT_OVER.finditer(text):
                yield Finding(path, line_of(text, match.start()), RULE, f"left over: {match.group(0)}")
        if path.endswith(".hpp") and not re.search(r"^#pragma once$", text, re.M):
            yield Finding(path, 1, RULE, "a header begins with #pragma once")
        if is_shell(path, text):
            yield from check_shell(path, text)
        elif is_python(path, text):
            yield from check_python(path, text)


def check_shell(path, text):
    done = subprocess.run(["bash", "-n"], input=text.encode("utf-8", "replace"), capture_output=True, check=False)
    for error in done.stderr.decode("utf-8", "replace").splitlines():
        found = re.search(r"line (\d+): (.*)", error)
        yield Finding(path, int(found.group(1)) if found else 1, RULE, found.group(2) if found else error)
        return


def check_python(path, text):
    try:
        compile(text, path, "exec")
    except (SyntaxError, ValueError) as error:
        yield Finding(path, getattr(error, "lineno", 1) or 1, RULE, f"Python: {error}")


def names_file(cmake, below):
    """Whether a CMakeLists.txt names a file, directly or by a pattern. `below`: the file's path from there."""
    words = re.findall(r'[^\s()"]+', re.sub(r"#.*", "", cmake))
    folder, name = posixpath.split(below)
    for word in words:
        word = word.replace("${CMAKE_CURRENT_SOURCE_DIR}/", "")
        if word == below:
            return True
        if "*" in word and posixpath.dirname(word) == folder:
            pattern = re.escape(posixpath.basename(word)).replace(r"\*", ".*")
            if re.fullmatch(pattern, name):
                return True
    # edgeroll_library takes every file of its folder except main.cpp.
    return "edgeroll_library" in words and not folder and name != "main.cpp"


def check_targets(tree):
    """Every .cpp is built by the CMakeLists.txt of its folder or of one above it."""
    for path in tree.paths(".cpp", under=("release/", "tls/", "control/", "agent/", "tests/")):
        folder = posixpath.dirname(path)
        while folder:
            cmake = tree.files.get(folder + "/CMakeLists.txt")
            if cmake is not None and names_file(cmake, posixpath.relpath(path, folder)):
                break
            folder = posixpath.dirname(folder)
        else:
            yield Finding(path, 1, RULE, "belongs to no target: no CMakeLists.txt names it")


def check_folders(tree):
    """Every folder with a CMakeLists.txt is reached from the one above it."""
    for path in tree.paths("/CMakeLists.txt"):
        parts = path.split("/")[:-1]
        names = ["/".join(parts[cut:]) for cut in range(len(parts))]
        above = [tree.files.get("/".join(parts[:cut] + ["CMakeLists.txt"]), "") for cut in range(len(parts))]
        if not any(re.search(rf"(?<![\w/-]){re.escape(name)}(?![\w/-])", text) for name, text in zip(names, above)):
            yield Finding(path, 1, RULE, "no CMakeLists.txt above adds this folder")


SQL = re.compile(r'"\s*(?:SELECT\s+[^"]*|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|(?:CREATE|ALTER|DROP)\s+TABLE\s)')


def check_sql(tree):
    for path in tree.paths(".cpp", ".hpp", under=("release/", "tls/", "control/", "agent/")):
        if path.startswith("control/store/"):
            continue
        text = blank(tree.files[path], keep_strings=True)
        for match in SQL.finditer(text):
            yield Finding(path, line_of(text, match.start()), RULE, "SQL belongs into sql/ and control/store/")


def check_migrations(tree):
    numbers = {}
    for path in tree.paths(".sql", under=("sql/",)):
        parts = path.split("/")
        if len(parts) != 3:
            continue
        found = re.fullmatch(r"V(\d{4})__[a-z0-9_]+\.sql", parts[2])
        if not found:
            yield Finding(path, 1, RULE, "migrations are named V0001__what_it_does.sql")
            continue
        numbers.setdefault(parts[1], []).append(int(found.group(1)))
    for dialect, found in numbers.items():
        if sorted(found) != list(range(1, len(found) + 1)):
            yield Finding(f"sql/{dialect}", 1, RULE, f"migrations are numbered from 1 without a gap, not {sorted(found)}")
    if len({tuple(sorted(found)) for found in numbers.values()}) > 1:
        yield Finding("sql", 1, RULE, "both databases need the same numbers of migrations: " +
                      ", ".join(f"{dialect} {sorted(found)}" for dialect, found in sorted(numbers.items())))


def check(tree):
    for part in (check_text, check_targets, check_folders, check_sql, check_migrations):
        yield from part(tree)


_BUILT = {"CMakeLists.txt": "add_subdirectory(tls)", "tls/CMakeLists.txt": "edgeroll_library(edgeroll_tls x)"}
GOOD = [
    {"tls/a.cpp": "int x;\n", **_BUILT},
    {"tls/CMakeLists.txt": "add_executable(p main.cpp)", "tls/main.cpp": "int x;\n", "CMakeLists.txt": "add_subdirectory(tls)"},
    {"tests/unit/CMakeLists.txt": "edgeroll_test(a unit sub/a.cpp LIBS x)", "tests/unit/sub/a.cpp": "",
     "tests/CMakeLists.txt": "foreach(folder support unit/tls unit)", "CMakeLists.txt": "add_subdirectory(tests)"},
    {"a.hpp": "// why\n#pragma once\n"},
    {"scripts/a": "#!/usr/bin/env bash\nif true; then echo; fi\n"},
    {"sql/mysql/V0001__a.sql": "", "sql/mysql/V0002__b.sql": "", "sql/sqlite/V0001__a.sql": "", "sql/sqlite/V0002__b.sql": ""},
    {"control/store/a.cpp": 'q("SELECT id FROM nodes");', "control/CMakeLists.txt": "file(GLOB s store/*.cpp)",
     "CMakeLists.txt": "add_subdirectory(control)"},
    {"docs/a.md": "/etc/edgeroll/x and $HOME/" + "wo" + "rk/x and net" + "wo" + "rk/x\n"},
]
BAD = [
    {"tls/x/a.cpp": "", **_BUILT},
    {"tls/main.cpp": "", **_BUILT},
    {"tls/CMakeLists.txt": "edgeroll_library(edgeroll_tls x)", "CMakeLists.txt": "add_subdirectory(control)"},
    {"a.hpp": "int x;\n"},
    {"a.py": "x = 1\n" * 501},
    {"a.py": "def f(:\n"},
    {"scripts/a": "#!/usr/bin/env bash\nif true; then echo\n"},
    {"docs/a.md": "see /" + "wo" + "rk/main/x\n"},
    {"scripts/a.sh": "cat /" + "ro" + "ot/x\n"},
    {"a.py": "# TO" + "DO later\n"},
    {"sql/mysql/V0001__a.sql": "", "sql/mysql/V0003__b.sql": ""},
    {"sql/mysql/V0001__a.sql": "", "sql/sqlite/V0001__a.sql": "", "sql/sqlite/V0002__b.sql": ""},
    {"sql/mysql/0001_a.sql": ""},
    {"control/api/a.cpp": 'q("SELECT id FROM nodes");', "control/CMakeLists.txt": "file(GLOB s api/*.cpp)",
     "CMakeLists.txt": "add_subdirectory(control)"},
]
