// Reads AUDIT_KEY_FILE and SECRETS_KEY_FILE for the programs.
#pragma once

#include <memory>
#include <string>

#include "control/secrets/secret_keys.hpp"
#include "control/settings.hpp"
#include "control/store/audit/audit_chain.hpp"

namespace edgeroll::control {

/// Nothing if the setting is empty. Error: one line that names the setting and contains no key.
[[nodiscard]] release::Result<std::shared_ptr<const AuditKeys>> audit_keys(
    const Settings& settings);
[[nodiscard]] release::Result<std::shared_ptr<const SecretKeys>> secret_keys(
    const Settings& settings);

/// SECRETS_KEY_FILE of a running program: keys can be exchanged without a restart. Loop thread,
/// except for the keyring.
class SecretKeyFile {
  public:
    /// @param settings must outlive it
    explicit SecretKeyFile(const Settings& settings) : settings_(settings) {}

    /// As secret_keys.
    [[nodiscard]] release::Result<void> open();
    /// Reads the file again. If it is missing or invalid the keys stay as they were, with an error
    /// in the log; does nothing without the setting.
    void refresh();
    [[nodiscard]] std::shared_ptr<const SecretKeyring> keyring() const { return keyring_; }

  private:
    const Settings& settings_;
    std::shared_ptr<SecretKeyring> keyring_ = std::make_shared<SecretKeyring>();
    std::string told_;  ///< the problem last logged
};

}  // namespace edgeroll::control
