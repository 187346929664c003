#include <algorithm>
#include <limits>
#include <utility>

#include "agent/apply/journal_codec.hpp"
#include "agent/apply/journal_line.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::agent::apply {
namespace {

using release::Result;
using release::TaskStatus;
using release::Version;
using release::wire::Json;

// More than outputs_bytes_max with every byte escaped.
constexpr std::size_t line_bytes_max = 4U << 20;

/// Reads members and remembers the first fault, so that a record is read in one go and judged once.
class Reader {
  public:
    explicit Reader(const Json& object) : object_(object), is_good_(object.is_object()) {}

    [[nodiscard]] bool is_good() const { return is_good_; }
    void refuse() { is_good_ = false; }

    std::string text(const char* field) {
        return take(release::wire::required_text(object_, field));
    }
    std::int64_t integer(const char* field) {
        return take(release::wire::required_integer(object_, field));
    }
    bool flag(const char* field) {
        const auto value = take(release::wire::optional_flag(object_, field));
        if (!value) refuse();
        return value.value_or(false);
    }
    std::optional<std::string> maybe_text(const char* field) {
        return take(release::wire::optional_text(object_, field));
    }
    std::optional<std::int64_t> maybe_integer(const char* field) {
        return take(release::wire::optional_integer(object_, field));
    }
    StepName step(const char* field) { return step_of(text(field)); }
    std::optional<StepName> maybe_step(const char* field) {
        const auto word = maybe_text(field);
        if (!word) return std::nullopt;
        return step_of(*word);
    }
    TaskType type(const char* field) {
        const auto word = maybe_text(field);
        if (!word) return TaskType::apply_config;
        const auto type = release::from_text<TaskType>(*word);
        if (!type) refuse();
        return type.value_or(TaskType::apply_config);
    }
    /// Absent: none.
    std::vector<std::string> texts(const char* field) {
        std::vector<std::string> found;
        if (!is_good_ || !object_.contains(field)) return found;
        for (const Json& text : member(field, Json::value_t::array)) {
            if (!text.is_string()) {
                refuse();
                break;
            }
            found.push_back(text.get_ref<const std::string&>());
        }
        return found;
    }
    TaskStatus status(const char* field) {
        const auto status = release::from_text<TaskStatus>(text(field));
        if (!status) refuse();
        return status.value_or(TaskStatus::failed);
    }
    const Json& member(const char* field, Json::value_t type) {
        static const Json nothing;
        if (!is_good_) return nothing;
        const auto found = object_.find(field);
        if (found == object_.end() || found->type() != type) {
            refuse();
            return nothing;
        }
        return *found;
    }
    StepName step_of(const std::string& word) {
        const auto name = step_from_text(word);
        if (!name) refuse();
        return name.value_or(StepName::validate);
    }

  private:
    template <class T>
    T take(Result<T> value) {
        if (value && is_good_) return std::move(*value);
        refuse();
        return T{};
    }

    const Json& object_;
    bool is_good_;
};

std::optional<Course> read_course(const Json& object) {
    Reader reader(object);
    Course course;
    course.type = reader.type("type");
    const std::int64_t job_count = reader.maybe_integer("jobCount").value_or(0);
    if (job_count < 0 || job_count > jobs_max) reader.refuse();
    course.job_count = reader.is_good() ? static_cast<int>(job_count) : 0;
    course.is_reload_only = reader.flag("reloadOnly");
    course.status = reader.status("status");
    course.current = reader.maybe_step("current");
    course.failed = reader.maybe_step("failed");
    course.is_switched = reader.flag("switched");
    course.is_cancel_wanted = reader.flag("cancelWanted");
    course.is_time_up = reader.flag("timeUp");
    course.is_stuck = reader.flag("stuck");
    course.last_error = reader.text("lastError");
    for (const Json& word : reader.member("finished", Json::value_t::array)) {
        if (!word.is_string()) return std::nullopt;
        course.finished.push_back(reader.step_of(word.get_ref<const std::string&>()));
    }
    if (!reader.is_good() || !is_plausible(course)) return std::nullopt;
    return course;
}

std::optional<StepRecord> read_step(const Json& object) {
    Reader reader(object);
    StepRecord step;
    step.name = reader.step("name");
    step.status = reader.status("status");
    step.started_at = reader.integer("startedAt");
    step.finished_at = reader.integer("finishedAt");
    step.output = reader.text("output");
    step.evidence = reader.maybe_text("evidence");
    if (const auto exit_code = reader.maybe_integer("exitCode")) {
        if (*exit_code < 0 || *exit_code > 255) return std::nullopt;
        step.exit_code = static_cast<int>(*exit_code);
    }
    if (!reader.is_good()) return std::nullopt;
    return step;
}

bool is_file_name(const std::string& name) {
    return name.find('/') == std::string::npos && name != "." && name != ".." &&
           name.find('\0') == std::string::npos;
}

bool read_details(Reader& reader, Details& details) {
    details.created_at = reader.integer("createdAt");
    details.started_at = reader.integer("startedAt");
    details.finished_at = reader.integer("finishedAt");
    details.timeout_ms = reader.integer("timeoutMs");
    details.node_name = reader.text("nodeName");
    details.node_ip = reader.text("nodeIp");
    details.payload_file = reader.text("payloadFile");
    if (const auto previous = reader.maybe_integer("previous"))
        details.previous = Version{*previous};
    details.staged_folder = reader.maybe_integer("stagedFolder");
    details.jobs = reader.texts("jobs");
    for (const auto& [name, value] : reader.member("labels", Json::value_t::object).items()) {
        if (!value.is_string()) return false;
        details.labels.emplace_back(name, value.get_ref<const std::string&>());
    }
    for (const Json& object : reader.member("steps", Json::value_t::array)) {
        auto step = read_step(object);
        if (!step) return false;
        details.steps.push_back(std::move(*step));
    }
    return details.timeout_ms >= 0 && is_file_name(details.payload_file);
}

bool replay_task(const Json& record, Book& book) {
    Reader reader(record);
    Entry entry;
    Details details;
    entry.task_id = reader.text("taskId");
    entry.version = Version{reader.integer("version")};
    entry.order_id = reader.maybe_text("orderId").value_or("");
    entry.sha256 = reader.text("sha256");
    entry.payload_sha256 = reader.maybe_text("payloadSha256").value_or("");
    entry.order = reader.integer("order");
    entry.is_repair = reader.maybe_integer("repair").value_or(0) != 0;
    auto course = read_course(reader.member("course", Json::value_t::object));
    if (!course || !read_details(reader, details) || !reader.is_good()) return false;
    if (course->is_reload_only != entry.sha256.empty()) return false;
    if (details.jobs.size() != static_cast<std::size_t>(course->job_count)) return false;
    if (entry.order < 0 || entry.order == std::numeric_limits<std::int64_t>::max()) return false;
    entry.course = std::move(*course);
    book.details.insert_or_assign(entry.task_id, std::move(details));
    book.ledger.tasks.insert_or_assign(entry.task_id, std::move(entry));
    return true;
}

bool replay_epoch(const Json& record, Book& book) {
    Reader reader(record);
    FenceKey key;
    key.version = Version{reader.integer("version")};
    const release::Epoch epoch{reader.integer("epoch")};
    key.type = reader.type("type");
    key.order_id = reader.maybe_text("orderId").value_or("");
    key.sha256 = reader.maybe_text("sha256");
    if (!reader.is_good()) return false;
    auto& highest = book.ledger.highest_epoch[key];
    highest = std::max(highest, epoch);
    return true;
}

bool replay_applied(const Json& record, Book& book) {
    Reader reader(record);
    const auto version = reader.maybe_integer("version");
    std::string sha256 = reader.text("sha256");
    const auto digest_rule = reader.maybe_integer("digestRule");
    if (!reader.is_good()) return false;
    book.ledger.digest_rule = digest_rule.value_or(0);
    book.ledger.applied_version.reset();
    if (version) book.ledger.applied_version = Version{*version};
    book.ledger.applied_sha256 = std::move(sha256);
    return true;
}

bool replay_banned(const Json& record, Book& book) {
    Reader reader(record);
    const auto banned = reader.texts("sha256");
    if (!reader.is_good() || !record.contains("sha256")) return false;
    book.ledger.banned = {banned.begin(), banned.end()};
    return true;
}

bool replay_line(std::string_view line, Book& book) {
    if (line.size() < checksum_digits + 2 || line[checksum_digits] != ' ') return false;
    const std::string_view json = line.substr(checksum_digits + 1);
    if (checksum(json) != line.substr(0, checksum_digits)) return false;
    const auto record = release::wire::parse_json(json, line_bytes_max);
    if (!record) return false;
    Reader reader(*record);
    const std::string kind = reader.text("kind");
    if (kind == "task") return replay_task(*record, book);
    if (kind == "epoch") return replay_epoch(*record, book);
    if (kind == "banned") return replay_banned(*record, book);
    if (kind == "applied") return replay_applied(*record, book);
    return false;
}

}  // namespace

Replay decode_journal(std::string_view text) {
    Replay replay;
    while (!text.empty()) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) {
            // A line that lacks only its newline is complete: the checksum proves it.
            replay.is_torn = !replay_line(text, replay.book);
            break;
        }
        const std::string_view line = text.substr(0, end);
        if (!line.empty() && !replay_line(line, replay.book)) ++replay.bad_lines;
        text.remove_prefix(end + 1);
    }
    return replay;
}

}  // namespace edgeroll::agent::apply
