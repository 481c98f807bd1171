/* Messages between master and worker: any bytes are taken or refused, never followed out of bounds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire/message.h"
#include "wire/request.h"

enum { FIELDS = 16 };

static void text_read(const char *text) {
    fuzz_assert(!text || strlen(text) < 1u << 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static struct wire_start start;
    struct wire_plugin plugin;
    struct wire_tail tail;
    struct wire_post post;
    const char *file;
    struct wire_field fields[FIELDS];
    struct wire_request request = {.fields = fields, .field_capacity = FIELDS};
    (void)wire_kind(bytes, length);
    if (wire_plugin_unpack(&plugin, bytes, length) == 0) {
        text_read(plugin.file);
        text_read(plugin.name);
        text_read(plugin.route);
    }
    if (wire_loading_unpack(&file, bytes, length) == 0) {
        text_read(file);
    }
    if (wire_tail_unpack(&tail, bytes, length) == 0) {
        fuzz_assert(tail.count <= WIRE_SEGMENTS_MAX);
    }
    (void)wire_post_unpack(&post, bytes, length);
    (void)wire_ready_unpack(bytes, length);
    (void)wire_start_unpack(&start, bytes, length);
    if (wire_request_unpack(&request, bytes, length) == 0) {
        fuzz_assert(request.field_count <= FIELDS && request.route_length <= strlen(request.path));
        for (uint32_t i = 0; i < request.field_count; i++) {
            text_read(fields[i].name);
            text_read(fields[i].value);
        }
    }
    return 0;
}
