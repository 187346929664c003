// Bans, forced dispatches and tasks other than apply_config, in the ledger and in the journal.
#include <gtest/gtest.h>

#include "agent/apply/journal_codec.hpp"
#include "agent/apply/journal_line.hpp"
#include "release/result.hpp"

namespace edgeroll::agent::apply {
namespace {

using release::Epoch;
using release::TaskStatus;
using release::Version;
using Kind = Admission::Kind;
namespace code = release::code;

Offer typed_offer(const std::string& id, std::int64_t version,
                  TaskType type = TaskType::apply_config,
                  std::optional<std::int64_t> epoch = std::nullopt) {
    Offer made;
    made.task_id = id;
    made.version = Version{version};
    made.sha256 = "aa";
    made.type = type;
    made.job_count = type == TaskType::run_job ? 2 : 0;
    if (epoch) made.epoch = Epoch{*epoch};
    return made;
}

Ledger taken_in(Ledger ledger, const Offer& what) {
    const auto admitted = admit(ledger, what, 16);
    return record(std::move(ledger), what, admitted);
}

Ledger with_applied(std::int64_t version) {
    Ledger ledger;
    ledger.applied_version = Version{version};
    ledger.applied_sha256 = "aa";
    return ledger;
}

TEST(LedgerBans, refuse_a_banned_content_unless_forced) {
    Ledger ledger;
    ledger.banned = {"aa"};
    const Admission refused = admit(ledger, typed_offer("t1", 1), 16);
    EXPECT_EQ(refused.kind, Kind::refuse);
    EXPECT_EQ(refused.code, code::wrong_state);
    EXPECT_EQ(refused.message.find("content aa is banned"), 0U) << refused.message;
    Offer forced = typed_offer("t1", 1);
    forced.is_forced = true;
    EXPECT_EQ(admit(ledger, forced, 16).kind, Kind::run);
    Offer other = typed_offer("t1", 1);
    other.sha256 = "bb";
    EXPECT_EQ(admit(ledger, other, 16).kind, Kind::run);
    other.sha256.clear();
    EXPECT_EQ(admit(ledger, other, 16).kind, Kind::run) << "a reload has no content to ban";
    EXPECT_EQ(admit(ledger, typed_offer("t1", 1, TaskType::run_job), 16).kind, Kind::refuse);
}

TEST(LedgerBans, do_not_hide_what_has_become_of_a_known_task) {
    Ledger ledger = taken_in({}, typed_offer("t1", 1));
    ledger.banned = {"aa"};
    EXPECT_EQ(admit(ledger, typed_offer("t1", 1), 16).kind, Kind::repeat);
}

TEST(LedgerBans, refuse_even_what_is_applied) {
    Ledger ledger = with_applied(1);
    EXPECT_EQ(admit(ledger, typed_offer("t1", 1), 16).kind, Kind::done);
    ledger.banned = {"aa"};
    EXPECT_EQ(admit(ledger, typed_offer("t1", 1), 16).kind, Kind::refuse);
}

TEST(LedgerTypes, take_any_version_and_never_change_what_is_applied) {
    for (const auto type : {TaskType::reload, TaskType::purge_cache, TaskType::run_job}) {
        for (const std::int64_t version : {1, 5, 9}) {
            Ledger ledger = taken_in(with_applied(5), typed_offer("t1", version, type));
            ASSERT_EQ(ledger.tasks.at("t1").course.status, TaskStatus::pending);
            EXPECT_EQ(ledger.tasks.at("t1").sha256, "");
            Course course = ledger.tasks.at("t1").course;
            course.status = TaskStatus::success;
            advance(ledger, "t1", course);
            EXPECT_EQ(ledger.applied_version, Version{5});
            EXPECT_EQ(ledger.applied_sha256, "aa");
        }
    }
}

TEST(LedgerTypes, do_not_stand_in_the_way_of_a_version) {
    const Ledger ledger = taken_in(with_applied(5), typed_offer("t9", 9, TaskType::run_job));
    EXPECT_EQ(admit(ledger, typed_offer("t6", 6), 16).kind, Kind::run);
    EXPECT_EQ(admit(ledger, typed_offer("t5", 5), 16).kind, Kind::done);
}

TEST(LedgerTypes, are_fenced_each_by_its_own_epochs) {
    Ledger ledger = taken_in({}, typed_offer("t1", 7, TaskType::run_job, 5));
    EXPECT_TRUE(is_fenced_off(ledger, typed_offer("t2", 7, TaskType::run_job, 4)));
    EXPECT_EQ(admit(ledger, typed_offer("t2", 7, TaskType::run_job, 4), 16).code,
              code::wrong_state);
    EXPECT_FALSE(is_fenced_off(ledger, typed_offer("t2", 7, TaskType::reload, 4)));
    EXPECT_FALSE(is_fenced_off(ledger, typed_offer("t2", 7, TaskType::apply_config, 4)));
    EXPECT_FALSE(is_fenced_off(ledger, typed_offer("t2", 8, TaskType::run_job, 4)));
}

TEST(LedgerTypes, count_in_the_queue_and_can_be_cancelled_while_running) {
    Ledger ledger = taken_in({}, typed_offer("t1", 1, TaskType::run_job));
    EXPECT_EQ(admit(ledger, typed_offer("t2", 2), 0).code, code::busy);
    EXPECT_EQ(admit(ledger, typed_offer("t2", 2, TaskType::reload), 0).code, code::busy);
    advance(ledger, "t1", begin_step(ledger.tasks.at("t1").course, StepName::job));
    EXPECT_EQ(cancel(ledger, "t1").code, code::ok);
    EXPECT_TRUE(ledger.tasks.at("t1").course.is_cancel_wanted);
}

TEST(JournalTypes, reads_what_it_wrote) {
    Book book;
    book.ledger = taken_in({}, typed_offer("j", 7, TaskType::run_job, 4));
    book.ledger = taken_in(book.ledger, typed_offer("p", 7, TaskType::purge_cache, 3));
    book.ledger = taken_in(book.ledger, typed_offer("a", 7, TaskType::apply_config, 2));
    book.ledger.banned = {std::string(64, 'a'), std::string(64, 'b')};
    Entry& job = book.ledger.tasks.at("j");
    job.payload_sha256 = "aa";
    job.order_id = "order-a";
    job.course = end_step(begin_step(job.course, StepName::job), {});
    job.course = begin_step(job.course, StepName::job);
    Details details;
    details.jobs = {"one", "two"};
    StepRecord step;
    step.name = StepName::job;
    details.steps = {step, step};
    book.details["j"] = details;
    book.details["p"];
    book.details["a"];
    const Replay replay = decode_journal(encode_book(book));
    EXPECT_EQ(replay.bad_lines, 0);
    EXPECT_EQ(replay.book.details, book.details);
    EXPECT_EQ(replay.book.ledger.highest_epoch, book.ledger.highest_epoch);
    EXPECT_EQ(replay.book.ledger.banned, book.ledger.banned);
    for (const char* id : {"j", "p", "a"}) {
        const Entry& read = replay.book.ledger.tasks.at(id);
        const Entry& written = book.ledger.tasks.at(id);
        EXPECT_EQ(read.course, written.course) << id;
        EXPECT_EQ(read.payload_sha256, written.payload_sha256) << id;
        EXPECT_EQ(read.order_id, written.order_id) << id;
    }
}

TEST(JournalTypes, takes_the_last_list_of_bans) {
    Ledger ledger;
    ledger.banned = {"aa"};
    std::string text = encode_banned(ledger);
    ledger.banned.clear();
    text += encode_banned(ledger);
    EXPECT_TRUE(decode_journal(text).book.ledger.banned.empty());
}

std::string line(const std::string& json) {
    return checksum(json) + " " + json + "\n";
}

TEST(JournalTypes, reads_a_journal_from_before_there_were_types) {
    // As written by the first release of the agent, with all its keys.
    const std::string text =
        line(R"({"kind":"applied","sha256":"bb","version":6})") +
        line(R"({"epoch":12,"kind":"epoch","version":7})") +
        line(R"({"course":{"cancelWanted":false,"current":"check","finished":["validate","stage",)"
             R"("preinstall"],"lastError":"","reloadOnly":false,"status":"running","stuck":false,)"
             R"("switched":false,"timeUp":false},"createdAt":1,"finishedAt":0,"kind":"task",)"
             R"("labels":{"region":"eu"},"nodeIp":"10.0.0.1","nodeName":"edge-1","order":3,)"
             R"("payloadFile":"payload-1","previous":6,"sha256":"aa","startedAt":2,"steps":[)"
             R"({"exitCode":0,"finishedAt":6,"name":"validate","output":"out","startedAt":5,)"
             R"("status":"success"}],"taskId":"t7","timeoutMs":600000,"version":7})");
    const Replay replay = decode_journal(text);
    EXPECT_EQ(replay.bad_lines, 0);
    const Entry& entry = replay.book.ledger.tasks.at("t7");
    EXPECT_EQ(entry.course.type, TaskType::apply_config);
    EXPECT_EQ(entry.course.current, StepName::check);
    EXPECT_EQ(replay.book.details.at("t7").steps.size(), 1U);
    EXPECT_EQ(replay.book.ledger.highest_epoch.at({Version{7}}), Epoch{12});
    // An apply_config is written in a form that this agent can read.
    EXPECT_EQ(encode_book(replay.book), text);
}

TEST(JournalTypes, leaves_out_records_that_cannot_be) {
    Book book;
    book.ledger = taken_in({}, typed_offer("j", 7, TaskType::run_job));
    book.details["j"].jobs = {"one"};  // same name for two jobs
    EXPECT_EQ(decode_journal(encode_book(book)).bad_lines, 1);
    for (const char* json : {R"({"kind":"banned"})", R"({"kind":"banned","sha256":[1]})",
                             R"({"kind":"banned","sha256":null})",
                             R"({"kind":"epoch","version":1,"epoch":1,"type":"reboot"})"}) {
        EXPECT_EQ(decode_journal(line(json)).bad_lines, 1) << json;
    }
}

TEST(JournalOutputs, are_shortened_from_the_oldest_on) {
    Details details;
    for (int i = 0; i < 50; ++i) {
        StepRecord step;
        step.output = std::string(64U << 10, static_cast<char>('a' + i % 26));
        step.output.back() = '!';
        details.steps.push_back(step);
    }
    limit_outputs(details, outputs_bytes_max);
    std::size_t all = 0;
    for (const StepRecord& step : details.steps) {
        EXPECT_GE(step.output.size(), 4U << 10);
        EXPECT_EQ(step.output.back(), '!') << "the end is what is kept";
        all += step.output.size();
    }
    EXPECT_EQ(details.steps.back().output.size(), 64U << 10);
    EXPECT_EQ(details.steps.front().output.size(), 4U << 10);
    EXPECT_LE(all, 2 * outputs_bytes_max);
}

/// The maximum of everything, with bytes that take the most room.
TEST(JournalOutputs, of_the_largest_task_still_make_a_readable_line) {
    Book book;
    const std::string id(200, '"');
    Offer flow = typed_offer(id, 7, TaskType::run_job);
    flow.job_count = jobs_max;
    book.ledger = taken_in({}, flow);
    Details& details = book.details[id];
    details.node_name = std::string(1'020, '"');
    details.node_ip = std::string(255, '"');
    // The maximum of read_dispatch: 1000 entries, 64 KiB together.
    for (int i = 1'000; i < 2'000; ++i)
        details.labels.emplace_back(std::to_string(i), std::string(61, '"'));
    for (int i = 0; i < jobs_max; ++i) {
        details.jobs.emplace_back(100, 'j');
        StepRecord step;
        step.name = StepName::job;
        step.output = std::string(64U << 10, '\x01');
        details.steps.push_back(step);
    }
    limit_outputs(details, outputs_bytes_max);
    Course& course = book.ledger.tasks.at(id).course;
    course = begin_step(course, StepName::job);
    StepResult bad;
    bad.is_ok = false;
    bad.error = std::string(1U << 20, '\x01');
    course = end_step(course, bad);
    const std::string text = encode_book(book);
    EXPECT_GT(text.size(), 2U << 20);
    const Replay replay = decode_journal(text);
    EXPECT_EQ(replay.bad_lines, 0);
    EXPECT_EQ(replay.book.details, book.details);
}

}  // namespace
}  // namespace edgeroll::agent::apply
