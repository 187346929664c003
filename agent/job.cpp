#include "agent/job.hpp"

#include <unistd.h>

#include <cerrno>

#include "agent/layout.hpp"
#include "agent/reason.hpp"
#include "agent/trusted_files.hpp"
#include "release/crypto/sha256.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::agent {
namespace {

Result<std::string> digest_of(const Descriptor& file, const Interrupt& interrupt) {
    release::Sha256 digest;
    std::string chunk(1U << 18, '\0');
    for (off_t at = 0;;) {
        if (interrupt.is_set()) return release::fail("interrupted");
        const ssize_t size = ::pread(file.get(), chunk.data(), chunk.size(), at);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return release::fail("cannot be read: " + reason(errno));
        if (size == 0) return digest.finish();
        digest.add(std::string_view(chunk).substr(0, static_cast<std::size_t>(size)));
        at += size;
    }
}

}  // namespace

Result<JobProgram> open_job(const std::string& folder, const release::wire::Job& job,
                            const Interrupt& interrupt) {
    const std::string path = folder + "/" + job.name;
    const auto refuse = [&](const std::string& why) { return release::fail(path + " " + why); };
    const auto above = open_trusted_folder("AGENT_JOBS_DIR", folder);
    if (!above) return tl::unexpected(above.error());
    auto opened = open_trusted_program(*above, folder, job.name);
    if (!opened) return tl::unexpected(opened.error());
    if (opened->is_absent) return refuse("does not exist: there is no such job here");
    JobProgram program;
    program.file = std::move(opened->file);
    if (!job.sha256.empty()) {
        const auto digest = digest_of(program.file, interrupt);
        if (!digest) return refuse(digest.error().message);
        if (*digest != job.sha256) {
            return refuse("has the digest " + *digest + ", not " + job.sha256 +
                          " as the payload says");
        }
    }
    char start[2] = {};
    program.is_script = ::pread(program.file.get(), start, sizeof start, 0) == 2 &&
                        start[0] == '#' && start[1] == '!';
    return program;
}

Result<std::string> load_task_payload(Files& files, const Task& task) {
    auto text =
        files.read_file(layout::task_file(task.payload_file), release::wire::dispatch_bytes_max);
    if (!text) return tl::unexpected(text.error());
    if (!*text) return release::fail("the task's payload is no longer there");
    const auto digest = release::wire::payload_digests(task.type, **text);
    if (!digest) return tl::unexpected(digest.error());
    if (digest->content != task.payload_sha256) {
        return release::fail("the task's payload was changed since it was accepted");
    }
    return std::move(**text);
}

Result<release::wire::Job> load_job(Files& files, const Task& task) {
    const auto text = load_task_payload(files, task);
    if (!text) return tl::unexpected(text.error());
    auto jobs = release::wire::parse_jobs(*text);
    if (!jobs) return tl::unexpected(jobs.error());
    if (task.job_index >= jobs->size()) return release::fail("the payload has no such job");
    return std::move((*jobs)[task.job_index]);
}

}  // namespace edgeroll::agent
