/* A request as it lies in a mailbox slot. */
#include "wire/request.h"

#include <errno.h>
#include <string.h>

#include "http/head.h"
#include "http/method.h"
#include "http/reqid.h"
#include "wire/pack.h"

long wire_request_pack(const struct wire_request *r, unsigned char *to, size_t capacity) {
    struct packer p = {.data = to, .capacity = capacity};
    pack_u32(&p, r->plugin);
    pack_text(&p, r->name);
    pack_u32(&p, r->minor);
    pack_u32(&p, r->compress);
    pack_u32(&p, r->keep);
    pack_u64(&p, r->connection);
    pack_u64(&p, r->id);
    pack_text(&p, r->request_id);
    pack_text(&p, r->target);
    pack_text(&p, r->path);
    pack_u32(&p, r->route_length);
    pack_text(&p, r->query);
    pack_text(&p, r->from);
    pack_u32(&p, r->from_status);
    pack_text(&p, r->host);
    pack_text(&p, r->remote_addr);
    pack_u32(&p, r->remote_port);
    pack_text(&p, r->server_addr);
    pack_u32(&p, r->server_port);
    pack_u32(&p, r->body_kind);
    pack_u64(&p, r->body_length);
    if (r->body_kind == WIRE_BODY_INLINE) {
        pack_bytes(&p, r->body, r->body_length);
    }
    pack_u32(&p, r->field_count);
    for (uint32_t i = 0; i < r->field_count; i++) {
        pack_text(&p, r->fields[i].name);
        pack_text(&p, r->fields[i].value);
    }
    return p.failed ? -EMSGSIZE : (long)p.length;
}

static void unpack_body(struct wire_request *r, struct unpacker *u) {
    r->body_kind = unpack_u32(u);
    r->body_length = unpack_u64(u);
    r->body = NULL;
    if (r->body_kind == WIRE_BODY_INLINE) {
        size_t length;
        r->body = unpack_bytes(u, &length);
        u->failed |= !r->body || length != r->body_length;
    } else {
        u->failed |= r->body_kind > WIRE_BODY_FD;
    }
}

int wire_request_unpack(struct wire_request *r, const unsigned char *from, size_t length) {
    struct unpacker u = {.data = from, .length = length};
    r->plugin = unpack_u32(&u);
    r->name = unpack_text(&u);
    r->minor = unpack_u32(&u);
    r->compress = unpack_u32(&u);
    r->keep = unpack_u32(&u);
    r->connection = unpack_u64(&u);
    r->id = unpack_u64(&u);
    r->request_id = unpack_text(&u);
    r->target = unpack_text(&u);
    r->path = unpack_text(&u);
    r->route_length = unpack_u32(&u);
    r->query = unpack_text(&u);
    r->from = unpack_text(&u);
    r->from_status = unpack_u32(&u);
    r->host = unpack_text(&u);
    r->remote_addr = unpack_text(&u);
    r->remote_port = unpack_u32(&u);
    r->server_addr = unpack_text(&u);
    r->server_port = unpack_u32(&u);
    unpack_body(r, &u);
    r->field_count = unpack_u32(&u);
    if (u.failed || !r->name || !http_token_valid(r->name, strlen(r->name)) || !r->request_id ||
        strlen(r->request_id) > HTTP_REQID_MAX || !r->target || !r->path || !r->query || !r->from || !r->host ||
        !r->remote_addr || !r->server_addr || r->route_length > strlen(r->path) || r->field_count > r->field_capacity) {
        return -EPROTO;
    }
    r->method = http_method_find(r->name, strlen(r->name));
    for (uint32_t i = 0; i < r->field_count; i++) {
        r->fields[i].name = unpack_text(&u);
        r->fields[i].value = unpack_text(&u);
        if (!r->fields[i].name || !r->fields[i].value) {
            return -EPROTO;
        }
    }
    return unpack_end(&u) ? 0 : -EPROTO;
}
