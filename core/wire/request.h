/*
 * A request as it lies in a mailbox slot. The master packs it from what it parsed; the worker unpacks it into pointers
 * to NUL-terminated text in the slot, valid while the slot is TAKEN.
 */
#ifndef WIRE_REQUEST_H
#define WIRE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wire_body {
    WIRE_BODY_NONE,
    WIRE_BODY_INLINE, /* in the slot */
    WIRE_BODY_FD      /* the second descriptor of the REQUEST message */
};

struct wire_field {
    const char *name;
    const char *value;
};

struct wire_request {
    uint32_t plugin;        /* index in the order of the PLUGIN messages */
    const char *name;       /* the method's */
    uint32_t method;        /* enum method; unpacking tells it by the name */
    uint32_t minor;         /* HTTP/1.minor */
    uint32_t compress;      /* 1: its answer may be compressed */
    uint32_t keep;          /* 1: the connection may be kept after it */
    uint64_t connection;    /* the master's number of the connection */
    uint64_t id;            /* the master's number of the request */
    const char *request_id; /* its id for people and logs */
    const char *target;
    const char *path;      /* decoded */
    uint32_t route_length; /* bytes of `path` that are the plugin's route */
    const char *query;
    const char *from;        /* the path from which it was forwarded; "": it was not */
    uint32_t from_status;    /* and with what status */
    const char *host;        /* with port; may be "" */
    const char *remote_addr; /* "" on a unix socket */
    uint32_t remote_port;
    const char *server_addr;
    uint32_t server_port;
    uint32_t body_kind; /* enum wire_body */
    const char *body;   /* inline, a NUL behind it */
    uint64_t body_length;
    uint32_t field_count;
    struct wire_field *fields; /* packing: the caller's. Unpacking: the caller's array of field_capacity */
    uint32_t field_capacity;   /* unpacking only */
};

/* Bytes of the packed request, or -EMSGSIZE. */
long wire_request_pack(const struct wire_request *request, unsigned char *to, size_t capacity);

/* 0, or -EPROTO. */
int wire_request_unpack(struct wire_request *request, const unsigned char *from, size_t length);

#endif
