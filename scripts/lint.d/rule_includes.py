"""Include directions: the layout table of docs/architecture.md."""
import re

from tree import Finding

RULE = "include-direction"
ABOUT = "who may include whom (docs/architecture.md); Beast, OpenSSL and drivers only where they belong"

# Folder, longest first: the project folders it may include. "x/" means x and everything below it;
# "x/*" the files of x itself.
MAY_INCLUDE = {
    "release/text/": ["release/text/", "release/*"],
    "release/crypto/": ["release/crypto/", "release/text/", "release/*"],
    "release/wire/": ["release/"],
    "release/step/": ["release/*", "release/step/"],
    "release/step.cpp": ["release/*", "release/step/"],
    "release/fleet/": ["release/*", "release/fleet/"],
    # A digest is a pure function of its bytes; ciphers and random bytes are not for decisions.
    "release/": ["release/*", "release/crypto/sha256.hpp"],
    "tls/rt/": ["tls/rt/", "release/*"],
    "tls/": ["tls/", "release/"],
    "control/core/": ["control/core/", "tls/rt/", "release/*", "release/fleet/"],
    "control/secrets/": ["control/secrets/", "release/"],
    "control/store/db/": ["control/store/db/", "tls/rt/", "release/"],
    # In one direction only: db, rows, audit, steering, fleet, then engine and api side by side.
    "control/store/rows/": ["control/store/rows/", "control/store/db/", "control/core/", "release/"],
    "control/store/audit/": ["control/store/audit/", "control/store/rows/", "control/store/db/", "control/api/ports/",
                             "release/"],
    "control/store/steering/": ["control/store/steering/", "control/store/audit/", "control/store/rows/",
                                "control/store/db/", "control/api/ports/", "control/secrets/", "release/"],
    "control/store/fleet/": ["control/store/fleet/", "control/store/steering/", "control/store/rows/",
                             "control/store/db/", "control/api/ports/", "control/core/", "control/secrets/", "release/"],
    "control/store/engine/": ["control/store/engine/", "control/store/fleet/", "control/store/steering/",
                              "control/store/rows/", "control/store/db/", "control/core/", "control/secrets/",
                              "release/"],
    "control/store/api/": ["control/store/api/", "control/store/fleet/", "control/store/steering/",
                           "control/store/audit/", "control/store/rows/",
                           "control/store/db/", "control/api/ports/", "control/core/", "control/secrets/", "release/"],
    "control/store/": ["control/store/", "control/api/ports/", "control/core/", "control/secrets/", "tls/", "release/"],
    "control/agents/": ["control/agents/", "control/core/", "tls/", "release/"],
    "control/outbound/": ["control/outbound/", "control/core/", "tls/", "release/"],
    "control/api/names/": ["control/api/names/"],
    "control/api/ports/": ["control/api/ports/", "control/secrets/", "release/"],
    "control/api/": ["control/api/", "control/core/", "control/secrets/", "tls/", "release/"],
    "control/cli/": ["control/cli/", "control/api/names/", "tls/", "release/"],
    "control/": ["control/", "tls/", "release/"],
    "agent/apply/": ["agent/apply/", "release/"],
    "agent/": ["agent/", "tls/", "release/"],
}
OWN = ("release/", "tls/", "control/", "agent/", "tests/")

# Third-party headers that only some folders may include. A folder's first match counts.
STREAMS = (r"boost/beast|boost/asio/ssl|boost/asio/ip/(?!address)|boost/asio/(basic_|local/|posix/|generic/|"
           r"buffered|read|write|connect|windows/|serial_port|streambuf)|boost/asio\.hpp")
CONFINED = [
    (re.compile(STREAMS), ("tls/", "tests/"), "Asio streams and Beast belong into tls/"),
    (re.compile(r"openssl/"), ("tls/", "release/crypto/", "tests/"), "OpenSSL belongs into tls/ (bytes in memory: release/crypto/)"),
    (re.compile(r"cppconn/|mysql|SQLiteCpp/|sqlite3"), ("control/store/db/", "tests/"),
     "database drivers belong into control/store/db/"),
    (re.compile(r"nlohmann/"), ("release/wire/", "control/", "agent/", "tls/", "tests/"),
     "release/ without wire/ knows no JSON"),
    (re.compile(r"CLI/"), ("tls/rt/", "control/", "agent/", "tests/"), "command lines belong to programs"),
]
STANDARD = re.compile(r"[a-z_0-9]+$")
PURE, IMPURE = "release/", ("release/wire/", "release/crypto/")
# inet_ntop: formats an address.
ALSO_PURE = ("tl/expected.hpp", "arpa/inet.h")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>\n]+)>|"([^"\n]+)")', re.M)


def may(folder_rules, target):
    for rule in folder_rules:
        if rule.endswith("/*"):
            if target.startswith(rule[:-1]) and "/" not in target[len(rule) - 1:]:
                return True
        elif target.startswith(rule):
            return True
    return False


def check(tree):
    for path in tree.paths(".cpp", ".hpp", under=OWN):
        text = tree.files[path]
        folder = next((name for name in MAY_INCLUDE if path.startswith(name)), None)
        sides = set()
        for match in INCLUDE.finditer(text):
            system, own = match.groups()
            line = text.count("\n", 0, match.start()) + 1
            target = own or system
            if own is not None:
                sides.update({"control/", "agent/"} & {target[:target.find("/") + 1]})
                if folder and target.startswith(OWN) and not may(MAY_INCLUDE[folder], target):
                    yield Finding(path, line, RULE, f"{folder} may not include {target}")
                elif target.startswith("release/step/") and not path.startswith(("release/", "tests/")):
                    yield Finding(path, line, RULE, f"{target} is internal to release/: include release/step.hpp")
            for pattern, homes, why in CONFINED:
                if pattern.match(target) and not path.startswith(homes):
                    yield Finding(path, line, RULE, f"{target}: {why}")
            if path.startswith(PURE) and not path.startswith(IMPURE) and system is not None:
                if not STANDARD.match(system) and system not in ALSO_PURE:
                    yield Finding(path, line, RULE, f"release/ includes the standard library only, not {system}")
        if len(sides) == 2 and not path.startswith(("tests/sim/", "tests/bench/", "tests/unit/words/")):
            yield Finding(path, 1, RULE, "includes both control/ and agent/: only the simulator may")


GOOD = [
    {"release/a.cpp": '#include <vector>\n#include <tl/expected.hpp>\n#include "release/b.hpp"\n'},
    {"release/wire/a.cpp": '#include <nlohmann/json.hpp>\n#include "release/crypto/b.hpp"\n#include "release/b.hpp"\n'},
    {"release/crypto/a.cpp": '#include <openssl/evp.h>\n#include "release/text/b.hpp"\n'},
    {"release/a.cpp": '#include "release/crypto/sha256.hpp"\n'},
    {"release/text/a.cpp": '#include <arpa/inet.h>\n#include "release/result.hpp"\n'},
    {"release/step/a.cpp": '#include "release/b.hpp"\n#include "release/step/c.hpp"\n'},
    {"release/step.cpp": '#include "release/step/c.hpp"\n'},
    {"control/core/a.cpp": '#include <boost/asio/awaitable.hpp>\n#include "tls/rt/clock.hpp"\n'},
    {"control/api/a.cpp": '#include <boost/asio/ip/address.hpp>\n#include "control/api/ports/api_store.hpp"\n'},
    {"control/store/db/a.cpp": '#include <cppconn/driver.h>\n'},
    {"control/store/engine/a.cpp": '#include "control/store/steering/retry.hpp"\n#include "control/store/rows/bans.hpp"\n'},
    {"control/store/a.cpp": '#include "control/store/engine/a.hpp"\n#include "control/store/api/b.hpp"\n'},
    {"tls/a.cpp": '#include <boost/beast/http.hpp>\n'},
    {"tests/sim/a.cpp": '#include "control/core/a.hpp"\n#include "agent/apply/b.hpp"\n'},
]
BAD = [
    {"release/a.cpp": '#include <boost/asio/awaitable.hpp>\n'},
    {"release/a.cpp": '#include "release/wire/json_util.hpp"\n'},
    {"release/a.cpp": '#include "release/crypto/hmac.hpp"\n'},
    {"release/wire/a.cpp": '#include <openssl/evp.h>\n'},
    {"release/text/a.cpp": '#include <openssl/evp.h>\n'},
    {"release/text/a.cpp": '#include "release/crypto/sha256.hpp"\n'},
    {"release/crypto/a.cpp": '#include "release/wire/json_util.hpp"\n'},
    {"release/a.cpp": '#include "release/step/c.hpp"\n'},
    {"control/store/a.cpp": '#include "release/step/c.hpp"\n'},
    {"release/a.cpp": '#include "tls/rt/clock.hpp"\n'},
    {"tls/a.cpp": '#include "control/core/ports.hpp"\n'},
    {"tls/rt/a.cpp": '#include "tls/http_types.hpp"\n'},
    {"control/core/a.cpp": '#include "tls/http_client.hpp"\n'},
    {"control/api/a.cpp": '#include <boost/beast/http.hpp>\n'},
    {"control/api/a.cpp": '#include "control/store/db/connection.hpp"\n'},
    {"control/api/ports/a.hpp": '#include "control/api/views.hpp"\n'},
    {"control/store/a.cpp": '#include "control/api/views.hpp"\n'},
    {"control/store/engine/a.cpp": '#include "control/store/api/steer.hpp"\n'},
    {"control/store/engine/a.cpp": '#include "control/api/ports/release_views.hpp"\n'},
    {"control/store/api/a.cpp": '#include "control/store/engine/incomplete.hpp"\n'},
    {"control/store/steering/a.cpp": '#include "control/store/api/releases.hpp"\n'},
    {"control/store/steering/a.cpp": '#include "control/store/fleet/drift.hpp"\n'},
    {"control/store/steering/a.cpp": '#include "control/store/engine/content_book.hpp"\n'},
    {"control/store/audit/a.cpp": '#include "control/store/steering/steered.hpp"\n'},
    {"control/store/rows/a.cpp": '#include "control/store/audit/audit_log.hpp"\n'},
    {"control/store/rows/a.cpp": '#include "control/store/open.hpp"\n'},
    {"control/store/db/a.cpp": '#include "control/store/rows/history.hpp"\n'},
    {"control/api/a.cpp": '#include <openssl/hmac.h>\n'},
    {"agent/a.cpp": '#include <boost/asio/ip/tcp.hpp>\n'},
    {"control/api/a.cpp": '#include <SQLiteCpp/SQLiteCpp.h>\n'},
    {"control/a.cpp": '#include "agent/apply/machine.hpp"\n'},
    {"control/outbound/a.cpp": '#include "control/agents/agents.hpp"\n'},
    {"control/agents/a.cpp": '#include "control/outbound/gates.hpp"\n'},
    {"agent/a.cpp": '#include "control/core/ports.hpp"\n'},
    {"agent/apply/a.cpp": '#include "agent/ports.hpp"\n'},
    {"control/cli/a.cpp": '#include "control/store/open.hpp"\n'},
    {"tests/unit/a.cpp": '#include "control/core/a.hpp"\n#include "agent/apply/b.hpp"\n'},
]
