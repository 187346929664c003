#include "agent/apply/journal_codec.hpp"

#include <gtest/gtest.h>

#include "agent/apply/journal_line.hpp"
#include "release/result.hpp"

namespace edgeroll::agent::apply {
namespace {

using release::Epoch;
using release::TaskStatus;
using release::Version;

Book some_book() {
    Book book;
    Entry entry;
    entry.task_id = "apply_config_10.0.0.1_7";
    entry.order_id = "order-a";
    entry.version = Version{7};
    entry.sha256 = std::string(64, 'a');
    entry.order = 3;
    entry.course = begin_step(entry.course, StepName::validate);
    entry.course = end_step(entry.course, {});
    entry.course = begin_step(entry.course, StepName::stage);
    entry.course.last_error = "quotes \" and\nnewlines";
    Details details;
    details.created_at = 1'700'000'000'123;
    details.started_at = 1'700'000'000'200;
    details.timeout_ms = 600'000;
    details.node_name = "edge-1";
    details.node_ip = "10.0.0.1";
    details.labels = {{"app", "x=y"}, {"region", "eu"}};
    details.payload_file = "payload-1";
    details.previous = Version{6};
    StepRecord step;
    step.name = StepName::validate;
    step.status = TaskStatus::success;
    step.started_at = 5;
    step.finished_at = 6;
    step.exit_code = 0;
    step.output = "out";
    details.steps.push_back(step);
    book.details.emplace(entry.task_id, details);
    book.ledger.tasks.emplace(entry.task_id, entry);
    book.ledger
        .highest_epoch[{Version{7}, TaskType::apply_config, "order-a", std::string(64, 'a')}] =
        Epoch{12};
    book.ledger.applied_version = Version{6};
    book.ledger.applied_sha256 = std::string(64, 'b');
    return book;
}

void expect_same(const Book& read, const Book& written) {
    ASSERT_EQ(read.ledger.tasks.size(), written.ledger.tasks.size());
    for (const auto& [id, entry] : written.ledger.tasks) {
        const Entry& other = read.ledger.tasks.at(id);
        EXPECT_EQ(other.task_id, entry.task_id);
        EXPECT_EQ(other.order_id, entry.order_id);
        EXPECT_EQ(other.version, entry.version);
        EXPECT_EQ(other.sha256, entry.sha256);
        EXPECT_EQ(other.payload_sha256, entry.payload_sha256);
        EXPECT_EQ(other.order, entry.order);
        EXPECT_EQ(other.course, entry.course);
    }
    EXPECT_EQ(read.details, written.details);
    EXPECT_EQ(read.ledger.highest_epoch, written.ledger.highest_epoch);
    EXPECT_EQ(read.ledger.applied_version, written.ledger.applied_version);
    EXPECT_EQ(read.ledger.applied_sha256, written.ledger.applied_sha256);
}

TEST(JournalCodec, reads_what_it_wrote) {
    const Book book = some_book();
    const Replay replay = decode_journal(encode_book(book));
    EXPECT_EQ(replay.bad_lines, 0);
    EXPECT_FALSE(replay.is_torn);
    expect_same(replay.book, book);
}

TEST(JournalCodec, keeps_all_before_a_torn_last_line_wherever_it_is_torn) {
    const Book book = some_book();
    const std::string text = encode_book(book);
    Entry changed = book.ledger.tasks.begin()->second;
    changed.course.last_error = "later";
    const std::string last = encode_task(changed, book.details.begin()->second);
    for (std::size_t cut = 0; cut < last.size() - 1; ++cut) {
        const Replay replay = decode_journal(text + last.substr(0, cut));
        EXPECT_EQ(replay.is_torn, cut > 0) << cut;
        EXPECT_EQ(replay.bad_lines, 0);
        expect_same(replay.book, book);
    }
    const Replay whole = decode_journal(text + last.substr(0, last.size() - 1));
    EXPECT_FALSE(whole.is_torn) << "only the newline is missing";
    EXPECT_EQ(whole.book.ledger.tasks.begin()->second.course.last_error, "later");
}

TEST(JournalCodec, leaves_out_any_line_with_a_flipped_bit) {
    const std::string text =
        encode_task(some_book().ledger.tasks.begin()->second, some_book().details.begin()->second);
    for (std::size_t i = 0; i + 1 < text.size(); i += 3) {
        std::string damaged = text;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        const Replay replay = decode_journal(damaged);
        EXPECT_TRUE(replay.book.ledger.tasks.empty()) << i;
        EXPECT_TRUE(replay.is_torn || replay.bad_lines > 0) << i;
    }
}

TEST(JournalCodec, goes_on_after_a_damaged_line_in_the_middle) {
    const Book book = some_book();
    std::string text = encode_epoch({Version{1}}, Epoch{4});
    text += "garbage\n\n";
    text += std::string(3000, '\xff') + "\n";
    text += encode_book(book);
    const Replay replay = decode_journal(text);
    EXPECT_EQ(replay.bad_lines, 2);
    EXPECT_EQ(replay.book.ledger.highest_epoch.at({Version{1}}), Epoch{4});
    EXPECT_EQ(replay.book.ledger.tasks.size(), 1U);
}

TEST(JournalCodec, leaves_out_records_that_cannot_be) {
    Book book = some_book();
    Entry entry = book.ledger.tasks.begin()->second;
    entry.course.current = StepName::postinstall;  // well-formed, but unreachable by any course
    const std::string text = encode_task(entry, book.details.begin()->second);
    EXPECT_EQ(decode_journal(text).bad_lines, 1);
    Details details = book.details.begin()->second;
    details.payload_file = "../../etc/passwd";
    entry = book.ledger.tasks.begin()->second;
    EXPECT_EQ(decode_journal(encode_task(entry, details)).bad_lines, 1);
}

TEST(JournalCodec, takes_the_last_record_of_a_task_and_the_highest_epoch) {
    Book book = some_book();
    std::string text = encode_book(book);
    Entry& entry = book.ledger.tasks.begin()->second;
    entry.course = end_step(entry.course, {});
    text += encode_task(entry, book.details.begin()->second);
    const FenceKey key = book.ledger.highest_epoch.begin()->first;
    text += encode_epoch(key, Epoch{9});
    const Replay replay = decode_journal(text);
    EXPECT_EQ(replay.book.ledger.tasks.begin()->second.course, entry.course);
    EXPECT_EQ(replay.book.ledger.highest_epoch.at(key), Epoch{12});
}

// The journal of an agent without orders: its tasks have no order, its epochs belong to any
// payload.
TEST(JournalCodec, reads_the_journal_of_an_agent_without_orders) {
    const auto line = [](const std::string& json) { return checksum(json) + " " + json + "\n"; };
    const std::string text =
        line(R"({"kind":"epoch","version":7,"epoch":12})") +
        line(R"({"kind":"epoch","version":8,"epoch":3,"type":"run_job"})") +
        line(R"({"kind":"task","taskId":"apply_config_10.0.0.1_7","version":7,"sha256":"aa",)"
             R"("order":1,"course":{"reloadOnly":false,"status":"pending","finished":[],)"
             R"("switched":false,"cancelWanted":false,"timeUp":false,"stuck":false,)"
             R"("lastError":""},"createdAt":0,"startedAt":0,"finishedAt":0,"timeoutMs":0,)"
             R"("nodeName":"","nodeIp":"","labels":{},"payloadFile":"","steps":[]})");
    const Replay replay = decode_journal(text);
    EXPECT_EQ(replay.bad_lines, 0);
    const Ledger& ledger = replay.book.ledger;
    EXPECT_EQ(ledger.tasks.at("apply_config_10.0.0.1_7").order_id, "");
    EXPECT_EQ(ledger.highest_epoch.at({Version{7}}), Epoch{12});
    Offer offer;
    offer.task_id = "apply_config_10.0.0.1_7";
    offer.version = Version{7};
    offer.sha256 = "aa";
    offer.epoch = Epoch{12};
    EXPECT_EQ(admit(ledger, offer, 16).kind, Admission::Kind::repeat) << "an older control";
    offer.epoch = Epoch{11};
    EXPECT_EQ(admit(ledger, offer, 16).code, release::code::wrong_state);
    offer.order_id = "order-a";
    EXPECT_EQ(admit(ledger, offer, 16).code, release::code::exists) << "another release";
}

TEST(JournalCodec, forgets_the_epochs_of_old_orders_of_a_version_that_is_used_again_and_again) {
    Book book;
    for (int i = 1; i <= 100; ++i) {
        Entry entry;
        entry.task_id = "t" + std::to_string(i);
        entry.order_id = "order-" + std::to_string(i);
        entry.version = Version{1};
        entry.order = i;
        entry.course.is_reload_only = true;
        entry.course.status = TaskStatus::success;
        book.details.emplace(entry.task_id, Details{});
        book.ledger.highest_epoch[{entry.version, TaskType::apply_config, entry.order_id}] =
            Epoch{1};
        book.ledger.tasks.emplace(entry.task_id, std::move(entry));
    }
    prune(book, 10, std::nullopt);
    EXPECT_EQ(book.ledger.tasks.size(), 10U);
    EXPECT_EQ(book.ledger.highest_epoch.size(), 40U);
    EXPECT_TRUE(book.ledger.highest_epoch.contains(
        {Version{1}, TaskType::apply_config, std::string("order-100")}));
}

TEST(JournalCodec, survives_bad_utf8_in_an_output) {
    Book book = some_book();
    book.details.begin()->second.steps[0].output = "\xc3\x28 \xff";
    const Replay replay = decode_journal(encode_book(book));
    EXPECT_EQ(replay.bad_lines, 0);
    EXPECT_EQ(replay.book.ledger.tasks.size(), 1U);
}

TEST(JournalCodec, prunes_old_finished_tasks_but_not_those_of_the_live_version) {
    Book book;
    for (int i = 1; i <= 50; ++i) {
        Entry entry;
        entry.task_id = "t" + std::to_string(i);
        entry.version = Version{i};
        entry.sha256 = "aa";
        entry.order = i;
        entry.course.status = i == 2 ? TaskStatus::pending : TaskStatus::success;
        book.details.emplace(entry.task_id, Details{});
        book.ledger.highest_epoch[{entry.version}] = Epoch{1};
        book.ledger.tasks.emplace(entry.task_id, std::move(entry));
    }
    prune(book, 10, Version{5});
    EXPECT_EQ(book.ledger.tasks.size(), 12U);
    EXPECT_TRUE(book.ledger.tasks.contains("t2"));
    EXPECT_TRUE(book.ledger.tasks.contains("t5"));
    EXPECT_TRUE(book.ledger.tasks.contains("t41"));
    EXPECT_FALSE(book.ledger.tasks.contains("t40"));
    EXPECT_EQ(book.details.size(), 12U);
    EXPECT_EQ(book.ledger.highest_epoch.size(), 40U);
    EXPECT_TRUE(book.ledger.highest_epoch.contains({Version{2}}));
}

}  // namespace
}  // namespace edgeroll::agent::apply
