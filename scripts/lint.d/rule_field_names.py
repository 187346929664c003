"""JSON names of the API stand once, in control/api/names/field_names.hpp: by those both sides are tied together."""
import re

from tree import Finding, line_of

RULE = "field-name"
ABOUT = "control/api and control/cli take JSON names from control/api/names, so that writer and reader agree"

# Names that are not the API's: of tokens, of batch_config and of contents, which release/wire reads, and of the
# environment.
OTHERS = ("control/api/jwt.cpp", "control/cli/batch_config.cpp", "control/cli/payload_folder.cpp", "control/cli/main.cpp")
KEY = re.compile(r'(?<!headers)\["(\w+)"\]|\b(?:text_of|integer_of|count_of|whole_of|member|list_of)\((?:[^()"]|\([^()]*\))*?, "(\w+)"')


def check(tree):
    for path in tree.paths(".cpp", under=("control/api/", "control/cli/")):
        if path in OTHERS:
            continue
        text = tree.files[path]
        for match in KEY.finditer(text):
            name = match.group(1) or match.group(2)
            yield Finding(path, line_of(text, match.start()), RULE, f"\"{name}\": take it from control/api/names/field_names.hpp")


GOOD = [
    {"control/api/views.cpp": "data[field::release_id] = 7;"},
    {"control/cli/views.cpp": "release.id = integer_of(data, field::release_id);"},
    {"control/api/jwt.cpp": 'claims["exp"];'},
    {"control/cli/create.cpp": 'plural(integer_of(data, field::total_nodes), "node");'},
    {"control/api/event_routes.cpp": 'response.headers["Allow"] = x;'},
]
BAD = [
    {"control/api/views.cpp": 'data["releaseId"] = 7;'},
    {"control/cli/views.cpp": 'release.id = integer_of(data, "releaseId");'},
    {"control/cli/views.cpp": 'member(item, "hasDrift")'},
]
