// Text that any host can show.
#pragma once

#include <string>

namespace ofxpp {

namespace detail {

// Bytes of the UTF-8 sequence that starts with `lead`; 0: it can't start one.
inline size_t sequence_bytes(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead < 0xE0) return 2;
    if (lead >= 0xE0 && lead < 0xF0) return 3;
    if (lead >= 0xF0 && lead < 0xF5) return 4;
    return 0;
}

inline bool continues(const std::string& text, size_t at, size_t bytes) {
    for (size_t i = 1; i < bytes; ++i)
        if (at + i >= text.size() || (static_cast<unsigned char>(text[at + i]) & 0xC0) != 0x80) return false;
    return true;
}

}  // namespace detail

// One line of UTF-8: control characters become spaces, and bytes that are no UTF-8 become '?'. Reasons quote files and
// programs, and some hosts drop a message that they can't decode.
inline std::string one_line(const std::string& text) {
    std::string line;
    for (size_t at = 0; at < text.size();) {
        const auto lead = static_cast<unsigned char>(text[at]);
        const size_t bytes = detail::sequence_bytes(lead);
        if (bytes == 0 || !detail::continues(text, at, bytes)) {
            line += '?';
            ++at;
        } else if (lead < 0x20 || lead == 0x7F) {
            line += ' ';
            ++at;
        } else {
            line.append(text, at, bytes);
            at += bytes;
        }
    }
    return line;
}

}  // namespace ofxpp
