// What run_job and purge_cache are given: programs, arguments and variables from outside.
#include <algorithm>

#include "demand.hpp"
#include "release/text/digits.hpp"
#include "release/wire/task_payload.hpp"
#include "release/words.hpp"

namespace {

namespace wire = edgeroll::release::wire;
using edgeroll::fuzz::demand;
using edgeroll::release::TaskType;

bool has_nul(const std::string& text) {
    return text.find('\0') != std::string::npos;
}

void check(const wire::Job& job) {
    demand(!job.name.empty() && job.name.front() != '.' &&
               job.name.find('/') == std::string::npos && !has_nul(job.name),
           "a job is a file of the folder of jobs");
    demand(job.sha256.empty() || edgeroll::release::is_sha256_hex(job.sha256),
           "a digest is one, or none");
    demand(std::ranges::none_of(job.args, has_nul), "no argument is cut off");
    for (const auto& [name, value] : job.env) {
        demand(!name.empty() && name.find('=') == std::string::npos && !has_nul(name + value),
               "a variable is one variable");
        demand(!name.starts_with("LD_") && name != "PATH" && name != "BASH_ENV",
               "no variable makes a program run another");
    }
    demand(std::ranges::is_sorted(job.env), "variables ascend");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = edgeroll::fuzz::text_of(data, size);
    if (const auto jobs = wire::parse_jobs(text)) {
        demand(!jobs->empty() && jobs->size() <= wire::jobs_max, "1 to 50 jobs");
        for (const wire::Job& job : *jobs)
            check(job);
        static_cast<void>(wire::job_variable_fault(*jobs, {"TZ"}));
        demand(wire::payload_digests(TaskType::run_job, text).has_value(), "jobs have a digest");
    }
    for (const TaskType type : edgeroll::release::enum_values<TaskType>) {
        const auto digests = wire::payload_digests(type, text);
        demand(!digests || digests->is_empty() || digests->content.size() == 64,
               "a digest is whole");
        static_cast<void>(wire::stored_payload_digests(type, text));
    }
    static_cast<void>(wire::parse_job_variables(text));
    return 0;
}
