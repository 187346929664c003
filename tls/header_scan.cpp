#include "tls/header_scan.hpp"

namespace edgeroll::tls {

HeaderScan::State HeaderScan::refuse(const char* what) {
    complaint_ = what;
    return State::refused;
}

HeaderScan::State HeaderScan::look(std::string_view bytes) {
    for (; seen_ < bytes.size(); ++seen_) {
        if (seen_ == bytes_max_) return State::too_large;
        const char c = bytes[seen_];
        const auto value = static_cast<unsigned char>(c);
        if (is_after_return_) {
            if (c != '\n') return refuse("the header has a carriage return without a line feed");
            is_after_return_ = false;
            if (line_bytes_ == 0) {
                ++seen_;
                return State::whole;
            }
            line_bytes_ = 0;
            continue;
        }
        if (c == '\r') {
            is_after_return_ = true;
            continue;
        }
        if (c == '\n') return refuse("a line of the header ends without a carriage return");
        if ((value < 0x20 && c != '\t') || value == 0x7F) {
            return refuse("the header has a control character");
        }
        if (line_bytes_ == 0 && (c == ' ' || c == '\t')) {
            return refuse("a line of the header begins with a blank");
        }
        ++line_bytes_;
    }
    return State::more;
}

}  // namespace edgeroll::tls
