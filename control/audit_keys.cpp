#include "control/audit_keys.hpp"

#include <string>
#include <utility>

#include "tls/rt/secret_file.hpp"

namespace edgeroll::control {
namespace {

constexpr std::size_t file_bytes_max = 64U << 10;

}  // namespace

release::Result<std::shared_ptr<const AuditKeys>> audit_keys(const Settings& settings) {
    if (settings.audit_key_file.empty()) return std::shared_ptr<const AuditKeys>();
    const std::string name = "AUDIT_KEY_FILE: '" + settings.audit_key_file + "' ";
    const auto text =
        tls::rt::read_secret_file(settings.audit_key_file, {file_bytes_max, settings.loose_files});
    if (!text) return release::fail(name + text.error().message);
    auto keys = AuditKeys::parse(*text);
    if (!keys) return release::fail(name + keys.error().message);
    return std::make_shared<const AuditKeys>(std::move(*keys));
}

}  // namespace edgeroll::control
