#include "tls/pem.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <memory>

#include "tls/bio.hpp"

namespace edgeroll::tls {
namespace {

using release::fail;
using release::Result;

constexpr std::size_t file_bytes_max = 64U << 20;  // revocation lists can be large
constexpr std::size_t key_bytes_max = 1U << 20;

std::atomic<long> clock_ahead_sec{0};  // changed by tests only

Result<std::string> read_bytes(const NamedFile& file) {
    if (file.path.empty()) {
        return fail(file.setting + ": is not set; give the path of a PEM file");
    }
    errno = 0;
    std::ifstream stream(file.path, std::ios::binary);
    std::string bytes;
    std::array<char, 65536> piece{};
    while (stream && bytes.size() <= file_bytes_max) {
        stream.read(piece.data(), piece.size());
        bytes.append(piece.data(), static_cast<std::size_t>(stream.gcount()));
    }
    if (!stream.is_open() || stream.bad() || (bytes.empty() && errno != 0)) {
        return fail(file.label() + ": cannot be read (" + std::strerror(errno) +
                    "); give the path of a PEM file that this user may read");
    }
    if (bytes.size() > file_bytes_max) {
        return fail(file.label() + ": is larger than 64 MiB; is it the right file?");
    }
    return bytes;
}

// A service must not prompt on the terminal: an encrypted key is refused instead.
int no_password(char*, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

// Reads all PEM blocks of one kind. Text between blocks is skipped; a broken block is an error, so
// that half a bundle is never taken for a complete one.
template <class Pointer, class Read>
Result<std::vector<Pointer>> read_all(const NamedFile& file, const char* what, Read read) {
    const auto bytes = read_bytes(file);
    if (!bytes) return tl::unexpected(bytes.error());
    const BioPtr bio(BIO_new_mem_buf(bytes->data(), static_cast<int>(bytes->size())));
    std::vector<Pointer> found;
    ERR_clear_error();
    while (Pointer next{read(bio.get())})
        found.push_back(std::move(next));
    const auto last = ERR_peek_last_error();
    const bool is_end =
        ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
    if (!is_end) {
        return fail(file.label() + ": " + what + " number " + std::to_string(found.size() + 1) +
                    " in it is broken (" + openssl_error() + "); give whole PEM blocks");
    }
    ERR_clear_error();
    if (found.empty()) {
        return fail(file.label() + ": holds no " + what + "; give a PEM file with at least one");
    }
    return found;
}

}  // namespace

std::string openssl_error() {
    const auto error = ERR_get_error();
    ERR_clear_error();
    const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
    return reason == nullptr ? "unknown reason" : reason;
}

Result<std::vector<CertificatePtr>> read_certificates(const NamedFile& file) {
    return read_all<CertificatePtr>(file, "certificate", [](BIO* bio) {
        return PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    });
}

Result<std::vector<CrlPtr>> read_crls(const NamedFile& file) {
    return read_all<CrlPtr>(file, "revocation list", [](BIO* bio) {
        return PEM_read_bio_X509_CRL(bio, nullptr, nullptr, nullptr);
    });
}

Result<KeyPtr> read_key(const NamedFile& file, rt::LooseFiles loose) {
    if (file.path.empty()) {
        return fail(file.setting + ": is not set; give the path of a PEM file");
    }
    auto bytes = rt::read_secret_file(file.path, {key_bytes_max, loose});
    if (!bytes) return fail(file.label() + ": " + bytes.error().message);
    const BioPtr bio(BIO_new_mem_buf(bytes->data(), static_cast<int>(bytes->size())));
    bool is_encrypted = false;
    ERR_clear_error();
    KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_password, &is_encrypted));
    OPENSSL_cleanse(bytes->data(), bytes->size());
    ERR_clear_error();  // never shown: the text may reveal something about the key
    if (key) return key;
    if (is_encrypted) {
        return fail(file.label() +
                    ": is protected by a password; give a key without one, mode 0600 "
                    "(openssl pkey -in KEY -out NEWKEY)");
    }
    return fail(file.label() + ": holds no private key; give a PEM file with one");
}

std::string text_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable time";
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02d %02d:%02d:%02d UTC",
                  parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                  parts.tm_min, parts.tm_sec);
    return text.data();
}

std::string subject_of(const X509* certificate) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    if (!bio) return {};
    X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0, XN_FLAG_ONELINE);
    char* text = nullptr;
    const long length = BIO_get_mem_data(bio.get(), &text);
    return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : std::string();
}

namespace {

using TimePtr = std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)>;

TimePtr time_now() {
    return {X509_gmtime_adj(nullptr, clock_ahead_sec.load()), &ASN1_TIME_free};
}

}  // namespace

bool is_past(const ASN1_TIME* time) {
    if (time == nullptr) return true;
    const TimePtr now = time_now();
    return !now || ASN1_TIME_compare(time, now.get()) <= 0;
}

std::int64_t seconds_between(const ASN1_TIME* from, const ASN1_TIME* until) {
    int days = 0, seconds = 0;
    if (from == nullptr || until == nullptr) return 0;
    if (ASN1_TIME_diff(&days, &seconds, from, until) != 1) return 0;
    return std::int64_t{days} * 86'400 + seconds;
}

std::int64_t seconds_until(const ASN1_TIME* time) {
    const TimePtr now = time_now();
    return seconds_between(now.get(), time);
}

void move_certificate_clock(std::chrono::seconds ahead) {
    clock_ahead_sec = ahead.count();
}

}  // namespace edgeroll::tls
