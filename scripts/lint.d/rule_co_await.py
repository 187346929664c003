"""The co_await rule: g++ 12.2 destroys temporaries inside an expression with co_await twice, and miscompiles one behind && or ||.

Refused inside such an expression: a braced temporary and a lambda that captures by value. Refused anywhere: a
capturing coroutine lambda that is called at once, since its captures die before it ends. Statements are found
by matching brackets, so that lambda bodies, blocks and structured bindings are no false alarms.
"""
import bisect
import re

from tree import Finding

RULE = "co-await"
ABOUT = "no braced temporary and no lambda capturing by value in an expression with co_await (g++ 12.2)"

LEX = re.compile(r"[A-Za-z_]\w*|\d[\w'.]*|::|->|\S")
CONTROL = {"if", "while", "for", "switch", "catch"}
# Types whose braces are harmless: they have constructors or no members that could be destroyed
# twice.
HARMLESS = {"Millis", "Instant", "Version", "Epoch", "ReleaseId", "NodeId", "milliseconds", "seconds", "minutes",
            "string", "string_view", "size_t", "int", "bool", "double"}


class Source:
    def __init__(self, code):
        # Preprocessor lines are not statements.
        code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), code, flags=re.M)
        self.starts = [0] + [m.end() for m in re.finditer("\n", code)]
        found = list(LEX.finditer(code))
        self.words = [m.group(0) for m in found]
        self.positions = [m.start() for m in found]
        self.partner = self._match()
        self.lambdas = {}  # position of `{` of a lambda's body -> (position of `[`, captures)
        self._find_lambdas()

    def line(self, at):
        return bisect.bisect_right(self.starts, self.positions[at])

    def _match(self):
        partner, stack = {}, []
        for at, word in enumerate(self.words):
            if word in "([{":
                stack.append(at)
            elif word in ")]}" and stack and (self.words[stack[-1]] + word) in ("()", "[]", "{}"):
                partner[at] = stack.pop()
                partner[partner[at]] = at
        return partner

    def word(self, at):
        return self.words[at] if 0 <= at < len(self.words) else ""

    def _find_lambdas(self):
        for at, word in enumerate(self.words):
            end = self.partner.get(at)
            if word != "[" or end is None or self.word(at + 1) == "[" or self.word(at - 1) == "[":
                continue
            before = self.word(at - 1)
            is_subscript = re.match(r"[\w)\]]", before) and before not in ("return", "co_return", "co_await", "co_yield")
            if is_subscript or (before == "&" and self.word(at - 2) in ("auto", "&")):
                continue
            body = self._lambda_body(end + 1)
            if body is not None:
                self.lambdas[body] = (at, self.words[at + 1:end])

    def _lambda_body(self, at):
        """Position of the `{` after a lambda's introducer; skips parameters, specifiers and the return type."""
        if self.word(at) == "(":
            at = self.partner.get(at, len(self.words)) + 1
        for _ in range(60):
            word = self.word(at)
            if word == "{":
                return at
            if word == "(":  # noexcept(...)
                at = self.partner.get(at, len(self.words))
            elif not re.match(r"\w|::|->|[<>,&*\[\]]", word):
                return None
            at += 1
        return None

    def is_block(self, at):
        """Whether a `{` other than a lambda's body opens a block of statements, not a list of values."""
        if self.word(at - 1) in (")", "else", "do", "try") or at in self.lambdas:
            return self.word(at - 1) != ")" or self._has_statements(at) or self._heads_block(at)
        return self._has_statements(at)

    def _heads_block(self, at):
        opening = self.partner.get(at - 1)
        return opening is not None and self.word(opening - 1) in CONTROL

    def _has_statements(self, at):
        end = self.partner.get(at, len(self.words))
        inside = at + 1
        while inside < end:
            word = self.word(inside)
            if word == ";":
                return True
            if word == "{" and inside not in self.lambdas and self.is_block(inside):
                return True
            if word in "([{":
                inside = self.partner.get(inside, end)
            inside += 1
        return False


def captures_by_value(captures):
    """Whether a capture list holds more than references and this; [=] holds anything."""
    items, depth, item = [], 0, []
    for word in captures + [","]:
        if word in "([{":
            depth += 1
        elif word in ")]}":
            depth -= 1
        if word == "," and depth == 0:
            items.append(item)
            item = []
        else:
            item.append(word)
    return any(item and item[0] != "&" and item != ["this"] for item in items)


def statements(source, begin, end):
    """Ranges of tokens that are one expression each; the contents of blocks and lambdas are separate ranges."""
    ranges, start, at = [], begin, begin
    while at < end:
        word = source.word(at)
        close = source.partner.get(at)
        if word == ";":
            ranges.append((start, at))
            start = at + 1
        elif word == "(" and source.word(at - 1) in CONTROL and close is not None:
            ranges.extend(statements(source, at + 1, close))
            at = close
            start = at + 1
        elif word == "{" and at in source.lambdas:
            ranges.extend(statements(source, at + 1, close or end))
            at = close or end
        elif word == "{" and source.is_block(at):
            ranges.append((start, at))
            ranges.extend(statements(source, at + 1, close or end))
            at = close or end
            start = at + 1
        elif word in "([{" and close is not None:
            ranges.extend(inner_lambdas(source, at + 1, close))
            at = close
        at += 1
    ranges.append((start, end))
    return ranges


def inner_lambdas(source, begin, end):
    ranges, at = [], begin
    while at < end:
        if at in source.lambdas:
            close = source.partner.get(at, end)
            ranges.extend(statements(source, at + 1, close))
            at = close
        at += 1
    return ranges


def own_tokens(source, begin, end):
    """Tokens of a statement without the bodies of its lambdas."""
    at = begin
    while at < end:
        yield at
        at = source.partner.get(at, at) if at in source.lambdas else at
        at += 1


def is_conditional(source, at):
    """Whether `&&` or `||` stands before a co_await, whatever brackets and `!` are between."""
    while source.word(at - 1) in ("!", "("):
        at -= 1
    return source.word(at - 1) in ("&", "|") and source.word(at - 2) == source.word(at - 1)


def check_statement(source, path, begin, end):
    tokens = list(own_tokens(source, begin, end))
    if "co_await" not in (source.word(at) for at in tokens):
        return
    for at in tokens:
        word, before = source.word(at), source.word(at - 1)
        if word == "{" and at not in source.lambdas and before not in HARMLESS:
            yield Finding(path, source.line(at), RULE, "braced temporary in an expression with co_await: name it "
                          "first, then std::move it in")
        if word == "co_await" and is_conditional(source, at):
            yield Finding(path, source.line(at), RULE, "co_await behind && or ||: the frame is damaged when it is not "
                          "reached; test the left side by a statement of its own")
        if word == "{" and at in source.lambdas and captures_by_value(source.lambdas[at][1]):
            yield Finding(path, source.line(at), RULE, "lambda that captures by value in an expression with "
                          "co_await: name it first")


def check_calls(source, path):
    for body, (_, captures) in source.lambdas.items():
        end = source.partner.get(body)
        if not captures or end is None or source.word(end + 1) != "(":
            continue
        words = {source.word(at) for at in own_tokens(source, body + 1, end)}
        if words & {"co_await", "co_return", "co_yield"}:
            yield Finding(path, source.line(body), RULE, "capturing coroutine lambda called at once: its captures "
                          "die before it ends; pass parameters by value")


def check(tree):
    for path in tree.paths(".cpp", ".hpp", under=("release/", "tls/", "control/", "agent/", "tests/")):
        code = tree.code(path)
        if "co_await" not in code and "co_return" not in code:
            continue
        source = Source(code)
        for begin, end in statements(source, 0, len(source.words)):
            yield from check_statement(source, path, begin, end)
        yield from check_calls(source, path)


def _in(body):
    return {"control/core/a.cpp": "awaitable<void> f() {\n" + body + "\n}\n"}


GOOD = [
    _in("P p{1}; co_await g(std::move(p));"),
    _in("co_await g(x[i], y);"),
    _in("auto&& x = co_await g(y); if (co_await g() && x) h();"),
    _in("auto [a, b] = co_await g(); for (auto& [k, v] : m) co_await h(k);"),
    _in("if (auto r = co_await g(); !r) { P p{1}; use(p); }"),
    _in("co_return P{1, 2};"),
    _in("co_await clock.sleep_until(now + Millis{5});"),
    _in("co_await visit([](auto& x) { return P{x}; });"),
    _in("co_await visit([&](auto& x) { return P{x}; });"),
    _in("spawn(ex, [p]() -> awaitable<void> { co_await g(p); P q{1}; use(q); });"),
    _in("while (x) { co_await g(); } P q{1};"),
    _in("switch (co_await g()) { case K::a: { P p{1}; break; } default: break; }"),
    _in("for (;;) { const auto s = co_await g(); if (!s) co_return fail(\"{\"); }"),
    _in("try { co_await g(); } catch (const E& e) { P p{1}; }"),
    _in("// co_await g(P{1});\n"),
]
BAD = [
    _in("co_await g(P{1});"),
    _in("while (x && co_await g()) h();"),
    _in("if (x || !(co_await g())) h();"),
    _in("auto r = co_await g({.a = 1});"),
    _in("use(co_await g(), P{1});"),
    _in("co_return Q{co_await g()};"),
    _in("if (auto r = co_await g(P{1}); r) { h(); }"),
    _in("co_await G{1}.run();"),
    _in("co_await g([p](int x) { return x; });"),
    _in("co_await g([p = std::move(q)] { return 1; });"),
    _in("co_await g([=] { return 1; });"),
    _in("x ? co_await g(P{1}) : co_await h();"),
    _in("spawn(ex, [&]() -> awaitable<void> { co_await g(); }());"),
    _in("for (auto x : co_await g({1, 2})) h(x);"),
    _in("spawn(ex, [] () -> awaitable<void> { co_await g(P{1}); });"),
    _in("f([&] { return [&]() -> awaitable<int> { co_return 1; }(); });"),
]
