#include "tls/peer.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <memory>

namespace edgeroll::tls {
namespace {

std::string ia5_text(const ASN1_STRING* value) {
    if (value == nullptr) return {};
    std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                     static_cast<std::size_t>(ASN1_STRING_length(value)));
    const bool is_clean = std::all_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
    });
    return is_clean ? text : std::string{};
}

std::string ip_text(const ASN1_OCTET_STRING* value) {
    const unsigned char* bytes = ASN1_STRING_get0_data(value);
    const int length = ASN1_STRING_length(value);
    if (length == 4) {
        boost::asio::ip::address_v4::bytes_type v4{};
        std::copy_n(bytes, v4.size(), v4.begin());
        return boost::asio::ip::address_v4(v4).to_string();
    }
    if (length == 16) {
        boost::asio::ip::address_v6::bytes_type v6{};
        std::copy_n(bytes, v6.size(), v6.begin());
        return boost::asio::ip::address_v6(v6).to_string();
    }
    return {};
}

// Takes the last value: the field may repeat, and the last is the most specific.
std::string common_name_of(const X509* certificate) {
    const X509_NAME* subject = X509_get_subject_name(certificate);
    std::string name;
    for (int i = X509_NAME_get_index_by_NID(subject, NID_commonName, -1); i >= 0;
         i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) {
        const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i));
        unsigned char* utf8 = nullptr;
        const int length = ASN1_STRING_to_UTF8(&utf8, value);
        if (length < 0) continue;
        name.assign(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(length));
        OPENSSL_free(utf8);
        if (std::any_of(name.begin(), name.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20; })) {
            name.clear();
        }
    }
    return name;
}

void add_to(std::vector<std::string>& names, std::string name) {
    if (!name.empty()) names.push_back(std::move(name));
}

}  // namespace

std::string fingerprint_of(const X509* certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    if (X509_digest(certificate, EVP_sha256(), digest.data(), &length) != 1) return {};
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (unsigned int i = 0; i < length; ++i) {
        text += digits[digest[i] >> 4U];
        text += digits[digest[i] & 0x0FU];
    }
    return text;
}

Peer read_peer(const X509* certificate) {
    Peer peer;
    peer.fingerprint = fingerprint_of(certificate);
    peer.common_name = common_name_of(certificate);
    // X509_get_extension_flags parses the extensions first and is therefore not const.
    peer.is_authority = (X509_get_extension_flags(const_cast<X509*>(certificate)) & EXFLAG_CA) != 0;
    const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
        static_cast<GENERAL_NAMES*>(
            X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
        &GENERAL_NAMES_free);
    if (!names) return peer;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        switch (name->type) {
            case GEN_URI:
                ++peer.uri_count;
                add_to(peer.uris, ia5_text(name->d.uniformResourceIdentifier));
                break;
            case GEN_DNS:
                add_to(peer.dns, ia5_text(name->d.dNSName));
                break;
            case GEN_IPADD:
                add_to(peer.ips, ip_text(name->d.iPAddress));
                break;
            default:
                break;
        }
    }
    return peer;
}

}  // namespace edgeroll::tls
