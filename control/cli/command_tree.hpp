// The tree of commands during construction: every command knows how to make its Command from the
// parsed options.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "control/cli/commands.hpp"

namespace edgeroll::cli {

/// The error is a usage error on one line.
using Made = tl::expected<Command, std::string>;

class CommandTree {
  public:
    explicit CommandTree(CLI::App& app) : app_(app) {}

    [[nodiscard]] CLI::App& root() { return app_; }
    CLI::App& group(const char* name, const char* help) { return *app_.add_subcommand(name, help); }

    /// Adds a command below `group`; the options added by the caller fill its struct.
    /// @param example one command line, shown by --help
    template <class T>
    std::pair<CLI::App*, std::shared_ptr<T>> add(CLI::App& group, const char* name,
                                                 const char* help, const char* example) {
        auto typed = std::make_shared<T>();
        CLI::App* const command = group.add_subcommand(name, help);
        command->footer(std::string("Example:\n  ") + example);
        makers_[command] = [typed]() -> Made { return Command(*typed); };
        return {command, typed};
    }
    /// For a command that needs more than its struct.
    void set_maker(const CLI::App* command, std::function<Made()> make) {
        makers_[command] = std::move(make);
    }
    /// Nothing for a group.
    [[nodiscard]] const std::function<Made()>* maker(const CLI::App* command) const {
        const auto found = makers_.find(command);
        return found == makers_.end() ? nullptr : &found->second;
    }

  private:
    CLI::App& app_;
    std::map<const CLI::App*, std::function<Made()>> makers_;
};

/// `release …`; release_options.cpp and create_options.cpp
void add_release_commands(CommandTree& tree);
void add_create_commands(CommandTree& tree, CLI::App& group);
/// `config …`, `node …`, `ban …`, `reconciliation …`, `audit`, `stats`; other_options.cpp
void add_other_commands(CommandTree& tree);

}  // namespace edgeroll::cli
