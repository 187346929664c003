"""The tables of the documents are those of the programs: defaults of settings, options of the command line."""
import re

from harness import ProcCase
from harness.basics import BIN, ROOT, run


def told(*argv):
    return run([BIN / argv[0], *argv[1:], "--help"])[1]


class DocumentTables(ProcCase):
    def test_defaults_of_settings_are_those_of_the_programs(self):
        page = (ROOT / "docs/settings.md").read_text()
        for program in ("edgeroll-control", "edgeroll-agent"):
            section = page.split(f"## {program}\n")[1].split("\n## ")[0]
            documented = {}
            for names, default in re.findall(r"^\| (`[^|]*`) \| ([^|]*) \|", section, re.M):
                names = re.findall(r"`([A-Z_]+)`", names)
                defaults = default.replace("`", "").split(", ")
                for number, name in enumerate(names):
                    documented[name] = defaults[number] if len(defaults) == len(names) else default.replace("`", "")
            # Help hides the default of what may hold a password.
            documented.pop("DATABASE_URL", None)
            for name, default in re.findall(r"^  ([A-Z_]+)(?: \(default (.*)\))?$", told(program), re.M):
                if name in documented and not documented[name].startswith("required"):
                    self.assertEqual(documented[name], default or "none", name)

    def test_threats_are_shown_by_tests_that_exist(self):
        listed = run([ROOT / "scripts/attack", "--list"])[1].splitlines()
        table = (ROOT / "docs/security.md").read_text().split("\n## Threats\n")[1].split("\n## ")[0]
        self.assertEqual(len(listed), len(re.findall(r"^\| ", table, re.M)) - 2, "every row names its tests")
        for line in listed:
            for test in line.rsplit(": ", 1)[1].split(", "):
                module, _, name = test.partition(".")
                text = (ROOT / f"tests/proc/{module}.py").read_text()
                self.assertRegex(text, rf"(?m)^class {name}\(ProcCase\)" if name else "(?m)^class ", test)

    def commands(self, *path):
        """Every command with its help."""
        text = told("edgeroll", *path)
        below = re.search(r"^Subcommands:\n(.*?)(?=^\S|\Z)", text, re.M | re.S)
        if not below:
            return {" ".join(path): text}
        return {name: words for command in re.findall(r"^  ([a-z-]+) ", below.group(1), re.M)
                for name, words in self.commands(*path, command).items()}

    def test_page_of_the_command_line_has_every_command_and_option(self):
        page = (ROOT / "docs/cli.md").read_text()
        options = {"--help", "--version", "--url", "--token-file", "--output"}  # --output is told as -o
        for command, text in self.commands().items():
            self.assertIn(command, page)
            options |= set(re.findall(r"--[a-z][a-z-]*", text))
        self.assertGreater(len(options), 30)
        self.assertEqual([option for option in sorted(options - {"--output"}) if option not in page], [])
        # Options of other programs are not on this page.
        self.assertEqual(sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page)) - options), [])
