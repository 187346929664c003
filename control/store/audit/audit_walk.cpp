#include "control/store/audit/audit_walk.hpp"

#include <algorithm>
#include <utility>

#include "control/store/audit/audit_log.hpp"
#include "control/store/rows/column_text.hpp"

namespace edgeroll::control {
namespace {

constexpr std::size_t told_max = 20;

std::string row_name(std::int64_t id) {
    return "row " + std::to_string(id);
}

std::string rows_name(std::int64_t first, std::int64_t last) {
    if (first == last) return row_name(first) + " is";
    return "rows " + std::to_string(first) + " to " + std::to_string(last) + " are";
}

}  // namespace

AuditWalk::AuditWalk(const AuditKeys* keys, std::vector<AuditHead> kept)
    : keys_(keys), kept_(std::move(kept)) {
    std::stable_sort(kept_.begin(), kept_.end(),
                     [](const AuditHead& a, const AuditHead& b) { return a.count < b.count; });
}

void AuditWalk::fault(std::string what) {
    ++report_.fault_count;
    if (report_.faults.size() < told_max) report_.faults.push_back(std::move(what));
}

void AuditWalk::add(const AuditRow& row, bool has_null) {
    if (has_null) fault(row_name(row.id) + " was changed: a column of it has no value");
    check_place(row);
    check_signature(row);
    remember_anchor(row);
    compare(row.id, row.hash);
    ++report_.rows;
    report_.last = row.id;
    last_hash_ = row.hash;
}

void AuditWalk::check_place(const AuditRow& row) {
    if (report_.rows == 0) {
        report_.first = row.id;
        first_prev_ = row.prev_hash;
        if (row.id < 1) fault(row_name(row.id) + " was inserted: rows are counted from 1");
        return;
    }
    if (row.id != report_.last + 1) {
        fault(rows_name(report_.last + 1, row.id - 1) + " missing");
    } else if (row.prev_hash != last_hash_) {
        fault(row_name(row.id) + " does not follow " + row_name(report_.last) +
              ": one of them was replaced, or rows were inserted or reordered");
    }
}

void AuditWalk::check_signature(const AuditRow& row) {
    const bool is_keyed = row.hash.find(':') != std::string::npos;
    if (is_keyed) ++report_.keyed_rows;
    if (!is_keyed && report_.keyed_rows > 0) {
        fault(row_name(row.id) + " carries no key, although rows before it do");
    }
    is_last_keyed_ = is_keyed;
    switch (judge_hash(row, keys_)) {
        case HashVerdict::right:
            return;
        case HashVerdict::wrong:
            fault(row_name(row.id) + " was changed");
            return;
        case HashVerdict::unknown_key:
            ++report_.unknown_key_rows;
            report_.unknown_key = fitted(key_id_of(row.hash), 64);
            // A complete set of keys would include this key, unless a foreign process signed the
            // row.
            if (keys_ != nullptr) {
                fault(row_name(row.id) + " is signed with the key " + report_.unknown_key +
                      ", which AUDIT_KEY_FILE does not have");
            }
            return;
    }
}

void AuditWalk::remember_anchor(const AuditRow& row) {
    if (row.action != audit_action::anchor) return;
    const auto detail = release::wire::parse_json(row.detail, text_bytes_max);
    if (!detail) return;
    const auto rows = release::wire::required_integer(*detail, "rows");
    const auto hash = release::wire::required_text(*detail, "hash");
    if (rows && hash) anchor_ = AuditHead{*rows, *hash};
}

/// Compares the kept heads up to this row.
void AuditWalk::compare(std::int64_t count, const std::string& hash) {
    const std::int64_t gone = std::max<std::int64_t>(report_.first, 1) - 1;
    for (; compared_ < kept_.size() && kept_[compared_].count <= count; ++compared_) {
        const AuditHead& kept = kept_[compared_];
        const bool is_beginning = kept.count == 0 && kept.hash == audit_beginning;
        const bool is_before_first =
            report_.rows == 0 && kept.count == gone && kept.hash == first_prev_;
        if (is_beginning || is_before_first || (kept.count == count && kept.hash == hash)) {
            ++report_.heads_found;
        } else if (report_.rows == 0 && kept.count < gone) {
            report_.not_comparable.push_back(to_text(kept));
        } else {
            fault("the head " + to_text(kept) + ", kept elsewhere, is not in this chain: " +
                  row_name(kept.count) + " or one before it was changed, or this is another log");
        }
    }
}

AuditReport AuditWalk::finish(const std::optional<AuditHead>& head) {
    check_beginning();
    check_end(head);
    for (; compared_ < kept_.size(); ++compared_) {
        const AuditHead& kept = kept_[compared_];
        if (kept.count == 0 && kept.hash == audit_beginning) {
            ++report_.heads_found;
            continue;
        }
        fault("the head " + to_text(kept) +
              ", kept elsewhere, is further than this log, which ends at row " +
              std::to_string(report_.last) + ": its last rows were cut off");
    }
    return std::move(report_);
}

void AuditWalk::check_beginning() {
    if (report_.rows == 0 || report_.first < 1) return;
    if (report_.first == 1) {
        if (first_prev_ != audit_beginning) {
            fault("row 1 is not the beginning of a chain: it was replaced");
        }
        return;
    }
    const std::int64_t gone = report_.first - 1;
    if (!anchor_ || anchor_->count < gone) {
        fault(rows_name(1, gone) + " missing, and no anchor row says that they were pruned");
    } else if (anchor_->count > gone) {
        fault("rows up to " + std::to_string(anchor_->count) +
              " were pruned by the anchor row, and yet some of them are there: they were inserted");
    } else if (anchor_->hash != first_prev_) {
        fault(row_name(report_.first) +
              " does not follow what the anchor row says of the pruned ones");
    }
}

void AuditWalk::check_end(const std::optional<AuditHead>& head) {
    if (!head) {
        fault("the table counters has no row 'audit', which counts the rows");
        return;
    }
    report_.head = *head;
    if (head->count > report_.last) {
        fault(rows_name(report_.last + 1, head->count) + " missing at the end");
    } else if (head->count < report_.last) {
        fault(rows_name(head->count + 1, report_.last) +
              " beyond the count that the table counters has: inserted, or the count was put back");
    } else if (report_.rows > 0 && head->hash != last_hash_) {
        fault("the hash that the table counters has is not that of the last row");
    }
    if (keys_ != nullptr && report_.rows > 0 && !is_last_keyed_) {
        fault(
            "no key was used for the last rows, although AUDIT_KEY_FILE has one: no control was "
            "started with it since, or somebody without the key wrote the log anew");
    }
}

}  // namespace edgeroll::control
