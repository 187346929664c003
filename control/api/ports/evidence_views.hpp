// What the decisions of a release rest on, as the API shows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "release/ids.hpp"

namespace edgeroll::control {

/// A row of release_evidence.
struct EvidenceView {
    std::int64_t id = 0;
    int batch = 0;   ///< ordinal of the batch started last
    std::string at;  ///< RFC 3339
    std::string gate, verdict, rule, summary;
    bool is_decisive = false;
    std::string detail;  ///< the column's text; empty: NULL
};

struct EvidenceFilter {
    release::ReleaseId id;
    std::optional<int> batch;  ///< nothing: of all batches
    std::string gate;          ///< empty: of all gates
    int page = 1, page_size = 20;
};

struct EvidencePage {
    std::vector<EvidenceView> items;  ///< ascending by id
    std::int64_t total = 0;
};

}  // namespace edgeroll::control
