/*
 * The messages of the channel. Each begins with its kind; unpacking checks every bound and that the message ends
 * exactly. Texts and arrays that unpacking gives point into the message.
 *
 *     master -> worker   START     once, first: what to load and how
 *                        REQUEST   a slot is posted; with the connection and, for WIRE_BODY_FD, the body
 *                        (end of file: the master is dead)
 *     worker -> master   DENIALS   before everything else, if its sandbox tells what it denies; with the descriptor
 *                        LOADING   about to load that file; if the worker dies now, that plugin did it
 *                        PLUGIN    one for each file, in order: its manifest, or why it is not served
 *                        READY     after the last PLUGIN
 *                        TAIL      what the connection did not take of an answer; before the slot is DONE
 */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "http/method.h"
#include "wire/channel.h"
#include "wire/pack.h"

enum wire_kind {
    WIRE_START = 1,
    WIRE_REQUEST,
    WIRE_LOADING,
    WIRE_PLUGIN,
    WIRE_READY,
    WIRE_TAIL,
    WIRE_DENIALS,
    WIRE_KINDS
};

/* The kind of a message, or 0 if it is too short to have one. */
uint32_t wire_kind(const void *message, size_t length);

enum { WIRE_OPTIONS_MAX = 512, WIRE_SEGMENTS_MAX = 512, WIRE_GLOBALS_MAX = 64 };

/* An option of one plugin, from the configuration. */
struct wire_option {
    const char *plugin;
    const char *name;
    const char *value;
};

struct wire_start {
    const char *folder;      /* of the plugins */
    const char *spool;       /* folder for temporary files */
    uint64_t response_limit; /* bytes of a generated body; more is -EFBIG for the handler */
    uint64_t send_turn; /* bytes that a worker itself sends of one answer before it leaves the rest to the master */
    uint32_t log_level;
    uint32_t development; /* clients are told why a handler's answer cannot be sent */
    uint32_t option_count;
    struct wire_option options[WIRE_OPTIONS_MAX];
    const char *user; /* "": as it is; else the worker becomes that user first */
    uint32_t uid;     /* of that user */
    uint32_t gid;
    uint64_t memory_limit; /* these four by setrlimit(2), 0: as it is. Bytes */
    uint32_t cpu_limit;    /* seconds */
    uint32_t files_limit;
    uint32_t processes_limit;
    uint32_t sandbox;  /* 1: it enters the sandbox before it loads a plugin */
    const char *needs; /* what its plugins need: base/needs.h */
    const char *bound; /* and what they must not go beyond, wherever the paths of these lead */
    uint32_t first;    /* it is the first worker of its pool, which tells what all will find */
    uint32_t global_count;
    const char *globals[WIRE_GLOBALS_MAX]; /* names of the plugins that are loaded RTLD_GLOBAL */
};

struct wire_post {
    uint32_t slot;
    uint64_t sequence;
};

struct wire_plugin {
    const char *file; /* "hello.so" */
    const char *name;
    const char *reason;  /* why it is not served, then the rest may be missing; NULL: it is, and the rest is valid */
    const char *version; /* may be NULL */
    const char *route;   /* "/hello"; "/" for everything */
    struct http_methods methods;
    uint32_t timeout_ms; /* these three: 0 where the manifest is silent */
    uint32_t concurrency;
    uint64_t body_limit;
};

/* A part of a descriptor that came with the message. */
struct wire_segment {
    uint32_t fd; /* index among the message's descriptors */
    uint64_t offset;
    uint64_t length;
};

struct wire_tail {
    uint32_t slot;
    uint64_t sequence;
    uint32_t count;
    struct wire_segment segments[WIRE_SEGMENTS_MAX];
};

/* Each packs into `out` (CHANNEL_MESSAGE_MAX bytes): the length, or -EMSGSIZE. */
long wire_start_pack(const struct wire_start *start, unsigned char *out);
long wire_post_pack(const struct wire_post *post, unsigned char *out);
long wire_loading_pack(const char *file, unsigned char *out);
long wire_plugin_pack(const struct wire_plugin *plugin, unsigned char *out);
long wire_ready_pack(unsigned char *out);
long wire_denials_pack(unsigned char *out);
long wire_tail_pack(const struct wire_tail *tail, unsigned char *out);

/* Each unpacks a message of its kind: 0, or -EPROTO. */
int wire_start_unpack(struct wire_start *start, const void *message, size_t length);
int wire_post_unpack(struct wire_post *post, const void *message, size_t length);
int wire_loading_unpack(const char **file, const void *message, size_t length);
int wire_plugin_unpack(struct wire_plugin *plugin, const void *message, size_t length);
int wire_ready_unpack(const void *message, size_t length);
int wire_denials_unpack(const void *message, size_t length);
int wire_tail_unpack(struct wire_tail *tail, const void *message, size_t length);

#endif
