/* /big?bytes=N: a generated answer of N bytes of the pattern. */
#include <socgi/plugin.h>

#include <stdlib.h>

#include "pattern.h"

static int big(const struct socgi_request *req, struct socgi_response *res) {
    uint64_t bytes = strtoull(socgi_query(req, "bytes", "1"), NULL, 10);
    unsigned char part[8192];
    (void)socgi_set_type(res, "application/octet-stream");
    for (uint64_t done = 0; done < bytes;) {
        size_t length = bytes - done < sizeof(part) ? (size_t)(bytes - done) : sizeof(part);
        pattern_fill(part, done, length);
        int result = socgi_write(res, part, length);
        if (result < 0) {
            return result;
        }
        done += length;
    }
    return 200;
}
SOCGI_PLUGIN(.handle = big)
