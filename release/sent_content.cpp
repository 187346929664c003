#include "release/sent_content.hpp"

namespace edgeroll::release {

WantedContent wanted_content(const Snapshot& seen, std::optional<Version> of_row) {
    WantedContent wanted;
    wanted.version = of_row.value_or(seen.version);
    if (!of_row) {
        wanted.is_nothing = seen.content_sha256 == reload_only_mark;
        if (!wanted.is_nothing) wanted.sha256 = seen.content_sha256;
        return wanted;
    }
    for (const auto& [version, content] : seen.other_contents) {
        if (version != *of_row) continue;
        wanted.sha256 = content.sha256;
        break;
    }
    return wanted;
}

ContentNames names_of(TaskType type, const FoundContent& found, std::optional<Version> of_row) {
    ContentNames names;
    if (type != TaskType::apply_config) {
        names.compared_sha256 = found.sha256;
        return names;
    }
    names.sha256 = found.sha256;
    names.plain_sha256 = found.plain_sha256;
    names.may_be_held = !names.sha256.empty() && (of_row || found.is_repeated);
    return names;
}

}  // namespace edgeroll::release
