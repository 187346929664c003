// A text for a library that only reads files.
#pragma once

#include <string>

namespace edgeroll::control {

/// A sealed file in memory, with a path that is valid in this process while the object lives. Its
/// content cannot change. Throws DbFailure on failure, so that no library continues without it.
class SealedText {
  public:
    explicit SealedText(const std::string& text);
    ~SealedText();
    SealedText(const SealedText&) = delete;
    SealedText& operator=(const SealedText&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    int file_ = -1;
    std::string path_;
};

}  // namespace edgeroll::control
