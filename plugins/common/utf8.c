/* UTF-8. */
#include "utf8.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* First bytes, the bounds of the second byte behind them, and the length: RFC 3629 section 4. */
static const struct {
    uint8_t first, last;
    uint8_t low, high;
    uint8_t length;
} forms[] = {
    {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

size_t utf8_length(const char *text) {
    const unsigned char *byte = (const unsigned char *)text;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (byte[0] < forms[i].first || byte[0] > forms[i].last) {
            continue;
        }
        size_t length = forms[i].length;
        if (length > 1 && (byte[1] < forms[i].low || byte[1] > forms[i].high)) {
            return 0;
        }
        for (size_t at = 2; at < length; at++) {
            if (byte[at] < 0x80 || byte[at] > 0xbf) {
                return 0;
            }
        }
        return length;
    }
    return 0;
}

long utf8_count(const char *text, const char *allowed) {
    long count = 0;
    while (*text) {
        size_t length = utf8_length(text);
        unsigned char c = (unsigned char)*text;
        if (length == 0 || ((c < 0x20 || c == 0x7f) && !strchr(allowed, c))) {
            return -EINVAL;
        }
        text += length;
        count++;
    }
    return count;
}
