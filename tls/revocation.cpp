#include "tls/revocation.hpp"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <algorithm>

namespace edgeroll::tls {
namespace {

using release::fail;
using release::Result;

bool is_of(const X509* authority, const X509_CRL* list) {
    return X509_NAME_cmp(X509_get_subject_name(authority), X509_CRL_get_issuer(list)) == 0;
}

Result<void> check_list(const std::string& label, const std::string& authorities_label,
                        const std::vector<CertificatePtr>& authorities, X509_CRL* list) {
    bool is_known = false;
    // Several authorities may share a name after a key change.
    const bool is_signed =
        std::any_of(authorities.begin(), authorities.end(), [&](const CertificatePtr& authority) {
            if (!is_of(authority.get(), list)) return false;
            is_known = true;
            return X509_CRL_verify(list, X509_get0_pubkey(authority.get())) == 1;
        });
    if (!is_known) {
        return fail(label + ": holds the list of an authority that is not in " + authorities_label +
                    "; give the lists of those that are");
    }
    if (!is_signed) {
        ERR_clear_error();
        return fail(label + ": holds a revocation list with a wrong signature; publish it anew");
    }
    if (!is_past(X509_CRL_get0_lastUpdate(list))) {
        return fail(label + ": the revocation list is not valid before " +
                    text_of(X509_CRL_get0_lastUpdate(list)) +
                    "; publish a new one, or set the machine's clock");
    }
    const ASN1_TIME* next = X509_CRL_get0_nextUpdate(list);
    if (next != nullptr && is_past(next)) {
        return fail(label + ": the revocation list is out of date since " + text_of(next) +
                    "; publish a new one");
    }
    return {};
}

bool has_list_of(X509_STORE_CTX* chain, const X509_NAME* issuer) {
    STACK_OF(X509_OBJECT)* objects = X509_STORE_get0_objects(X509_STORE_CTX_get0_store(chain));
    for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i) {
        const X509_CRL* list = X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(objects, i));
        if (list != nullptr && X509_NAME_cmp(X509_CRL_get_issuer(list), issuer) == 0) return true;
    }
    return false;
}

// OpenSSL can require lists for the leaf alone or for every certificate. Above the leaf this
// forgives a missing list, but not an unusable one.
int forgive_missing_list(int is_good, X509_STORE_CTX* chain) {
    if (is_good == 1) return 1;
    const X509* certificate = X509_STORE_CTX_get_current_cert(chain);
    const bool is_missing = X509_STORE_CTX_get_error(chain) == X509_V_ERR_UNABLE_TO_GET_CRL &&
                            X509_STORE_CTX_get_error_depth(chain) > 0 && certificate != nullptr &&
                            !has_list_of(chain, X509_get_issuer_name(certificate));
    if (!is_missing) return 0;
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

}  // namespace

Result<std::vector<CrlPtr>> read_usable_lists(const NamedFile& file,
                                              const NamedFile& authorities_file,
                                              const std::vector<CertificatePtr>& authorities) {
    auto lists = read_crls(file);
    if (!lists) return lists;
    for (const CrlPtr& list : *lists) {
        auto good = check_list(file.label(), authorities_file.label(), authorities, list.get());
        if (!good) return tl::unexpected(std::move(good.error()));
    }
    return lists;
}

std::vector<std::string> without_list(const std::vector<CertificatePtr>& authorities,
                                      const std::vector<CrlPtr>& lists) {
    std::vector<std::string> names;
    for (const CertificatePtr& authority : authorities) {
        const bool has_one = std::any_of(lists.begin(), lists.end(), [&](const CrlPtr& list) {
            return is_of(authority.get(), list.get());
        });
        if (!has_one) names.push_back(subject_of(authority.get()));
    }
    return names;
}

bool judge_by_lists(SSL_CTX* context, const std::vector<CrlPtr>& lists) {
    X509_STORE* store = SSL_CTX_get_cert_store(context);
    X509_STORE_set_verify_cb(store, &forgive_missing_list);
    return std::all_of(
               lists.begin(), lists.end(),
               [&](const CrlPtr& list) { return X509_STORE_add_crl(store, list.get()) == 1; }) &&
           X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) == 1;
}

}  // namespace edgeroll::tls
