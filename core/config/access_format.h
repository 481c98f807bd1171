/*
 * The format of the access log, in the syntax of Apache's LogFormat, compiled into pieces once. Pure but for its
 * memory.
 */
#ifndef CONFIG_ACCESS_FORMAT_H
#define CONFIG_ACCESS_FORMAT_H

#include <stddef.h>

enum access_kind {
    ACCESS_TEXT,     /* as it stands */
    ACCESS_NONE,     /* "-": %l, %u, which we never know */
    ACCESS_ADDRESS,  /* %h, %a */
    ACCESS_TIME,     /* %t */
    ACCESS_REQUEST,  /* %r */
    ACCESS_METHOD,   /* %m */
    ACCESS_PATH,     /* %U, as it was sent */
    ACCESS_QUERY,    /* %q, with its '?' */
    ACCESS_PROTOCOL, /* %H */
    ACCESS_STATUS,   /* %s, %>s */
    ACCESS_BYTES,    /* %B, of the body; %b: "-" for none */
    ACCESS_BYTES_DASH,
    ACCESS_SENT,    /* %O, with the head */
    ACCESS_MICROS,  /* %D */
    ACCESS_SECONDS, /* %T */
    ACCESS_PORT,    /* %p, ours */
    ACCESS_WORKER,  /* %P, the worker's pid */
    ACCESS_ID,      /* %L, the request's id */
    ACCESS_FIELD,   /* %{NAME}i, a field of the request */
    ACCESS_PLUGIN   /* %{plugin}n */
};

struct access_piece {
    enum access_kind kind;
    char *text; /* of ACCESS_TEXT, and the name of ACCESS_FIELD */
    size_t length;
};

struct access_format {
    struct access_piece *pieces;
    size_t count;
};

#define ACCESS_FORMAT_EXPECTED "\"combined\", \"json\", or a format of %-directives: socgi.conf(5)"

enum { ACCESS_WRONG_SIZE = 32 };

/* Compiles; `format` may be NULL, to check the text alone. 0; -EINVAL: a directive that is none, which `wrong` (may be
 * NULL) holds then, cut, or no directive at all: "". -ENOMEM. "json" is no format of pieces: it compiles to none. */
int access_format_compile(const char *text, struct access_format *format, char wrong[ACCESS_WRONG_SIZE]);
void access_format_free(struct access_format *format);

#endif
