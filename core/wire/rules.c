/* The rules of a manifest. */
#include "wire/rules.h"

#include <stddef.h>
#include <string.h>

#include "base/utf8.h"

bool rules_name(const char *name) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t length = strlen(name);
    return length > 0 && length <= RULES_NAME_MAX && name[0] != '.' && strspn(name, allowed) == length;
}

/* A segment that the path decoder would resolve, so that no request can have it. */
static bool segment_is_dots(const char *segment, size_t length) {
    return (length == 1 && segment[0] == '.') || (length == 2 && segment[0] == '.' && segment[1] == '.');
}

bool rules_route(const char *route) {
    size_t length = strlen(route);
    if (route[0] != '/' || length > RULES_ROUTE_MAX || !utf8_printable(route, length) || strchr(route, '\\')) {
        return false;
    }
    for (const char *at = route; *at && length > 1;) {
        at++; /* the '/' */
        size_t segment = strcspn(at, "/");
        if (segment == 0 || segment_is_dots(at, segment)) {
            return false;
        }
        at += segment;
    }
    return true;
}

bool rules_version(const char *version) {
    size_t length = strlen(version);
    return length <= RULES_VERSION_MAX && utf8_printable(version, length);
}

bool rules_file(const char *file) {
    static const char suffix[] = ".so";
    size_t length = strlen(file), end = sizeof(suffix) - 1;
    return file[0] != '.' && length > end && length <= RULES_FILE_MAX && strcmp(file + length - end, suffix) == 0 &&
           !strchr(file, '/') && utf8_printable(file, length);
}

bool rules_plugin(const struct wire_plugin *p) {
    if (!rules_file(p->file) || (p->route && !rules_route(p->route)) || (p->version && !rules_version(p->version))) {
        return false;
    }
    return p->reason || (p->name && rules_name(p->name) && p->route && http_methods_valid(&p->methods));
}

/* More than any network carries, so that what is counted of many answers cannot wrap. */
static const uint64_t SENT_PER_MS = 64ull << 20;

/* Nothing was sent, and nothing is left. */
static bool forward_valid(const struct mailbox_answer *a) {
    return (a->flags & ~(uint32_t)(ANSWER_FORWARD | ANSWER_OUTPUT)) == 0 && a->head == 0 && a->sent == 0 &&
           a->left == 0 && a->lying > 0 && a->lying <= MAILBOX_FORWARD_MAX;
}

bool rules_answer(const struct mailbox_answer *a, uint32_t timeout_ms) {
    bool whole = !(a->flags & (ANSWER_GONE | ANSWER_BROKEN)), tail = a->flags & ANSWER_TAIL;
    if (a->status < 200 || a->status > 599 || (a->flags & ~(uint32_t)ANSWER_FLAGS) != 0 || tail != (a->left > 0)) {
        return false;
    }
    if (a->flags & ANSWER_FORWARD) {
        return forward_valid(a);
    }
    if (!whole && (a->flags & (ANSWER_KEEP | ANSWER_TAIL))) {
        return false; /* nothing follows on a connection that is to be closed */
    }
    if (a->left > INT64_MAX || a->sent > (timeout_ms + UINT64_C(1)) * SENT_PER_MS) {
        return false;
    }
    if (a->lying > UINT32_MAX || (a->lying > 0 && !(a->flags & ANSWER_LIES))) {
        return false;
    }
    return a->head <= UINT32_MAX && (!whole || (a->head > 0 && a->head <= a->sent + a->lying + a->left));
}
