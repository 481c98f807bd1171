/* The SDK: proactive negotiation by the Accept field, RFC 9110 section 12.5.1. Pure. */
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "worker/request.h"

enum { QUALITY_BEST = 1000 };

/* A stretch of text. */
struct stretch {
    const char *at;
    size_t length;
};

static struct stretch trimmed(const char *at, size_t length) {
    while (length > 0 && (*at == ' ' || *at == '\t')) {
        at++;
        length--;
    }
    while (length > 0 && (at[length - 1] == ' ' || at[length - 1] == '\t')) {
        length--;
    }
    return (struct stretch){at, length};
}

/* Cuts the next member, up to a separator that does not stand in a quoted string, off the front of *rest. */
static bool next_member(struct stretch *rest, char separator, struct stretch *member) {
    if (rest->length == 0) {
        return false;
    }
    bool quoted = false;
    size_t i = 0;
    for (; i < rest->length && (quoted || rest->at[i] != separator); i++) {
        if (quoted && rest->at[i] == '\\' && i + 1 < rest->length) {
            i++;
        } else if (rest->at[i] == '"') {
            quoted = !quoted;
        }
    }
    *member = trimmed(rest->at, i);
    size_t used = i < rest->length ? i + 1 : i;
    *rest = (struct stretch){rest->at + used, rest->length - used};
    return true;
}

static bool same(struct stretch a, struct stretch b) {
    return a.length == b.length && strncasecmp(a.at, b.at, a.length) == 0;
}

/* A weight of RFC 9110 section 12.4.2, "0.5", in thousandths; -1 if malformed. */
static int weight_parse(struct stretch text) {
    if (text.length == 0 || text.length > 5 || (text.at[0] != '0' && text.at[0] != '1')) {
        return -1;
    }
    int value = (text.at[0] - '0') * QUALITY_BEST;
    if (text.length > 1 && text.at[1] != '.') {
        return -1;
    }
    int unit = QUALITY_BEST / 10;
    for (size_t i = 2; i < text.length; i++, unit /= 10) {
        if (!isdigit((unsigned char)text.at[i])) {
            return -1;
        }
        value += (text.at[i] - '0') * unit;
    }
    return value <= QUALITY_BEST ? value : -1;
}

/* How closely a range names a type: 0 not at all, 1 any type, 2 any subtype, 3 exactly. */
static int range_match(struct stretch range, struct stretch type) {
    if (same(range, (struct stretch){"*/*", 3})) {
        return 1;
    }
    if (same(range, type)) {
        return 3;
    }
    const char *slash = memchr(type.at, '/', type.length);
    size_t major = slash ? (size_t)(slash - type.at) + 1 : 0;
    bool any = major > 0 && range.length == major + 1 && range.at[major] == '*';
    return any && strncasecmp(range.at, type.at, major) == 0 ? 2 : 0;
}

static bool has_parameter(struct stretch parameters, struct stretch wanted) {
    struct stretch parameter;
    while (next_member(&parameters, ';', &parameter)) {
        if (same(parameter, wanted)) {
            return true;
        }
    }
    return false;
}

/* How specifically one member covers the type (0: it does not), and its weight. */
static int member_match(struct stretch member, struct stretch type, int *weight) {
    struct stretch range;
    struct stretch name;
    struct stretch parameter;
    if (!next_member(&member, ';', &range) || !next_member(&type, ';', &name)) {
        return 0;
    }
    int match = range_match(range, name);
    *weight = QUALITY_BEST;
    while (match > 0 && next_member(&member, ';', &parameter)) {
        if (parameter.length >= 2 && strncasecmp(parameter.at, "q=", 2) == 0) {
            *weight = weight_parse((struct stretch){parameter.at + 2, parameter.length - 2});
            return *weight < 0 ? 0 : match; /* what follows are extensions, which no one uses */
        }
        match = has_parameter(type, parameter) ? match + 1 : 0;
    }
    return match;
}

/* How much a client likes a media type, 0 (not at all) to QUALITY_BEST, by the most specific range of its Accept field
 * that covers the type. Members of the field that are malformed are passed over. */
static int quality_of(const char *accept, const char *type) {
    struct stretch rest = {accept, strlen(accept)};
    struct stretch wanted = {type, strlen(type)};
    struct stretch member;
    int best = 0;
    int quality = 0;
    while (next_member(&rest, ',', &member)) {
        int weight;
        int match = member_match(member, wanted, &weight);
        if (match > best || (match > 0 && match == best && weight > quality)) {
            best = match;
            quality = weight;
        }
    }
    return quality;
}

const char *socgi_negotiate(const struct socgi_request *req, const char *const *types) {
    const char *accept = socgi_header(req, "Accept");
    if (!accept || accept[0] == '\0') {
        return types[0];
    }
    const char *chosen = types[0];
    int best = 0;
    for (; *types; types++) {
        int quality = quality_of(accept, *types);
        if (quality > best) {
            best = quality;
            chosen = *types;
        }
    }
    return chosen;
}
