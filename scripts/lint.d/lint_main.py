"""Runs the rules over the tree, or the rules' own examples."""
import sys

import rule_calls
import rule_citations
import rule_co_await
import rule_columns
import rule_contract
import rule_docs
import rule_events
import rule_field_names
import rule_files
import rule_includes
import rule_kinds
import rule_line_width
import rule_tables
from tree import Tree, read_tree

RULES = [rule_includes, rule_co_await, rule_columns, rule_calls, rule_files, rule_events, rule_kinds, rule_docs,
         rule_citations, rule_contract, rule_field_names, rule_line_width, rule_tables]


def findings_of(rule, tree):
    return [finding for finding in rule.check(tree)
            if finding.path not in tree.files or not tree.is_excused(finding.path, finding.line, finding.rule)]


def self_test():
    """Runs every example of every rule on its own, so that only its own rule can find it."""
    wrong = cases = 0
    for rule in RULES:
        assert rule.GOOD and rule.BAD, rule.RULE
        for examples, is_bad in ((rule.GOOD, False), (rule.BAD, True)):
            for number, files in enumerate(examples, 1):
                cases += 1
                found = [item for item in findings_of(rule, Tree(files)) if not item.is_warning]
                if bool(found) != is_bad:
                    wrong += 1
                    what = "finds nothing in its bad" if is_bad else f"finds '{found[0]}' in its good"
                    print(f"lint --self-test: {rule.RULE} {what} example {number}: {files}")
    wrong += test_excuse() + test_warning()
    print(f"lint --self-test: {cases + 2} examples of {len(RULES)} rules, {wrong} wrong")
    return 1 if wrong else 0


def test_excuse():
    """An excuse with the rule and a reason works; without a reason, or for another rule, it does not."""
    def count(comment):
        return len(findings_of(rule_calls, Tree({"agent/a.cpp": f"{comment}\nint x = rand();\n"})))
    ok = (count("// lint-allow(banned-call): a test of the lint") == 0 and count("// lint-allow(banned-call):") == 1
          and count("// lint-allow(files): other") == 1)
    if not ok:
        print("lint --self-test: excuses do not work")
    return 0 if ok else 1


def test_warning():
    found = list(rule_files.check(Tree({"a.py": "x = 1\n" * 301})))
    if len(found) == 1 and found[0].is_warning:
        return 0
    print(f"lint --self-test: a file of 301 lines is not one warning: {found}")
    return 1


def main(arguments, top, usage):
    if arguments and arguments[0] in ("-h", "--help"):
        print(usage)
        return 0
    if arguments == ["--self-test"]:
        return self_test()
    if arguments == ["--rules"]:
        for rule in RULES:
            print(f"{rule.RULE:20} {rule.ABOUT}")
        return 0
    if any(argument.startswith("-") for argument in arguments):
        print(f"lint: unknown option '{arguments[0]}'; see --help", file=sys.stderr)
        return 2
    tree = read_tree(top)
    wanted = [argument.removeprefix("./").rstrip("/") for argument in arguments]
    found = [finding for rule in RULES for finding in findings_of(rule, tree)
             if not wanted or any(finding.path == name or finding.path.startswith(name + "/") for name in wanted)]
    for finding in sorted(found, key=lambda item: (item.path, item.line)):
        print(finding)
    errors = sum(not finding.is_warning for finding in found)
    print(f"lint: {len(tree.files)} files, {errors} findings, {len(found) - errors} warnings", file=sys.stderr)
    # A broken rule must not pass for a clean tree.
    is_sound = bool(wanted) or self_test() == 0
    return 0 if is_sound and not errors else 1
