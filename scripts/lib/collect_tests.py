"""Writes one CTestTestfile.cmake that holds the tests of several build trees.

Usage: collect_tests.py OUT PREFIX=FOLDER[:NAME=VALUE...] ...
Each test of ctest's folder FOLDER is listed as PREFIX/name with its command, its folder, its labels,
its time limit and its environment, plus NAME=VALUE. Tests of whole programs (label proc) take longest and
begin first. The tests of scripts themselves (acceptance, demo,
lint, format, tidy) are added; tidy keeps two processors busy for minutes and begins first of all. acceptance and demo run with the programs of the build called asan."""
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def quoted(text):
    """A bracket argument of CMake, in which no character is special."""
    level = 1
    while f"]{'=' * level}]" in text:
        level += 1
    return f"[{'=' * level}[{text}]{'=' * level}]"


def entry(name, command, properties):
    lines = [f"add_test({quoted(name)} {' '.join(map(quoted, command))})"]
    for key, value in properties.items():
        lines.append(f"set_tests_properties({quoted(name)} PROPERTIES {key} {quoted(value)})")
    return "\n".join(lines) + "\n"


def properties_of(test, extra):
    found = {one["name"]: one["value"] for one in test.get("properties", [])}
    kept = {}
    for key in ("WORKING_DIRECTORY", "TIMEOUT", "RUN_SERIAL", "SKIP_RETURN_CODE", "WILL_FAIL", "DISABLED",
                "PROCESSORS", "PASS_REGULAR_EXPRESSION", "FAIL_REGULAR_EXPRESSION", "SKIP_REGULAR_EXPRESSION"):
        if key in found:
            value = found[key]
            kept[key] = ";".join(map(str, value)) if isinstance(value, list) else str(value)
    for key in ("LABELS", "ENVIRONMENT", "RESOURCE_LOCK"):
        if key in found:
            kept[key] = ";".join(found[key])
    if "proc" in found.get("LABELS", []):
        kept["COST"] = "1000"
    if extra:
        kept["ENVIRONMENT"] = ";".join([*filter(None, [kept.get("ENVIRONMENT")]), *extra])
    return kept


def tests_of(folder, prefix, extra):
    done = subprocess.run(["ctest", "--test-dir", str(folder), "--show-only=json-v1"], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"collect_tests: ctest in {folder} failed\n{done.stdout}{done.stderr}")
    tests = json.loads(done.stdout)["tests"]
    if not tests:
        sys.exit(f"collect_tests: there is no test in {folder}")
    for test in tests:
        if "command" not in test:
            sys.exit(f"collect_tests: {test['name']} in {folder} was not built")
        yield entry(f"{prefix}/{test['name']}", test["command"], properties_of(test, extra))


def main():
    out = Path(sys.argv[1])
    text, has_programs = [], False
    for argument in sys.argv[2:]:
        place, *extra = argument.split(":")
        prefix, folder = place.split("=", 1)
        has_programs = has_programs or prefix == "asan"
        text += tests_of(ROOT / folder, prefix, extra)
    common = {"WORKING_DIRECTORY": str(ROOT), "TIMEOUT": "300"}
    text.append(entry("lint", [str(ROOT / "scripts" / "lint")], common))
    text.append(entry("format", [str(ROOT / "scripts" / "format"), "--check"], common))
    long = {**common, "TIMEOUT": "1800", "PROCESSORS": "2", "COST": "2000",
            "ENVIRONMENT": "EDGEROLL_JOBS=2"}
    text.append(entry("tidy", [str(ROOT / "scripts" / "tidy"), "--all"], long))
    if has_programs:
        programs = str(ROOT / "build" / "asan" / "bin")
        text.append(entry("acceptance", [str(ROOT / "scripts" / "acceptance"), programs], common))
        text.append(entry("demo", [str(ROOT / "scripts" / "demo")], {**common, "ENVIRONMENT": f"EDGEROLL_BIN={programs}"}))
    out.mkdir(parents=True, exist_ok=True)
    (out / "CTestTestfile.cmake").write_text("".join(text))


main()
