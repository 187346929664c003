#include "agent/root_inspection.hpp"

#include <fcntl.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "agent/files_posix.hpp"
#include "agent/journal.hpp"
#include "agent/layout.hpp"

namespace edgeroll::agent {

release::Result<void> inspect_root(const std::string& root) {
    if (auto fits = check_root(root); !fits) return fits;
    Descriptor folder(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.is_open()) {
        if (errno == ENOENT) return {};  // serve creates it
        return release::fail("AGENT_ROOT " + root + ": cannot be opened: " + disk_reason(errno));
    }
    const auto files = make_files(root, std::move(folder));
    for (const char* below : {layout::tasks, layout::versions}) {
        if (const auto names = files->list(below); !names) return tl::unexpected(names.error());
    }
    const auto target = files->read_link(layout::live);
    if (!target) return tl::unexpected(target.error());
    if (*target && !layout::version_from_target(**target)) {
        return release::fail(files->absolute(layout::live) + " points to " + **target +
                             ", not to versions/<version>: point it to a version or remove it");
    }
    const auto text = files->read_file(journal_name, journal_bytes_max);
    if (!text) return tl::unexpected(text.error());
    return {};
}

}  // namespace edgeroll::agent
