/* Who a request comes from. */
#include "credentials.h"

#include <crypt.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "utf8.h"

/* What an unknown user's password is hashed with where the table has no line to take it from. */
#define ANY_HASH "$y$j9T$abcdefghijklmnopqrstu1$"

/* What follows the scheme and its spaces; NULL: another scheme. */
static const char *scheme_skip(const char *authorization, const char *scheme) {
    size_t length = strlen(scheme);
    if (!authorization || strncasecmp(authorization, scheme, length) != 0 || authorization[length] != ' ') {
        return NULL;
    }
    return authorization + length + strspn(authorization + length, " ");
}

/* ---- Reading ---- */

static int base64_value(char c) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Decodes base64 (RFC 4648 section 4) into a string. -EINVAL: it is none, or too long. */
static int base64_decode(const char *text, char *out, size_t size) {
    uint32_t bits = 0;
    unsigned held = 0; /* bits that are not yet written */
    size_t length = strcspn(text, "=");
    size_t padding = strlen(text + length);
    if ((length + padding) % 4 != 0 || padding != strspn(text + length, "=") || padding > 2) {
        return -EINVAL;
    }
    for (size_t i = 0; i < length; i++) {
        int value = base64_value(text[i]);
        if (value < 0 || size == 1) {
            return -EINVAL;
        }
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            *out = (char)(bits >> held & 0xff);
            if (*out++ == '\0') {
                return -EINVAL;
            }
            size--;
        }
    }
    *out = '\0';
    return (bits & ((1u << held) - 1)) == 0 ? 0 : -EINVAL; /* one text for each value, so that logs cannot be fooled */
}

int credentials_basic(const char *authorization, struct credentials *out) {
    char text[CREDENTIALS_MAX + 2];
    const char *encoded = scheme_skip(authorization, "Basic");
    if (!encoded) {
        return -ENOENT;
    }
    if (base64_decode(encoded, text, sizeof(text))) {
        return -EINVAL;
    }
    char *colon = strchr(text, ':'); /* the first one: a password may hold others */
    if (!colon || utf8_count(text, "") < 0) {
        return -EINVAL;
    }
    *colon = '\0';
    memcpy(out->user, text, strlen(text) + 1);
    memcpy(out->password, colon + 1, strlen(colon + 1) + 1);
    explicit_bzero(text, sizeof(text));
    return 0;
}

/* ---- Comparing ---- */

/* Takes as long for texts that differ in their first byte as for those that differ in their last. */
static bool equal(const char *a, const char *b) {
    size_t length = strlen(a);
    if (length != strlen(b)) {
        return false;
    }
    volatile unsigned char difference = 0;
    for (size_t i = 0; i < length; i++) {
        difference |= (unsigned char)(a[i] ^ b[i]);
    }
    return difference == 0;
}

/* The hash of that user, copied; false: there is no such line. `any` gets that of the last other one. */
static bool hash_find(const char *users, const char *user, char hash[CRYPT_OUTPUT_SIZE], char any[CRYPT_OUTPUT_SIZE]) {
    size_t user_length = strlen(user);
    bool found = false;
    for (const char *line = users; *line;) {
        size_t length = strcspn(line, "\r\n");
        size_t name = strcspn(line, ":\r\n");
        size_t size = length > name ? length - name - 1 : 0;
        if (size > 0 && size < CRYPT_OUTPUT_SIZE && line[0] != '#') {
            bool match = !found && name == user_length && memcmp(line, user, name) == 0;
            char *into = match ? hash : any;
            memcpy(into, line + name + 1, size);
            into[size] = '\0';
            found |= match;
        }
        line += length + strspn(line + length, "\r\n");
    }
    return found;
}

int credentials_check(const struct credentials *c, const char *users) {
    char hash[CRYPT_OUTPUT_SIZE];
    char any[CRYPT_OUTPUT_SIZE] = ANY_HASH;
    struct crypt_data data = {0};
    bool known = hash_find(users, c->user, hash, any);
    /* Hashing is the slow part, so it is done for nobody as well, and for who is locked out by a hash that is none. */
    const char *made = crypt_rn(c->password, known ? hash : any, &data, sizeof(data));
    if (!made) {
        (void)crypt_rn(c->password, ANY_HASH, &data, sizeof(data));
    }
    bool right = made && known && equal(made, hash);
    explicit_bzero(&data, sizeof(data));
    return right ? 0 : -EACCES;
}

bool credentials_bearer(const char *authorization, const char *token) {
    const char *given = scheme_skip(authorization, "Bearer");
    return given && token[0] != '\0' && equal(given, token);
}
