/* What is kept of answers, for the table. */
#include <inttypes.h>

#include "base/buffer.h"
#include "cache/cache.h"
#include "inside/inside.h"
#include "inside/status.h"

int status_cache_text(const struct inside *in, struct buffer *out) {
    const struct shelf *s = &in->cache->shelf;
    if (s->limit == 0) {
        return 0;
    }
    return buffer_format(out, "cache: %" PRIu64 " answers, %.1f MB of %.1f, %" PRIu64 " had to go\n", s->entries,
                         (double)s->bytes / (1 << 20), (double)s->limit / (1 << 20), s->evictions);
}
