#include "control/certificates.hpp"

#include <utility>

namespace edgeroll::control {

Certificates agent_certificates(const Settings& settings) {
    tls::TlsFiles files;
    files.certificate = settings.certificate;
    files.key = settings.key;
    files.ca = settings.ca;
    files.crl = settings.crl;
    files.certificate_name = "CONTROL_CERT";
    files.key_name = "CONTROL_KEY";
    files.ca_name = "CONTROL_CA";
    files.crl_name = "CONTROL_CRL";
    files.loose = settings.loose_files;
    return tls::make_context_store(std::move(files), tls::TlsRole::client);
}

Certificates http_certificates(const Settings& settings) {
    tls::TlsFiles files;
    files.certificate = settings.http_certificate;
    files.key = settings.http_key;
    files.certificate_name = "HTTP_CERT";
    files.key_name = "HTTP_KEY";
    files.loose = settings.loose_files;
    return tls::make_context_store(std::move(files), tls::TlsRole::server);
}

}  // namespace edgeroll::control
