#include "control/audit_keys.hpp"

#include <fstream>
#include <string>
#include <utility>

namespace edgeroll::control {
namespace {

constexpr std::size_t file_bytes_max = 64U << 10;

}  // namespace

release::Result<std::shared_ptr<const AuditKeys>> audit_keys(const Settings& settings) {
    if (settings.audit_key_file.empty()) return std::shared_ptr<const AuditKeys>();
    const std::string name = "AUDIT_KEY_FILE: '" + settings.audit_key_file + "' ";
    std::ifstream file(settings.audit_key_file, std::ios::binary);
    std::string text(file_bytes_max + 1, '\0');
    if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file.is_open() || file.bad()) return release::fail(name + "cannot be read");
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > file_bytes_max) return release::fail(name + "is larger than 64 KiB");
    auto keys = AuditKeys::parse(text);
    if (!keys) return release::fail(name + keys.error().message);
    return std::make_shared<const AuditKeys>(std::move(*keys));
}

}  // namespace edgeroll::control
