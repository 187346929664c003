#include "control/store/fleet/template_book.hpp"

#include <utility>

#include "control/secrets/sealed_payload.hpp"
#include "release/wire/payload.hpp"
#include "release/wire/template.hpp"

namespace edgeroll::control {
namespace {

constexpr std::size_t remembered_max = 256;

std::vector<std::string> read_names(Connection& connection, const std::string& sha256,
                                    const SecretKeys* keys) {
    const Rows rows = connection.query(
        "SELECT payload FROM config_versions WHERE sha256 = ? ORDER BY version LIMIT 1", {sha256});
    if (rows.empty()) return {};
    const auto text = open_secrets(rows[0].text(0), keys);
    if (!text) return {};
    const auto payload = release::wire::parse_payload(*text);
    return payload ? release::wire::names_in_templates(*payload) : std::vector<std::string>{};
}

}  // namespace

std::vector<std::string> TemplateBook::names(Connection& connection, const std::string& sha256) {
    const auto keys = secrets_ ? secrets_->keys() : nullptr;
    {
        const std::lock_guard lock(mutex_);
        // Other keys may open what could not be read before.
        if (keys != keys_) known_.clear();
        keys_ = keys;
        const auto found = known_.find(sha256);
        if (found != known_.end()) return found->second;
    }
    std::vector<std::string> names = read_names(connection, sha256, keys.get());
    const std::lock_guard lock(mutex_);
    if (keys != keys_) return names;
    if (known_.size() >= remembered_max) known_.clear();
    known_[sha256] = names;
    return names;
}

}  // namespace edgeroll::control
