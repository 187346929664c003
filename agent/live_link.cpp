#include "agent/live_link.hpp"

#include "agent/layout.hpp"

namespace edgeroll::agent {

Result<Live> read_live(Files& files) {
    const auto target = files.read_link(layout::live);
    if (!target) return tl::unexpected(target.error());
    Live found;
    if (!*target) return found;
    found.named = layout::version_from_target(**target);
    if (!found.named) {
        return release::fail(files.absolute(layout::live) + " points to " + **target +
                             ", not to versions/<version>: point it to a version or remove it");
    }
    if (files.is_folder(layout::version_folder(*found.named))) found.version = found.named;
    return found;
}

}  // namespace edgeroll::agent
