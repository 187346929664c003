#include "control/cli/evidence.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "control/api/names/field_names.hpp"
#include "control/cli/single_request.hpp"
#include "control/cli/text.hpp"
#include "control/cli/times.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;

constexpr int evidence_page_size = 100;
constexpr int pages_max = 50;
constexpr std::size_t blocks_max = 10;
constexpr std::size_t lines_max = 20;  ///< of one block
constexpr std::size_t gate_width = 10;

struct EvidenceRow {
    std::int64_t batch = 0;
    std::string at, gate, verdict, summary;
    bool is_decisive = false;
};

EvidenceRow read_evidence(const Json& row) {
    EvidenceRow read;
    read.batch = integer_of(row, field::batch);
    read.at = text_of(row, field::at);
    read.gate = text_of(row, field::gate);
    read.verdict = text_of(row, field::verdict);
    read.summary = text_of(row, field::summary);
    const auto decisive = row.find(field::is_decisive);
    read.is_decisive = decisive != row.end() && decisive->is_boolean() && decisive->get<bool>();
    return read;
}

/// The names of rows that are no gate's (docs/contract.md 3.6).
bool is_gate(const EvidenceRow& row) {
    return row.gate != "proof" && row.gate != "limits" && row.gate != "operator";
}

/// Of the answers of a gate the one that decided, else the newest; of the other rows all.
std::vector<EvidenceRow> telling(const std::vector<EvidenceRow>& rows) {
    std::vector<EvidenceRow> kept;
    for (const EvidenceRow& row : rows) {
        const auto same = std::find_if(kept.begin(), kept.end(), [&](const EvidenceRow& other) {
            return is_gate(row) && other.gate == row.gate;
        });
        if (same == kept.end()) {
            kept.push_back(row);
        } else if (row.is_decisive || !same->is_decisive) {
            *same = row;
        }
    }
    return kept;
}

std::string block_of(const std::string& title, const std::vector<EvidenceRow>& rows) {
    std::string text = "\n" + title + "\n";
    const auto kept = telling(rows);
    for (std::size_t at = 0; at < std::min(kept.size(), lines_max); ++at) {
        const EvidenceRow& row = kept[at];
        text += "  " + padded(printable(row.gate), gate_width, Align::left) + "  " +
                printable(row.summary);
        if (is_gate(row)) text += " (" + printable(row.verdict) + ")";
        text += "\n";
    }
    if (kept.size() > lines_max) {
        text += "  and " + std::to_string(kept.size() - lines_max) + " more\n";
    }
    return text;
}

/// "2026-11-21T14:05:12Z"; unchanged if it is no time.
std::string clock_of(const std::string& rfc3339) {
    const auto moment = parse_moment(rfc3339);
    return moment ? to_text(*moment) : printable(rfc3339);
}

/// The number of the batch with this ordinal; the ordinal where the batch is gone.
std::string batch_name(const ReleaseLine& release, std::int64_t ordinal) {
    const BatchLine* const batch = batch_at(release, ordinal);
    return std::to_string(batch != nullptr ? batch->number : ordinal);
}

/// The rows after the last batch was opened.
std::string rest_of(const ReleaseLine& release, const std::vector<EvidenceRow>& rows) {
    if (rows.empty()) return {};
    // After a retry an earlier refusal may still be the newest, and the release failed otherwise.
    const auto refusal = std::find_if(rows.rbegin(), rows.rend(), [&](const EvidenceRow& row) {
        return row.is_decisive && row.verdict == "fail" && !row.summary.empty() &&
               release.last_error.find(row.summary) != std::string::npos;
    });
    if (refusal != rows.rend()) {
        return block_of("Stopped after batch " + batch_name(release, refusal->batch) + " at " +
                            clock_of(refusal->at) + " because",
                        rows);
    }
    if (release.status == "success") {
        return block_of("Ended at " + clock_of(release.finished_at) + " because", rows);
    }
    return block_of("Since batch " + batch_name(release, rows.back().batch) + " was opened", rows);
}

}  // namespace

Answer<std::optional<Json>> fetch_evidence(Http& http, std::int64_t id) {
    Json rows = Json::array();
    for (int page = 1; page <= pages_max; ++page) {
        ApiRequest request = release_request(id, "/evidence");
        request.path = with_query(request.path, {{"page", std::to_string(page)},
                                                 {"pageSize", std::to_string(evidence_page_size)}});
        const auto data = call(http, request);
        if (!data) {
            if (data.error().code == release::code::not_found) return std::optional<Json>();
            return tl::unexpected(data.error());
        }
        const Json items = list_of(*data, field::items);
        for (const Json& row : items)
            rows.push_back(row);
        if (items.size() < static_cast<std::size_t>(evidence_page_size)) break;
    }
    return std::optional<Json>(std::move(rows));
}

std::string evidence_text(const ReleaseLine& release, const Json& rows) {
    std::vector<std::string> blocks;
    std::vector<EvidenceRow> since;  // the batch was opened that was opened last
    for (const Json& json : rows) {
        if (!json.is_object()) continue;
        EvidenceRow row = read_evidence(json);
        // A retry works on an earlier batch again: what stopped the release then is past.
        std::erase_if(since, [&](const EvidenceRow& old) { return old.batch != row.batch; });
        since.push_back(row);
        if (row.gate != "limits") continue;
        blocks.push_back(block_of("Batch " + batch_name(release, row.batch + 1) + " opened at " +
                                      clock_of(row.at) + " because",
                                  since));
        since.clear();
    }
    if (auto rest = rest_of(release, since); !rest.empty()) blocks.push_back(std::move(rest));
    std::string text;
    const std::size_t hidden = blocks.size() > blocks_max ? blocks.size() - blocks_max : 0;
    if (hidden > 0) {
        text = "\nEvidence of " + std::to_string(hidden) +
               " earlier decisions: edgeroll release explain " + std::to_string(release.id) +
               " -o json\n";
    }
    for (std::size_t at = hidden; at < blocks.size(); ++at)
        text += blocks[at];
    return text;
}

}  // namespace edgeroll::cli
