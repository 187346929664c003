// Which facts of a node the templates of a content contain.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "control/secrets/secret_keys.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// Remembers the contents that it has read: they never change. Any thread.
class TemplateBook {
  public:
    /// @param secrets may be null: templates of secret files are then not known
    explicit TemplateBook(std::shared_ptr<const SecretKeyring> secrets)
        : secrets_(std::move(secrets)) {}

    /// As wire::names_in_templates(). Empty also for a content that is gone or cannot be read.
    [[nodiscard]] std::vector<std::string> names(Connection& connection, const std::string& sha256);

  private:
    std::shared_ptr<const SecretKeyring> secrets_;
    std::mutex mutex_;
    std::shared_ptr<const SecretKeys> keys_;                 ///< that the known ones were read with
    std::map<std::string, std::vector<std::string>> known_;  ///< by content digest
};

}  // namespace edgeroll::control
