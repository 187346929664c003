"""Calls allowed in few places only: clocks, waits, randomness, the environment, standard output."""
import re

from tree import Finding, line_of

RULE = "banned-call"
ABOUT = "clocks, sleeps, randomness, environment, standard output and detached only behind their ports"

CODE = ("release/", "tls/", "control/", "agent/")
# The adapters: tls/rt/, files named after what they adapt, and the file that provides control's
# ports.
ADAPTER = re.compile(r"^tls/rt/|^(agent|control/cli)/(posix_\w+|\w+_posix)\.cpp$|^control/host\.[ch]pp$")
PROGRAM = re.compile(r"^control/cli/|(^|/)(main|commands)\.cpp$|^tls/rt/program\.cpp$|^tls/rt/log\.cpp$|^agent/service\.cpp$")
CLOCK = "the time comes from the Clock port (tls/rt/clock.hpp)"
# Name, a pattern in code without comments and strings, where it is allowed, whether tests may use
# it, why.
CALLS = [
    (r"\b(?:system_clock|steady_clock|high_resolution_clock)\s*::\s*now\b", ADAPTER, True, CLOCK),
    (r"\b(?:clock_gettime|gettimeofday)\s*\(", ADAPTER, True, CLOCK),
    (r"(?<![\w.>:])(?:std\s*::\s*|::\s*)?time\s*\(\s*(?:nullptr|NULL|0|&)", ADAPTER, True, CLOCK),
    (r"\b(?:sleep_for|this_thread\s*::\s*sleep_until|usleep|nanosleep)\s*\(|(?<![\w.>])::sleep\s*\(|\bsleep\s*\(\s*\d", ADAPTER, False,
     "wait with the Clock port, or for an event"),
    (r"(?<![\w.>:])(?:std\s*::\s*)?s?rand\s*\(|\brandom_device\b", ADAPTER, False,
     "randomness comes from a port; tests use a seed"),
    (r"\b(?:mt19937\w*|default_random_engine)\b", ADAPTER, True, "randomness comes from a port"),
    (r"\b(?:secure_)?getenv\s*\(", ADAPTER, True, "settings come from tls/rt/settings.hpp"),
    (r"\b(?:set|put|unset)env\s*\(", ADAPTER, True, "the environment is read once, and never changed"),
    (r"\bdetached\b", re.compile("$^"), False, "start coroutines with rt::spawn: detached swallows exceptions"),
    (r"\bstd\s*::\s*(?:cout|cerr|clog)\b|(?<![\w.>])(?:std\s*::\s*)?(?:printf|puts|putchar)\s*\(", PROGRAM, True,
     "programs print, everything else logs (tls/rt/log.hpp)"),
    (r"\.\s*detach\s*\(\s*\)", re.compile("$^"), False, "a thread is joined by its owner"),
]
RELEASE_ONLY = [
    (r"\bunordered_\w+", "release/ iterates in a fixed order: no unordered containers"),
    (r"\bthrow\b", "release/ throws nothing: expected failures are Result"),
]


def check(tree):
    for path in tree.paths(".cpp", ".hpp", under=CODE + ("tests/",)):
        code = tree.code(path)
        is_test = path.startswith("tests/")
        for pattern, home, may_tests, why in CALLS:
            if home.search(path) or (is_test and may_tests):
                continue
            for match in re.finditer(pattern, code):
                yield Finding(path, line_of(code, match.start()), RULE, f"{match.group(0).strip()}: {why}")
        if path.startswith("release/") and not path.startswith("release/wire/"):
            for pattern, why in RELEASE_ONLY:
                for match in re.finditer(pattern, code):
                    yield Finding(path, line_of(code, match.start()), RULE, f"{match.group(0)}: {why}")


GOOD = [
    {"tls/rt/clock.cpp": "auto t = std::chrono::steady_clock::now(); std::this_thread::sleep_for(x);"},
    {"control/cli/posix_time.cpp": "std::chrono::system_clock::now();"},
    {"agent/files_posix.cpp": "clock_gettime(CLOCK_REALTIME, &t);"},
    {"control/core/a.cpp": 'co_await clock.sleep_until(t); set_time(0); x.time(0); "getenv(" /* rand() */;'},
    {"control/main.cpp": "std::cout << 1;"},
    {"tests/unit/a_test.cpp": "auto t = std::chrono::steady_clock::now(); getenv(x); std::mt19937 r(7); std::cout << seeds;"},
    {"tests/unit/b_test.cpp": "co_await sleep(clock, 5);"},
    {"agent/a.cpp": "std::snprintf(b, 9, c); std::fprintf(stderr, c);"},
    {"release/wire/a.cpp": "std::unordered_set<int> s;"},
]
BAD = [
    {"control/core/a.cpp": "auto t = std::chrono::steady_clock::now();"},
    {"agent/a.cpp": "auto t = system_clock::now();"},
    {"agent/a.cpp": "auto t = std::time(nullptr);"},
    {"tls/a.cpp": "auto t = ::time(0);"},
    {"control/store/a.cpp": "std::this_thread::sleep_for(x);"},
    {"agent/a.cpp": "::sleep(1);"},
    {"control/core/a.cpp": "std::mt19937_64 engine(seed);"},
    {"tests/unit/a_test.cpp": "usleep(5);"},
    {"control/a.cpp": "std::random_device r;"},
    {"tests/sim/a.cpp": "int x = rand();"},
    {"control/cli/a.cpp": 'std::getenv("X");'},
    {"tls/a.cpp": "co_spawn(ex, f(), asio::detached);"},
    {"agent/a.cpp": "std::thread(f).detach();"},
    {"control/api/a.cpp": "std::cout << 1;"},
    {"agent/a.cpp": 'printf("x");'},
    {"release/a.cpp": "std::unordered_map<int, int> m;"},
    {"release/a.cpp": "throw 1;"},
]
