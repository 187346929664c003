// One line of the journal: its checksum.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "release/crypto/sha256.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::agent::apply {

inline constexpr std::size_t checksum_digits = 16;

/// Against torn writes and flipped bits, not against an attacker: who can write here is root.
[[nodiscard]] inline std::string checksum(std::string_view json) {
    return release::sha256_hex(json).substr(0, checksum_digits);
}

}  // namespace edgeroll::agent::apply
