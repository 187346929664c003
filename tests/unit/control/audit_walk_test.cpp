// The chain of the audit log, and detection of forged rows.
#include "control/store/audit/audit_walk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "control/store/audit/audit_log.hpp"

namespace edgeroll::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

AuditKeys keys_of(const std::string& text) {
    auto keys = AuditKeys::parse(text);
    EXPECT_TRUE(keys);
    return *keys;
}

const std::string key_a(32, 'a'), key_b(40, 'b');

class AuditWalkTest : public ::testing::Test {
  protected:
    void append(const AuditKeys* keys = nullptr, const std::string& action = "node.add",
                const std::string& detail = "{}") {
        AuditRow row;
        row.id = head.count + 1;
        row.at = "2026-01-31 08:00:00.000";
        row.actor = "token:ann";
        row.remote = "192.0.2.1";
        row.action = action;
        row.object = "node:" + std::to_string(row.id);
        row.detail = detail;
        row.prev_hash = head.hash;
        row.hash = audit_hash(row, keys);
        head = AuditHead{row.id, row.hash};
        rows.push_back(row);
    }
    void append_many(int count, const AuditKeys* keys = nullptr) {
        for (int i = 0; i < count; ++i)
            append(keys);
    }
    /// A writer of the table without the key can do this: all following hashes fit again.
    void reckon_anew() {
        std::string last = audit_beginning;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            rows[i].id = static_cast<std::int64_t>(i) + 1;
            rows[i].prev_hash = last;
            last = rows[i].hash = audit_hash(rows[i], nullptr);
        }
        head = AuditHead{static_cast<std::int64_t>(rows.size()), last};
    }
    AuditReport walk(const AuditKeys* keys = nullptr, std::vector<AuditHead> kept = {}) {
        AuditWalk one(keys, std::move(kept));
        for (const AuditRow& row : rows)
            one.add(row);
        return one.finish(head);
    }
    /// The only fault.
    std::string fault(const AuditKeys* keys = nullptr, std::vector<AuditHead> kept = {}) {
        const AuditReport report = walk(keys, std::move(kept));
        EXPECT_THAT(report.faults, SizeIs(1));
        return report.faults.empty() ? "" : report.faults[0];
    }

    std::vector<AuditRow> rows;
    AuditHead head;
};

TEST_F(AuditWalkTest, a_chain_is_whole) {
    EXPECT_THAT(walk().faults, IsEmpty()) << "an empty one too";
    append_many(3);
    const AuditReport report = walk();
    EXPECT_THAT(report.faults, IsEmpty());
    EXPECT_EQ(report.rows, 3);
    EXPECT_EQ(report.first, 1);
    EXPECT_EQ(report.last, 3);
    EXPECT_EQ(to_text(report.head), "3:" + rows[2].hash);
}

TEST_F(AuditWalkTest, a_change_of_any_column_shows) {
    append_many(3);
    const std::vector<AuditRow> good = rows;
    const std::vector<std::function<void(AuditRow&)>> changes = {
        [](AuditRow& row) { row.at = "2026-01-31 08:00:00.001"; },
        [](AuditRow& row) { row.actor = "token:bob"; },
        [](AuditRow& row) { row.remote = "192.0.2.2"; },
        [](AuditRow& row) { row.action = "node.change"; }, [](AuditRow& row) { row.object = ""; },
        [](AuditRow& row) { row.detail = "{ }"; },
        // Moving a part of one field to the next makes a different row.
        [](AuditRow& row) {
            row.actor += "1";
            row.remote.erase(0, 1);
        }};
    for (const auto& change : changes) {
        rows = good;
        change(rows[1]);
        EXPECT_EQ(fault(), "row 2 was changed");
    }
    rows = good;
    rows[1].prev_hash = audit_beginning;
    EXPECT_EQ(walk().fault_count, 2) << "changed, and it does not follow";
    rows = good;
    rows[1].hash = rows[0].hash;
    EXPECT_EQ(walk().fault_count, 2) << "changed, and the next one does not follow";
    rows = good;
    rows[1].actor = "token:bob";
    rows[1].hash = audit_hash(rows[1], nullptr);
    EXPECT_THAT(fault(), HasSubstr("row 3 does not follow row 2")) << "reckoned, but not the rest";
}

TEST_F(AuditWalkTest, missing_rows_show) {
    append_many(5);
    const std::vector<AuditRow> good = rows;
    rows.erase(rows.begin() + 1, rows.begin() + 3);
    EXPECT_EQ(fault(), "rows 2 to 3 are missing");
    rows = good;
    rows.erase(rows.begin());
    EXPECT_THAT(fault(), HasSubstr("row 1 is missing, and no anchor"));
    rows = good;
    rows.pop_back();
    EXPECT_EQ(fault(), "row 5 is missing at the end");
    rows.clear();
    EXPECT_EQ(fault(), "rows 1 to 5 are missing at the end");
}

TEST_F(AuditWalkTest, inserted_and_reordered_rows_show) {
    append_many(4);
    const std::vector<AuditRow> good = rows;
    const AuditHead good_head = head;
    append();
    head = good_head;
    EXPECT_THAT(fault(), HasSubstr("row 5 is beyond the count"));
    rows = good;
    std::swap(rows[1], rows[2]);
    std::swap(rows[1].id, rows[2].id);
    EXPECT_GE(walk().fault_count, 2);
    rows = good;
    rows.insert(rows.begin(), rows[0]);
    rows[0].id = 0;
    EXPECT_GE(walk().fault_count, 1);
    rows = good;
    rows[3].id = 9;
    EXPECT_GE(walk().fault_count, 1);
}

TEST_F(AuditWalkTest, the_count_and_the_last_hash_are_part_of_it) {
    append_many(2);
    const AuditHead good = head;
    head.hash = rows[0].hash;
    EXPECT_THAT(fault(), HasSubstr("the hash that the table counters has"));
    head = good;
    AuditWalk without(nullptr, {});
    EXPECT_THAT(without.finish(std::nullopt).faults, SizeIs(1));
}

TEST_F(AuditWalkTest, without_a_key_only_a_kept_head_shows_a_chain_that_was_reckoned_anew) {
    append_many(5);
    const AuditHead kept_early{2, rows[1].hash}, kept_late = head;
    const std::vector<AuditRow> good = rows;
    EXPECT_EQ(walk(nullptr, {kept_early, kept_late}).heads_found, 2);
    rows[3].actor = "token:bob";
    reckon_anew();
    EXPECT_THAT(walk().faults, IsEmpty());
    EXPECT_THAT(walk(nullptr, {kept_early}).faults, IsEmpty()) << "what came later is not proven";
    EXPECT_THAT(fault(nullptr, {kept_early, kept_late}), HasSubstr("is not in this chain"));
    rows = good;
    rows.pop_back();
    head = AuditHead{4, rows.back().hash};
    EXPECT_THAT(walk().faults, IsEmpty());
    EXPECT_THAT(fault(nullptr, {kept_late}), HasSubstr("its last rows were cut off"));
}

TEST_F(AuditWalkTest, a_key_shows_rows_of_those_who_have_none) {
    const AuditKeys keys = keys_of(key_a);
    append_many(2);
    append_many(3, &keys);
    const AuditReport report = walk(&keys);
    EXPECT_THAT(report.faults, IsEmpty());
    EXPECT_EQ(report.keyed_rows, 3);
    const std::vector<AuditRow> good = rows;
    rows[0].actor = "token:bob";  // before the key, but still changed
    rows[0].hash = audit_hash(rows[0], nullptr);
    rows[1].prev_hash = rows[0].hash;
    rows[1].hash = audit_hash(rows[1], nullptr);
    EXPECT_THAT(fault(&keys), HasSubstr("row 3 does not follow row 2"));
    rows = good;
    reckon_anew();
    EXPECT_THAT(fault(&keys), HasSubstr("no key was used for the last rows"));
    rows = good;
    head = AuditHead{5, good.back().hash};
    append();
    EXPECT_THAT(walk(&keys).faults,
                ElementsAre(HasSubstr("row 6 carries no key"), HasSubstr("no key was used")));
}

TEST_F(AuditWalkTest, rows_of_an_unknown_key_are_told) {
    const AuditKeys a = keys_of(key_a), b = keys_of(key_b), both = keys_of(key_b + "\n" + key_a);
    append_many(2, &a);
    const AuditReport without = walk();
    EXPECT_THAT(without.faults, IsEmpty());
    EXPECT_EQ(without.unknown_key_rows, 2);
    EXPECT_EQ(without.unknown_key, a.own_id());
    EXPECT_EQ(walk(&b).fault_count, 2) << "a file without that key";
    append_many(2, &b);
    EXPECT_THAT(walk(&both).faults, IsEmpty()) << "a change of keys";
    rows[0].detail = "{\"a\":1}";
    EXPECT_EQ(fault(&both), "row 1 was changed") << "by the key that is only known";
}

TEST_F(AuditWalkTest, pruned_rows_need_their_anchor) {
    append_many(4);
    append(nullptr, audit_action::anchor, R"({"hash":")" + rows[2].hash + R"(","rows":3})");
    append();
    const AuditHead kept{2, rows[1].hash}, at_anchor{3, rows[2].hash}, later{4, rows[3].hash};
    const std::vector<AuditRow> all = rows;
    rows.erase(rows.begin(), rows.begin() + 3);
    const AuditReport report = walk(nullptr, {kept, at_anchor, later});
    EXPECT_THAT(report.faults, IsEmpty());
    EXPECT_EQ(report.first, 4);
    EXPECT_EQ(report.heads_found, 2);
    EXPECT_THAT(report.not_comparable, ElementsAre(to_text(kept)));
    rows.erase(rows.begin());
    EXPECT_THAT(fault(), HasSubstr("rows 1 to 4 are missing, and no anchor"));
    rows.assign(all.begin() + 2, all.end());
    EXPECT_THAT(fault(), HasSubstr("were inserted"));
    rows = all;
    rows.erase(rows.begin(), rows.begin() + 3);
    std::string last = rows[0].prev_hash = audit_beginning;
    for (AuditRow& row : rows) {  // recomputes all rows from another beginning
        row.prev_hash = last;
        last = row.hash = audit_hash(row, nullptr);
    }
    head.hash = last;
    EXPECT_THAT(fault(), HasSubstr("does not follow what the anchor row says"));
}

TEST_F(AuditWalkTest, many_faults_are_counted_and_the_first_ones_told) {
    append_many(100);
    for (AuditRow& row : rows)
        row.actor = "x";
    const AuditReport report = walk();
    EXPECT_EQ(report.fault_count, 100);
    EXPECT_THAT(report.faults, SizeIs(20));
}

TEST(AuditKeysTest, reads_a_file_and_refuses_what_is_no_key) {
    const AuditKeys keys = keys_of("# the new one\n  " + key_a + "\r\n\n" + key_b);
    EXPECT_EQ(keys.own_id(), keys_of(key_a).own_id());
    EXPECT_THAT(keys.own_id(), SizeIs(16));
    EXPECT_NE(keys.find(keys_of(key_b).own_id()), nullptr);
    EXPECT_EQ(keys.find("0000000000000000"), nullptr);
    EXPECT_FALSE(AuditKeys::parse(""));
    EXPECT_FALSE(AuditKeys::parse("# nothing\n\n"));
    const auto shorter = AuditKeys::parse(std::string(31, 'k'));
    ASSERT_FALSE(shorter);
    EXPECT_THAT(shorter.error().message, ::testing::Not(HasSubstr("kkkk")));
}

TEST(AuditHeadTest, is_read_as_it_is_written) {
    const std::string digits(64, '7');
    for (const std::string& text :
         {"0:" + std::string(audit_beginning), "12:" + digits, "12:0123456789abcdef:" + digits}) {
        const auto head = parse_audit_head(text);
        ASSERT_TRUE(head) << text;
        EXPECT_EQ(to_text(*head), text);
    }
    for (const char* text : {"", "12", "12:", "x:77", "-1:77", "12:77", "12 77"})
        EXPECT_FALSE(parse_audit_head(text)) << text;
}

}  // namespace
}  // namespace edgeroll::control
