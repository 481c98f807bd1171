/* /scribble: writes, by chance of ?seed=N, pieces of text of any length, files among them, and flushes between them if
 * ?flush=1. ?length=N: so many bytes and no chance. ?status=N&type=T&NAME=VALUE sets status, type and fields. */
#include <socgi/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t chance_state;

static unsigned chance(unsigned of) {
    chance_state = chance_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(chance_state >> 33) % of;
}

static const char *piece(const struct socgi_request *req, size_t length) {
    static const char words[] = "the quick brown fox jumps over the lazy dog ";
    char *text = socgi_alloc(req, length + 1);
    bool noise = chance(4) == 0;
    for (size_t i = 0; text && i < length; i++) {
        text[i] = noise ? (char)chance(256) : words[(i + chance(20) / 19) % (sizeof(words) - 1)];
    }
    return text;
}

static int file_send(const struct socgi_request *req, struct socgi_response *res) {
    size_t length = chance(60000);
    const char *text = piece(req, length);
    int fd = memfd_create("scribble", MFD_CLOEXEC);
    if (!text || fd < 0 || write(fd, text, length) != (ssize_t)length) {
        return -EIO;
    }
    size_t from = length ? chance((unsigned)length) : 0;
    return socgi_send_fd(res, fd, (off_t)from, length - from);
}

static void fields_set(const struct socgi_request *req, struct socgi_response *res) {
    static const char *const names[] = {"Cache-Control", "Set-Cookie", "Content-Encoding", "ETag",  "Vary",
                                        "Accept-Ranges", "Digest",     "Content-Length",   "X-None"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = socgi_query(req, names[i], NULL);
        if (value) {
            socgi_set_header(res, names[i], value);
        }
    }
    if (socgi_query(req, "type", NULL)) {
        socgi_set_type(res, socgi_query(req, "type", ""));
    }
}

static int scribble(const struct socgi_request *req, struct socgi_response *res) {
    bool flush = strcmp(socgi_query(req, "flush", "0"), "1") == 0;
    int status = (int)strtol(socgi_query(req, "status", "200"), NULL, 10);
    fields_set(req, res);
    if (socgi_query(req, "length", NULL)) {
        chance_state = 3;
        size_t length = strtoul(socgi_query(req, "length", "0"), NULL, 10);
        char *text = socgi_alloc(req, length + 1);
        memset(text, 'a', length);
        socgi_write(res, text, length);
        return flush ? socgi_flush(res, status) : status;
    }
    chance_state = strtoul(socgi_query(req, "seed", "1"), NULL, 10);
    for (unsigned n = chance(30); n > 0; n--) {
        size_t length = chance(3) ? chance(300) : chance(200000);
        int error = chance(6) ? socgi_write(res, piece(req, length), length) : file_send(req, res);
        if (!error && flush && chance(3) == 0) {
            error = socgi_flush(res, status);
        }
        if (error) {
            return error;
        }
    }
    return status;
}
SOCGI_PLUGIN(.handle = scribble)
