// Which hosts may be called: parses and applies GATE_ALLOW and CALLBACK_ALLOW. Pure. A host is
// checked twice: by its name before any look-up, and by each address right before it is dialled.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "release/result.hpp"
#include "release/text/ip_address.hpp"

namespace edgeroll::release::wire {

/// One entry of an allow list.
struct CallEntry {
    enum class Kind {
        host,     ///< this name
        suffix,   ///< any name below it; `name` without `*.`
        address,  ///< this address, written out
        network,
    };
    Kind kind = Kind::host;
    std::string name;         ///< lower case, no dot at the end
    IpNetwork network;        ///< for an address: all of its bits
    std::optional<int> port;  ///< none: every port
};

/// The caller; the default rules depend on it.
enum class CallKind { gate, callback };

struct CallRules {
    CallKind kind = CallKind::gate;
    std::vector<CallEntry> entries;  ///< empty: the default
    std::string tokens_dir{};        ///< of gates: GATE_TOKENS_DIR; empty: gates have no tokens

    /// The setting that the rules come from, for messages.
    [[nodiscard]] const char* setting() const {
        return kind == CallKind::gate ? "GATE_ALLOW" : "CALLBACK_ALLOW";
    }
};

/// Comma-separated: `host`, `*.suffix`, an address or a network, each with an optional `:port`
/// (`[fd00::/8]:443`). Empty: the default, everything but loopback, link-local, multicast and
/// unspecified addresses and cloud metadata services at other addresses; callbacks may go to
/// loopback if their URL says so (`localhost`, 127.…, ::1). The error message follows the setting's
/// name.
[[nodiscard]] Result<CallRules> parse_call_rules(CallKind kind, std::string_view text);

/// Why the host of a URL must not be called on this port, as far as this shows without a look-up;
/// nothing: its addresses decide. @param host as in the URL, without brackets
[[nodiscard]] std::optional<std::string> refused_host(const CallRules& rules, std::string_view host,
                                                      int port);

/// Why this address of the host must not be dialled; nothing: it may be dialled. A listed name
/// vouches for itself, not for its DNS entries: loopback, link-local and similar addresses need a
/// network (or an address) on the list that lies within those, or the name `localhost`.
[[nodiscard]] std::optional<std::string> refused_address(const CallRules& rules,
                                                         std::string_view host,
                                                         const IpAddress& address, int port);

/// The list contains exactly this host (a name or an address, not a suffix or a network).
[[nodiscard]] bool names_exactly(const CallRules& rules, std::string_view host, int port);
/// The list contains some exact host.
[[nodiscard]] bool names_a_host(const CallRules& rules);

/// Why the URL in `text` may not be called, whatever its addresses. Text that is not a URL is
/// refused too.
[[nodiscard]] std::optional<std::string> refused_url(const CallRules& rules, std::string_view text);

}  // namespace edgeroll::release::wire
