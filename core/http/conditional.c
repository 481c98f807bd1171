/* Preconditions: entity tags and dates against what the client has. */
#include "http/conditional.h"

#include <stddef.h>
#include <string.h>

#include "http/date.h"

/* An entity tag, `opaque` with its quotes. */
struct tag {
    bool weak;
    const char *opaque;
    size_t length;
};

/* Reads a tag at *at and stops behind it; false if there is none, with *at where the text stopped to be one. */
static bool read_tag(const char **at, struct tag *tag) {
    tag->weak = strncmp(*at, "W/", 2) == 0;
    *at += tag->weak ? 2 : 0;
    if (**at != '"') {
        return false;
    }
    tag->opaque = *at;
    const char *end = strchr(*at + 1, '"');
    if (!end) {
        *at += strlen(*at);
        return false;
    }
    *at = end + 1;
    tag->length = (size_t)(*at - tag->opaque);
    return true;
}

static bool read_whole(const char *text, struct tag *tag) {
    return text && read_tag(&text, tag) && *text == '\0';
}

/* RFC 9110 section 8.8.3.2. */
static bool tags_equal(const struct tag *a, const struct tag *b, bool strong) {
    return !(strong && (a->weak || b->weak)) && a->length == b->length && memcmp(a->opaque, b->opaque, a->length) == 0;
}

/* Whether a list of tags has ours; "*" stands for any. Members that are no tags match nothing. */
static bool list_matches(const char *list, const char *etag, bool strong) {
    struct tag ours;
    struct tag theirs;
    if (strcmp(list, "*") == 0) {
        return true;
    }
    if (!read_whole(etag, &ours)) {
        return false;
    }
    while (list += strspn(list, ", \t"), *list) {
        bool read = read_tag(&list, &theirs);
        list += strspn(list, " \t");
        bool ended = *list == ',' || *list == '\0';
        if (read && ended && tags_equal(&ours, &theirs, strong)) {
            return true;
        }
        list += strcspn(list, ",");
    }
    return false;
}

/* Whether the field is a date that we can compare with ours. */
static bool read_date(const struct http_conditional *c, const char *field, int64_t *date) {
    return field && c->modified != 0 && http_date_parse(field, c->now, date) == 0;
}

int http_precondition(const struct http_conditional *c) {
    int64_t date;
    if (c->if_match) {
        if (!list_matches(c->if_match, c->etag, true)) {
            return 412;
        }
    } else if (read_date(c, c->if_unmodified_since, &date) && c->modified > date) {
        return 412;
    }
    if (c->if_none_match) {
        if (list_matches(c->if_none_match, c->etag, false)) {
            return c->get_or_head ? 304 : 412;
        }
    } else if (c->get_or_head && read_date(c, c->if_modified_since, &date) && c->modified <= date) {
        return 304;
    }
    return 0;
}

bool http_if_range(const struct http_conditional *c) {
    struct tag ours;
    struct tag theirs;
    int64_t date;
    if (!c->if_range) {
        return true;
    }
    if (read_whole(c->if_range, &theirs)) {
        return read_whole(c->etag, &ours) && tags_equal(&ours, &theirs, true);
    }
    /* A date within the current second is weak: another change may follow that it could not tell from this one. */
    return read_date(c, c->if_range, &date) && date == c->modified && c->modified < c->now;
}
