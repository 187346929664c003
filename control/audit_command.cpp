#include "control/audit_command.hpp"

#include <array>
#include <fstream>
#include <sstream>
#include <utility>

#include "control/key_files.hpp"
#include "control/store/audit_verify.hpp"
#include "tls/rt/printable.hpp"

namespace edgeroll::control {
namespace {

using release::Result;
using rt::printable;

constexpr std::size_t heads_max = 100'000, line_bytes_max = 4096;
constexpr int exit_whole = 0, exit_not_whole = 1, exit_not_looked_at = 2;

Result<void> add_head(std::vector<AuditHead>& heads, std::string text, const std::string& where) {
    constexpr std::string_view mark = "head:";
    if (text.rfind(mark, 0) == 0) text.erase(0, mark.size());
    const auto begin = text.find_first_not_of(" \t\r");
    if (begin == std::string::npos || text[begin] == '#') return {};
    const auto head = parse_audit_head(
        std::string_view(text).substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
    if (!head) return release::fail(where + ": " + head.error().message);
    if (heads.size() == heads_max) return release::fail(where + ": more than 100000 heads");
    heads.push_back(*head);
    return {};
}

/// A file without any head is an error: comparing with nothing would look like success. Lines are
/// read only up to their maximum length.
Result<void> add_file(std::vector<AuditHead>& heads, const std::string& path) {
    const std::string where = "--from '" + path + "'";
    std::ifstream file(path, std::ios::binary);
    if (!file) return release::fail(where + " cannot be read");
    const std::size_t before = heads.size();
    std::array<char, line_bytes_max + 1> line{};
    while (file.getline(line.data(), line.size())) {
        const auto taken = static_cast<std::size_t>(file.gcount());  // with the newline, if any
        const std::size_t length = file.eof() ? taken : taken - 1;
        if (auto added = add_head(heads, std::string(line.data(), length), where); !added)
            return added;
    }
    if (file.bad()) return release::fail(where + " cannot be read");
    if (!file.eof()) return release::fail(where + " has a line of over 4 KiB");
    if (heads.size() == before) return release::fail(where + " holds no head");
    return {};
}

Result<std::vector<AuditHead>> read_heads(const AuditVerification& what) {
    std::vector<AuditHead> heads;
    for (const std::string& text : what.expected) {
        const std::size_t before = heads.size();
        auto added = add_head(heads, text, "--expect");
        if (!added) return tl::unexpected(std::move(added.error()));
        if (heads.size() == before)
            return release::fail("--expect is empty: it must be COUNT:HASH");
    }
    if (what.file.empty()) return heads;
    if (auto added = add_file(heads, what.file); !added) return tl::unexpected(added.error());
    return heads;
}

std::string count_of(std::int64_t count, const char* word) {
    return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

void tell_rows(std::ostream& out, const AuditReport& report) {
    out << "audit log: " << count_of(report.rows, "row");
    if (report.rows > 0) out << ", " << report.first << " to " << report.last;
    if (report.first > 1) out << " (those before were pruned)";
    if (report.keyed_rows > 0) out << ", " << report.keyed_rows << " of them with a key";
    out << '\n';
}

/// States what the table alone cannot prove.
void tell_limits(std::ostream& out, const AuditReport& report, bool has_keys, bool has_kept) {
    if (report.keyed_rows == 0) {
        out << "not proven: rows carry no key, so anyone who may write the tables audit_log and "
               "counters could have recomputed the whole chain";
        out << (has_kept ? " after the newest head that was kept elsewhere\n"
                         : "; set AUDIT_KEY_FILE, or keep heads elsewhere (--expect, --from)\n");
    } else if (has_keys) {
        out << "not proven: anyone who has the key could have rewritten the rows\n";
    }
    if (!has_kept) {
        out << "not proven: that the newest rows were not removed together with their count; "
               "only a head kept elsewhere proves it\n";
    }
    out << "not proven: that every action has a row; changes by SQL have none\n";
}

int tell(std::ostream& out, const AuditReport& report, bool has_keys, bool has_kept) {
    tell_rows(out, report);
    for (const std::string& what : report.faults)
        out << "FAULT: " << printable(what) << '\n';
    const auto told = static_cast<std::int64_t>(report.faults.size());
    if (report.fault_count > told) {
        out << "FAULT: and " << report.fault_count - told << " more\n";
    }
    for (const std::string& head : report.not_comparable)
        out << "not compared: " << printable(head) << ": its rows were pruned\n";
    if (report.heads_found > 0) {
        out << count_of(report.heads_found, "head") << " kept elsewhere found in the chain\n";
    }
    const bool is_unseen = report.fault_count == 0 && report.unknown_key_rows > 0;
    if (is_unseen) {
        out << "not checked: " << count_of(report.unknown_key_rows, "row")
            << " signed with the key " << printable(report.unknown_key) << ": set AUDIT_KEY_FILE\n";
    }
    const bool is_whole = report.fault_count == 0 && !is_unseen;
    if (is_whole) tell_limits(out, report, has_keys, has_kept);
    out << "head: " << printable(to_text(report.head)) << '\n';
    if (is_whole) out << "the chain is whole" << '\n';
    if (is_unseen) return exit_not_looked_at;
    return is_whole ? exit_whole : exit_not_whole;
}

}  // namespace

Result<AuditVerdict> verify_audit_log(const Settings& settings, const AuditVerification& what) {
    auto heads = read_heads(what);
    if (!heads) return tl::unexpected(std::move(heads.error()));
    auto keys = audit_keys(settings);
    if (!keys) return tl::unexpected(std::move(keys.error()));
    StoreOptions options = store_options(settings);
    options.audit_keys = *keys;
    const bool has_kept = !heads->empty();
    const auto report = verify_audit(options, std::move(*heads));
    if (!report) return release::fail(database_trouble(settings, report.error()));
    std::ostringstream out;
    AuditVerdict verdict;
    verdict.status = tell(out, *report, options.audit_keys != nullptr, has_kept);
    verdict.text = out.str();
    return verdict;
}

}  // namespace edgeroll::control
