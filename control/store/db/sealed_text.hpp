// A text for a library that reads files only.
#pragma once

#include <string>

namespace edgeroll::control {

/// Lies in memory, under a path that is good in this process while the object lives. Nobody can
/// change it. Throws DbFailure where that does not work, so that no library goes on without it.
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
