// Banned contents as the API shows, adds and lifts them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "control/api/ports/asker.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

/// A row of banned_contents.
struct BanView {
    std::string sha256;  ///< as the row has it, which a pipeline may have written in capitals
    std::string reason, created_by, created_at;
};

struct BanPage {
    std::vector<BanView> items;  ///< newest first
    std::int64_t total = 0;
};

struct BanRequest {
    /// One of both: a digest in lower case, or the version whose content is meant.
    std::string sha256;
    std::optional<release::Version> version;
    std::string reason;      ///< not blank
    std::string created_by;  ///< name of the caller
    Asker by{};              ///< for the audit log
};

struct Banned {
    BanView ban;
    bool is_new = false;  ///< false: the content was banned already, by this row as it is
};

struct BanRemoval {
    std::string sha256;  ///< in any case
    Asker by{};          ///< for the audit log
};

}  // namespace edgeroll::control
