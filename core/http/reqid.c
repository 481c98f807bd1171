/* Ids of requests. */
#include "http/reqid.h"

#include <string.h>

static const size_t DIGITS = 16;

bool http_reqid_valid(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || !strchr("-_.+/=:@", c))) {
            return false;
        }
    }
    return length > 0 && length <= HTTP_REQID_MAX;
}

/* By hand: it is done for every request. */
static void hex(uint64_t value, char *out) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = DIGITS; i-- > 0;) {
        out[i] = digits[value & 15];
        value >>= 4;
    }
}

void http_reqid_make(uint64_t server, uint64_t request, char out[HTTP_REQID_SIZE]) {
    hex(server, out);
    hex(request, out + DIGITS);
    out[2 * DIGITS] = '\0';
}
