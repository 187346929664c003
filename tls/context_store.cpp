#include "tls/context_store.hpp"

#include <sys/stat.h>

#include <array>
#include <tuple>

#include "tls/context_build.hpp"
#include "tls/rt/log.hpp"

namespace edgeroll::tls {
namespace {

using release::Result;
using rt::log;
using rt::LogLevel;

// What changes when a file is written or replaced, or opened to others. A missing file is all
// zeros.
using FileMark = std::tuple<ino_t, off_t, time_t, long, mode_t>;
using Marks = std::array<FileMark, 4>;

FileMark mark_of(const std::string& path) {
    struct stat status {};
    if (path.empty() || ::stat(path.c_str(), &status) != 0) return {};
    return {status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
            status.st_mode};
}

Marks marks_of(const TlsFiles& files) {
    return {mark_of(files.certificate), mark_of(files.key), mark_of(files.ca), mark_of(files.crl)};
}

class FileContextStore final : public ContextStore {
  public:
    FileContextStore(TlsFiles files, TlsRole role, Marks marks, Material material)
        : files_(std::move(files)), role_(role), marks_(marks), material_(std::move(material)) {}

    std::shared_ptr<boost::asio::ssl::context> current() override { return material_.context; }

    void refresh() override {
        // Taken before reading: a file that changes while it is read is looked at again.
        const Marks now = marks_of(files_);
        if (now == marks_) return;
        marks_ = now;
        auto fresh = build_context(files_, role_);
        if (!fresh) {
            log(LogLevel::error, "certificates_refused",
                {{"reason", fresh.error().message}, {"note", "the old ones stay in use"}});
            return;
        }
        material_ = std::move(*fresh);
        ++generation_;
        log(LogLevel::info, "certificates_reloaded",
            {{"certificate", files_.certificate},
             {"good_until", text_of(X509_get0_notAfter(material_.leaf.get()))}});
    }

    [[nodiscard]] int generation() const override { return generation_; }
    [[nodiscard]] std::string trouble() const override { return trouble_of(files_, material_); }

  private:
    TlsFiles files_;
    TlsRole role_;
    Marks marks_;
    Material material_;
    int generation_ = 1;
};

}  // namespace

Result<std::unique_ptr<ContextStore>> make_context_store(TlsFiles files, TlsRole role) {
    const Marks marks = marks_of(files);
    auto material = build_context(files, role);
    if (!material) return tl::unexpected(material.error());
    return std::make_unique<FileContextStore>(std::move(files), role, marks, std::move(*material));
}

}  // namespace edgeroll::tls
