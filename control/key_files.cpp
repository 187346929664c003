#include "control/key_files.hpp"

#include <string>
#include <utility>

#include "tls/rt/log.hpp"
#include "tls/rt/secret_file.hpp"

namespace edgeroll::control {
namespace {

constexpr std::size_t file_bytes_max = 64U << 10;

template <class Keys>
release::Result<std::shared_ptr<const Keys>> keys_in(const std::string& path, const char* setting,
                                                     rt::LooseFiles loose) {
    if (path.empty()) return std::shared_ptr<const Keys>();
    const std::string name = std::string(setting) + ": '" + path + "' ";
    const auto text = rt::read_secret_file(path, {file_bytes_max, loose});
    if (!text) return release::fail(name + text.error().message);
    auto keys = Keys::parse(*text);
    if (!keys) return release::fail(name + keys.error().message);
    return std::make_shared<const Keys>(std::move(*keys));
}

}  // namespace

release::Result<std::shared_ptr<const AuditKeys>> audit_keys(const Settings& settings) {
    return keys_in<AuditKeys>(settings.audit_key_file, "AUDIT_KEY_FILE", settings.loose_files);
}

release::Result<std::shared_ptr<const SecretKeys>> secret_keys(const Settings& settings) {
    return keys_in<SecretKeys>(settings.secrets_key_file, "SECRETS_KEY_FILE", settings.loose_files);
}

release::Result<void> SecretKeyFile::open() {
    auto keys = secret_keys(settings_);
    if (!keys) return tl::unexpected(std::move(keys.error()));
    keyring_->replace(std::move(*keys));
    return {};
}

void SecretKeyFile::refresh() {
    if (settings_.secrets_key_file.empty()) return;
    auto keys = secret_keys(settings_);
    if (!keys) {
        if (keys.error().message == told_) return;
        told_ = keys.error().message;
        rt::log(rt::LogLevel::error, "secret_keys_not_reloaded",
                {{"what", told_}, {"now", "the keys from before are kept"}});
        return;
    }
    told_.clear();
    const auto before = keyring_->keys();
    if (before && *before == **keys) return;
    rt::log(rt::LogLevel::info, "secret_keys_reloaded",
            {{"sealing", (*keys)->own_id()}, {"keys", std::to_string((*keys)->size())}});
    keyring_->replace(std::move(*keys));
}

}  // namespace edgeroll::control
