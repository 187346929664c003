// What may be called: GATE_ALLOW and CALLBACK_ALLOW, and the judging by them. Pure. A host is
// judged twice: by its name before anything is looked up, and by each address right before it is
// dialled.
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
    IpNetwork network;        ///< of an address: all of its bits
    std::optional<int> port;  ///< none: every port
};

/// Who calls: the one thing that is different by default.
enum class CallKind { gate, callback };

struct CallRules {
    CallKind kind = CallKind::gate;
    std::vector<CallEntry> entries;  ///< empty: the default

    /// The setting that they come from, for messages.
    [[nodiscard]] const char* setting() const {
        return kind == CallKind::gate ? "GATE_ALLOW" : "CALLBACK_ALLOW";
    }
};

/// Comma-separated: `host`, `*.suffix`, an address or a network, each with `:port` where wanted
/// (`[fd00::/8]:443`). Empty: the default, everything but loopback, link-local, multicast and
/// unspecified addresses and the cloud metadata services elsewhere; callbacks may go to loopback
/// where their URL says so (`localhost`, 127.…, ::1). Error: what goes after the setting's name.
[[nodiscard]] Result<CallRules> parse_call_rules(CallKind kind, std::string_view text);

/// Why the host of a URL must not be called on this port, as far as that shows without a look-up;
/// nothing: its addresses decide. @param host as the URL has it, without brackets
[[nodiscard]] std::optional<std::string> refused_host(const CallRules& rules, std::string_view host,
                                                      int port);

/// Why this address of the host must not be dialled; nothing: it may. A name on the list vouches
/// for itself, not for what its DNS says: loopback, link-local and the like need a network (or an
/// address) on the list that lies within those, or the name `localhost`.
[[nodiscard]] std::optional<std::string> refused_address(const CallRules& rules,
                                                         std::string_view host,
                                                         const IpAddress& address, int port);

/// The list names exactly this host (a name or an address, not a suffix or a network).
[[nodiscard]] bool names_exactly(const CallRules& rules, std::string_view host, int port);
/// The list names any host exactly.
[[nodiscard]] bool names_a_host(const CallRules& rules);

/// `text` is a URL that may not be called, whatever its addresses; the reason. Not a URL at all is
/// refused too.
[[nodiscard]] std::optional<std::string> refused_url(const CallRules& rules, std::string_view text);

}  // namespace edgeroll::release::wire
