#include "agent/job.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "agent/layout.hpp"
#include "release/wire/payload.hpp"
#include "release/wire/sha256.hpp"

namespace edgeroll::agent {
namespace {

std::string reason(int error) {
    return std::generic_category().message(error);
}

/// Who may write a program decides what runs here. Empty when nobody else can.
std::string owner_fault(const struct stat& info) {
    if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
        return "belongs neither to root nor to the agent's user: chown it";
    }
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return "is writable by group or others: chmod go-w it";
    }
    return {};
}

/// Why the file cannot be a job; empty when it can.
std::string file_fault(const struct stat& info) {
    if (!S_ISREG(info.st_mode)) return "is not a regular file";
    if ((info.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0) {
        return "is not executable: chmod +x it";
    }
    return owner_fault(info);
}

Result<std::string> digest_of(const Descriptor& file, const Interrupt& interrupt) {
    release::wire::Sha256 digest;
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
    const auto refuse = [](const std::string& what, const std::string& why) {
        return release::fail(what + " " + why);
    };
    struct stat info {};
    const Descriptor above(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!above.is_open() || ::fstat(above.get(), &info) != 0) {
        return refuse("AGENT_JOBS_DIR " + folder, "cannot be opened: " + reason(errno));
    }
    if (const auto fault = owner_fault(info); !fault.empty()) {
        return refuse("AGENT_JOBS_DIR " + folder, fault);
    }
    JobProgram program;
    // Without O_NONBLOCK a named pipe would hold us up.
    program.file = Descriptor(::openat(above.get(), job.name.c_str(),
                                       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!program.file.is_open()) {
        const int error = errno;
        if (error == ENOENT) return refuse(path, "does not exist: there is no such job here");
        if (error == ELOOP) return refuse(path, "is a link: put the program itself there");
        return refuse(path, "cannot be opened: " + reason(error));
    }
    if (::fstat(program.file.get(), &info) != 0) {
        return refuse(path, "cannot be looked at: " + reason(errno));
    }
    if (const auto fault = file_fault(info); !fault.empty()) return refuse(path, fault);
    if (!job.sha256.empty()) {
        const auto digest = digest_of(program.file, interrupt);
        if (!digest) return refuse(path, digest.error().message);
        if (*digest != job.sha256) {
            return refuse(
                path, "has the digest " + *digest + ", not " + job.sha256 + " as the payload says");
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
    const auto digest = release::wire::payload_digests(apply::to_text(task.type), **text);
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
