/* UTF-8. */
#include "base/utf8.h"

/* By the first byte: how long, and what the second byte may be (RFC 3629 section 4); later ones are 80..BF. */
static const struct {
    unsigned char first_low, first_high, length, second_low, second_high;
} forms[] = {
    {0x00, 0x7f, 1, 0, 0},       {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf},
    {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf},
    {0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

static bool within(char byte, unsigned char low, unsigned char high) {
    return (unsigned char)byte >= low && (unsigned char)byte <= high;
}

size_t utf8_character(const char *text, size_t length) {
    for (size_t i = 0; length > 0 && i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (!within(text[0], forms[i].first_low, forms[i].first_high)) {
            continue;
        }
        size_t size = forms[i].length;
        if (size > length || (size > 1 && !within(text[1], forms[i].second_low, forms[i].second_high))) {
            return 0;
        }
        for (size_t at = 2; at < size; at++) {
            if (!within(text[at], 0x80, 0xbf)) {
                return 0;
            }
        }
        return size;
    }
    return 0;
}

size_t utf8_control(const char *text, size_t length) {
    if (length > 0 && (within(text[0], 0x00, 0x1f) || text[0] == 0x7f)) {
        return 1;
    }
    if (length > 1 && text[0] == '\xc2' && within(text[1], 0x80, 0x9f)) {
        return 2;
    }
    return length > 2 && text[0] == '\xe2' && text[1] == '\x80' && within(text[2], 0xa8, 0xa9) ? 3 : 0;
}

bool utf8_printable(const char *text, size_t length) {
    for (size_t at = 0; at < length;) {
        size_t size = utf8_character(text + at, length - at);
        if (size == 0 || utf8_control(text + at, length - at) > 0) {
            return false;
        }
        at += size;
    }
    return true;
}
