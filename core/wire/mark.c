/* Marks in a worker's output. */
#include "wire/mark.h"

#include <string.h>
#include <sys/random.h>

#include "base/clock.h"

enum { DIGITS = 4 };

static const char hex[] = "0123456789abcdef";

void mark_write(char out[MARK_SIZE], const char token[MARK_TOKEN], uint32_t label) {
    out[0] = '\0';
    memcpy(out + 1, token, MARK_TOKEN);
    for (int i = 0; i < DIGITS; i++) {
        out[1 + MARK_TOKEN + i] = hex[label >> (DIGITS - 1 - i) * 4 & 0xf];
    }
}

/* How many bytes there begin a mark as far as they go. */
static size_t matching(const char *text, size_t length, const char token[MARK_TOKEN]) {
    size_t most = length < MARK_SIZE ? length : MARK_SIZE;
    size_t of_token = most > 1 + MARK_TOKEN ? MARK_TOKEN : most - 1;
    if (most == 0 || text[0] != '\0' || memcmp(text + 1, token, of_token) != 0) {
        return 0;
    }
    for (size_t i = 1 + MARK_TOKEN; i < most; i++) {
        if (!text[i] || !strchr(hex, text[i])) {
            return 0;
        }
    }
    return most;
}

const char *mark_find(const char *text, size_t length, const char token[MARK_TOKEN], uint32_t *label) {
    const char *end = text + length;
    for (const char *at = text; (at = memchr(at, '\0', (size_t)(end - at))); at++) {
        if (matching(at, (size_t)(end - at), token) == MARK_SIZE) {
            *label = 0;
            for (size_t i = 1 + MARK_TOKEN; i < MARK_SIZE; i++) {
                *label = *label << 4 | (uint32_t)(strchr(hex, at[i]) - hex);
            }
            return at;
        }
    }
    return NULL;
}

size_t mark_begun(const char *text, size_t length, const char token[MARK_TOKEN]) {
    size_t most = length < MARK_SIZE ? length : MARK_SIZE - 1;
    for (size_t back = most; back > 0; back--) {
        if (matching(text + length - back, back, token) == back) {
            return back;
        }
    }
    return 0;
}

void mark_open(struct mark_board *board, char token[MARK_TOKEN]) {
    unsigned char bytes[MARK_TOKEN / 2];
    if (getrandom(bytes, sizeof(bytes), GRND_NONBLOCK) != sizeof(bytes)) {
        uint64_t now = clock_now();
        memcpy(bytes, &now, sizeof(bytes));
    }
    for (size_t i = 0; i < sizeof(bytes); i++) {
        token[2 * i] = hex[bytes[i] >> 4];
        token[2 * i + 1] = hex[bytes[i] & 0xf];
    }
    memcpy(board->token, token, MARK_TOKEN);
}
