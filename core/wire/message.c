/* The messages of the channel. */
#include "wire/message.h"

#include <errno.h>
#include <string.h>

uint32_t wire_kind(const void *message, size_t length) {
    struct unpacker u = {.data = message, .length = length};
    return unpack_u32(&u);
}

static struct packer packer_begin(unsigned char *out, enum wire_kind kind) {
    struct packer p = {.data = out, .capacity = CHANNEL_MESSAGE_MAX};
    pack_u32(&p, kind);
    return p;
}

static long packer_end(const struct packer *p) {
    return p->failed ? -EMSGSIZE : (long)p->length;
}

static struct unpacker unpacker_begin(const void *message, size_t length, enum wire_kind kind) {
    struct unpacker u = {.data = message, .length = length};
    if (unpack_u32(&u) != kind) {
        u.failed = true;
    }
    return u;
}

static int unpacker_end(const struct unpacker *u) {
    return unpack_end(u) ? 0 : -EPROTO;
}

long wire_start_pack(const struct wire_start *s, unsigned char *out) {
    struct packer p = packer_begin(out, WIRE_START);
    pack_text(&p, s->folder);
    pack_text(&p, s->spool);
    pack_u64(&p, s->response_limit);
    pack_u64(&p, s->send_turn);
    pack_u32(&p, s->log_level);
    pack_u32(&p, s->development);
    pack_u32(&p, s->option_count);
    for (uint32_t i = 0; i < s->option_count; i++) {
        pack_text(&p, s->options[i].plugin);
        pack_text(&p, s->options[i].name);
        pack_text(&p, s->options[i].value);
    }
    pack_text(&p, s->user);
    pack_u32(&p, s->uid);
    pack_u32(&p, s->gid);
    pack_u64(&p, s->memory_limit);
    pack_u32(&p, s->cpu_limit);
    pack_u32(&p, s->files_limit);
    pack_u32(&p, s->processes_limit);
    pack_u32(&p, s->sandbox);
    pack_text(&p, s->needs);
    pack_text(&p, s->bound);
    pack_u32(&p, s->first);
    pack_u32(&p, s->global_count);
    for (uint32_t i = 0; i < s->global_count; i++) {
        pack_text(&p, s->globals[i]);
    }
    return packer_end(&p);
}

int wire_start_unpack(struct wire_start *s, const void *message, size_t length) {
    struct unpacker u = unpacker_begin(message, length, WIRE_START);
    s->folder = unpack_text(&u);
    s->spool = unpack_text(&u);
    s->response_limit = unpack_u64(&u);
    s->send_turn = unpack_u64(&u);
    s->log_level = unpack_u32(&u);
    s->development = unpack_u32(&u);
    s->option_count = unpack_u32(&u);
    if (!s->folder || !s->spool || s->option_count > WIRE_OPTIONS_MAX) {
        return -EPROTO;
    }
    for (uint32_t i = 0; i < s->option_count; i++) {
        struct wire_option *option = &s->options[i];
        option->plugin = unpack_text(&u);
        option->name = unpack_text(&u);
        option->value = unpack_text(&u);
        u.failed |= !option->plugin || !option->name || !option->value;
    }
    s->user = unpack_text(&u);
    s->uid = unpack_u32(&u);
    s->gid = unpack_u32(&u);
    s->memory_limit = unpack_u64(&u);
    s->cpu_limit = unpack_u32(&u);
    s->files_limit = unpack_u32(&u);
    s->processes_limit = unpack_u32(&u);
    s->sandbox = unpack_u32(&u);
    s->needs = unpack_text(&u);
    s->bound = unpack_text(&u);
    s->first = unpack_u32(&u);
    s->global_count = unpack_u32(&u);
    if (s->global_count > WIRE_GLOBALS_MAX) {
        return -EPROTO;
    }
    for (uint32_t i = 0; i < s->global_count; i++) {
        s->globals[i] = unpack_text(&u);
        u.failed |= !s->globals[i];
    }
    return s->user && s->needs && s->bound ? unpacker_end(&u) : -EPROTO;
}

long wire_post_pack(const struct wire_post *post, unsigned char *out) {
    struct packer p = packer_begin(out, WIRE_REQUEST);
    pack_u32(&p, post->slot);
    pack_u64(&p, post->sequence);
    return packer_end(&p);
}

int wire_post_unpack(struct wire_post *post, const void *message, size_t length) {
    struct unpacker u = unpacker_begin(message, length, WIRE_REQUEST);
    post->slot = unpack_u32(&u);
    post->sequence = unpack_u64(&u);
    return unpacker_end(&u);
}

long wire_loading_pack(const char *file, unsigned char *out) {
    struct packer p = packer_begin(out, WIRE_LOADING);
    pack_text(&p, file);
    return packer_end(&p);
}

int wire_loading_unpack(const char **file, const void *message, size_t length) {
    struct unpacker u = unpacker_begin(message, length, WIRE_LOADING);
    *file = unpack_text(&u);
    return *file ? unpacker_end(&u) : -EPROTO;
}

long wire_plugin_pack(const struct wire_plugin *plugin, unsigned char *out) {
    struct packer p = packer_begin(out, WIRE_PLUGIN);
    pack_text(&p, plugin->file);
    pack_text(&p, plugin->name);
    pack_text(&p, plugin->reason);
    pack_text(&p, plugin->version);
    pack_text(&p, plugin->route);
    pack_u32(&p, plugin->methods.known);
    pack_text(&p, plugin->methods.others);
    pack_u32(&p, plugin->timeout_ms);
    pack_u32(&p, plugin->concurrency);
    pack_u64(&p, plugin->body_limit);
    return packer_end(&p);
}

int wire_plugin_unpack(struct wire_plugin *plugin, const void *message, size_t length) {
    struct unpacker u = unpacker_begin(message, length, WIRE_PLUGIN);
    plugin->file = unpack_text(&u);
    plugin->name = unpack_text(&u);
    plugin->reason = unpack_text(&u);
    plugin->version = unpack_text(&u);
    plugin->route = unpack_text(&u);
    plugin->methods = (struct http_methods){.known = unpack_u32(&u)};
    const char *others = unpack_text(&u);
    plugin->timeout_ms = unpack_u32(&u);
    plugin->concurrency = unpack_u32(&u);
    plugin->body_limit = unpack_u64(&u);
    if (!others || strlen(others) >= sizeof(plugin->methods.others)) {
        return -EPROTO;
    }
    memcpy(plugin->methods.others, others, strlen(others) + 1);
    if (!plugin->file || (!plugin->reason && (!plugin->name || !plugin->route || plugin->route[0] != '/'))) {
        return -EPROTO;
    }
    return unpacker_end(&u);
}

long wire_ready_pack(unsigned char *out) {
    struct packer p = packer_begin(out, WIRE_READY);
    return packer_end(&p);
}

int wire_ready_unpack(const void *message, size_t length) {
    struct unpacker u = unpacker_begin(message, length, WIRE_READY);
    return unpacker_end(&u);
}

long wire_denials_pack(unsigned char *out) {
    struct packer p = packer_begin(out, WIRE_DENIALS);
    return packer_end(&p);
}

int wire_denials_unpack(const void *message, size_t length) {
    struct unpacker u = unpacker_begin(message, length, WIRE_DENIALS);
    return unpacker_end(&u);
}

long wire_tail_pack(const struct wire_tail *tail, unsigned char *out) {
    struct packer p = packer_begin(out, WIRE_TAIL);
    pack_u32(&p, tail->slot);
    pack_u64(&p, tail->sequence);
    pack_u32(&p, tail->count);
    for (uint32_t i = 0; i < tail->count; i++) {
        pack_u32(&p, tail->segments[i].fd);
        pack_u64(&p, tail->segments[i].offset);
        pack_u64(&p, tail->segments[i].length);
    }
    return packer_end(&p);
}

int wire_tail_unpack(struct wire_tail *tail, const void *message, size_t length) {
    struct unpacker u = unpacker_begin(message, length, WIRE_TAIL);
    tail->slot = unpack_u32(&u);
    tail->sequence = unpack_u64(&u);
    tail->count = unpack_u32(&u);
    if (tail->count > WIRE_SEGMENTS_MAX) {
        return -EPROTO;
    }
    for (uint32_t i = 0; i < tail->count; i++) {
        tail->segments[i].fd = unpack_u32(&u);
        tail->segments[i].offset = unpack_u64(&u);
        tail->segments[i].length = unpack_u64(&u);
    }
    return unpacker_end(&u);
}
