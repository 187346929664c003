#include "tls/context_store.hpp"

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <map>
#include <tuple>

#include "tls/context_build.hpp"
#include "tls/rt/log.hpp"

namespace edgeroll::tls {
namespace {

using release::Result;
using rt::log;
using rt::LogLevel;

// Changes when a file is written, replaced or has its mode changed. All zeros for a missing file.
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
        reload();
        watch_ends();
    }

    [[nodiscard]] int generation() const override { return generation_; }
    [[nodiscard]] std::string trouble() const override { return trouble_of(files_, material_); }
    [[nodiscard]] CertificateReport report() const override { return report_of(files_, material_); }

  private:
    void reload() {
        // Taken before reading, so that a file that changes during the read is read again.
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
        told_day_.clear();
        is_unlisted_told_ = false;
    }

    void watch_ends() {
        const CertificateReport now = report();
        warn(now.certificate);
        if (now.list) warn(*now.list);
        if (!now.without_list.empty() && !is_unlisted_told_) {
            is_unlisted_told_ = true;
            log(LogLevel::warn, "authority_without_list",
                {{"setting", files_.crl_name},
                 {"authorities", std::to_string(now.without_list.size())},
                 {"first", now.without_list.front()},
                 {"note", "its revocations are not seen; add its revocation list"}});
        }
        // New connections are refused from here on, so kept connections must not survive.
        const bool is_unusable = !trouble().empty();
        if (is_unusable && !was_unusable_) {
            ++generation_;
            log(LogLevel::error, "certificates_unusable", {{"reason", trouble()}});
        }
        was_unusable_ = is_unusable;
    }

    void warn(const Validity& validity) {
        if (!validity.is_near_end()) return;
        const std::int64_t days = validity.seconds_left / 86'400;
        const auto [told, is_new] = told_day_.emplace(validity.setting, days);
        if (!is_new && told->second == days) return;
        told->second = days;
        log(LogLevel::warn, "certificate_near_end",
            {{"setting", validity.setting},
             {"file", validity.path},
             {"good_until", validity.until},
             {"days_left", std::to_string(days)}});
    }

    TlsFiles files_;
    TlsRole role_;
    Marks marks_;
    Material material_;
    int generation_ = 1;
    std::map<std::string, std::int64_t> told_day_;  ///< days left at the last warning, by setting
    bool is_unlisted_told_ = false;
    bool was_unusable_ = false;
};

}  // namespace

Result<std::unique_ptr<ContextStore>> make_context_store(TlsFiles files, TlsRole role) {
    const Marks marks = marks_of(files);
    auto material = build_context(files, role);
    if (!material) return tl::unexpected(material.error());
    return std::make_unique<FileContextStore>(std::move(files), role, marks, std::move(*material));
}

}  // namespace edgeroll::tls
