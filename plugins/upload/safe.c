/* Safe file names. */
#include "safe.h"

#include <stdio.h>
#include <string.h>

#include "utf8.h"

/* What follows the last slash; browsers of old send whole paths, with backslashes. */
static const char *base_of(const char *path) {
    for (const char *at = path; *at; at++) {
        if (*at == '/' || *at == '\\') {
            path = at + 1;
        }
    }
    return path;
}

/* Control characters of ASCII, and those of U+0080 to U+009F that some terminals obey. */
static bool is_control(const char *at, size_t length) {
    unsigned char first = (unsigned char)at[0];
    return first < 0x20 || first == 0x7f || (length == 2 && first == 0xc2 && (unsigned char)at[1] < 0xa0);
}

bool safe_name(const char *claimed, char out[SAFE_NAME_MAX + 1]) {
    size_t to = 0;
    const char *from = base_of(claimed);
    from += strspn(from, ". ");
    while (*from) {
        size_t length = utf8_length(from);
        bool keep = length > 0 && !is_control(from, length);
        size_t size = keep ? length : 1;
        if (to + size > SAFE_NAME_MAX) {
            return false;
        }
        memcpy(out + to, keep ? from : "_", size);
        to += size;
        from += length > 0 ? length : 1;
    }
    memcpy(out + to, "", 1);
    if (to == 0) {
        memcpy(out, "file", sizeof("file"));
    }
    return true;
}

void safe_number(const char *name, unsigned number, char *out, size_t size) {
    const char *dot = strrchr(name, '.');
    const char *extension = dot ? dot : name + strlen(name);
    (void)snprintf(out, size, "%.*s-%u%s", (int)(extension - name), name, number, extension);
}

bool safe_is(const char *name) {
    return name[0] != '\0' && name[0] != '.' && !strpbrk(name, "/\\") && utf8_count(name, "") > 0;
}
