#include "control/cli/der_key.hpp"

#include <cstddef>
#include <optional>

namespace edgeroll::cli {
namespace {

enum Tag : unsigned char { integer = 0x02, octets = 0x04, object_id = 0x06, sequence = 0x30 };

struct Element {
    unsigned char tag = 0;
    std::string_view value;
};

/// Takes the first element; nothing if it is incomplete. Lengths up to 4 bytes, tags of one.
std::optional<Element> take(std::string_view& bytes) {
    const auto byte_at = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
    if (bytes.size() < 2) return std::nullopt;
    std::size_t length = byte_at(1), head = 2;
    if (length >= 0x80) {
        const std::size_t digits = length - 0x80;
        if (digits == 0 || digits > 4 || bytes.size() < 2 + digits) return std::nullopt;
        length = 0;
        for (; head < 2 + digits; ++head)
            length = length << 8U | byte_at(head);
    }
    if (bytes.size() - head < length) return std::nullopt;
    const Element element{byte_at(0), bytes.substr(head, length)};
    bytes.remove_prefix(head + length);
    return element;
}

std::string_view first_of(std::string_view bytes, Tag tag) {
    const auto element = take(bytes);
    return element && element->tag == tag ? element->value : std::string_view();
}

bool is_number(const Element& element, char value) {
    return element.tag == integer && element.value == std::string_view(&value, 1);
}

/// PKCS#5 and PKCS#12 schemes that derive a key from a password.
bool is_password_scheme(std::string_view id) {
    constexpr std::string_view pkcs5 = "\x2a\x86\x48\x86\xf7\x0d\x01\x05";
    constexpr std::string_view pkcs12 = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01";
    return id.starts_with(pkcs5) || id.starts_with(pkcs12);
}

bool is_pkcs7(std::string_view id) {
    return id.starts_with("\x2a\x86\x48\x86\xf7\x0d\x01\x07");
}

/// Whether a sequence with these first elements, followed by `rest`, has the structure of a key.
bool is_outline_of_key(const Element& first, const Element& second, std::string_view rest) {
    constexpr std::size_t number_min = 16;  ///< bytes of a modulus, a prime or a number on a curve
    if (first.tag == sequence) {            // EncryptedPrivateKeyInfo
        return second.tag == octets && rest.empty() &&
               is_password_scheme(first_of(first.value, object_id));
    }
    if (is_number(first, 3)) {  // PFX
        return second.tag == sequence && is_pkcs7(first_of(second.value, object_id));
    }
    if (!is_number(first, 0) && !is_number(first, 1)) return false;
    if (second.tag == sequence) {  // PrivateKeyInfo, OneAsymmetricKey
        return !first_of(second.value, object_id).empty() && !first_of(rest, octets).empty();
    }
    if (second.tag == integer) {  // RSAPrivateKey; DSA keys have six numbers
        return is_number(first, 0) && second.value.size() >= number_min &&
               !first_of(rest, integer).empty();
    }
    // ECPrivateKey, with its curve
    return is_number(first, 1) && second.tag == octets && second.value.size() >= number_min &&
           (rest.empty() || static_cast<unsigned char>(rest.front()) >= 0xa0);
}

}  // namespace

bool is_der_key(std::string_view bytes) {
    const auto whole = take(bytes);
    const bool ends = bytes.find_first_not_of(" \t\r\n") == bytes.npos;
    if (!whole || whole->tag != sequence || !ends) return false;
    std::string_view inner = whole->value;
    const auto first = take(inner);
    const auto second = take(inner);
    return first && second && is_outline_of_key(*first, *second, inner);
}

}  // namespace edgeroll::cli
