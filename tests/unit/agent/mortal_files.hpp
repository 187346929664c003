// Files of an agent that is killed at a given change on disk.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "tests/unit/agent/edge.hpp"

namespace edgeroll::agent::testing {

inline constexpr int crashed = 77;

/// Ends the process before the change number `fatal`, or in the middle of it.
class MortalFiles final : public ForwardingFiles {
  public:
    MortalFiles(std::unique_ptr<Files> inner, int fatal, bool dies_after)
        : ForwardingFiles(std::move(inner)), fatal_(fatal), dies_after_(dies_after) {}

    Result<void> create_file(const std::string& path, std::string_view bytes,
                             const FileAccess& access) override {
        return change([&] { return inner().create_file(path, half(bytes), access); });
    }
    Result<void> append(const std::string& path, std::string_view bytes) override {
        return change([&] { return inner().append(path, half(bytes)); });
    }

  protected:
    Result<void> change(const std::function<Result<void>()>& what) override {
        ++count_;
        if (is_last() && !dies_after_) ::_exit(crashed);
        auto done = what();
        if (is_last()) ::_exit(crashed);
        return done;
    }

  private:
    [[nodiscard]] bool is_last() const { return count_ == fatal_; }
    /// A crash in the middle leaves half a file or half a line.
    [[nodiscard]] std::string_view half(std::string_view bytes) const {
        return is_last() && dies_after_ ? bytes.substr(0, bytes.size() / 2) : bytes;
    }

    int fatal_;
    bool dies_after_;
    int count_ = 0;
};

/// Runs `life` in a child process; false when it survived.
inline bool crashes(const std::function<void()>& life) {
    const pid_t child = ::fork();
    if (child == 0) {
        life();
        ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status)) << status;
    if (!WIFEXITED(status)) return false;
    EXPECT_TRUE(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == crashed) << WEXITSTATUS(status);
    return WEXITSTATUS(status) == crashed;
}

}  // namespace edgeroll::agent::testing
