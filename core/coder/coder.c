/* Compression, by the libraries. Windows of 256 KiB at most, and levels that cost about as much time as making a page.
 */
#include "coder/coder.h"

#include <brotli/encode.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

enum {
    BLOCK = 16384,
    GZIP_LEVEL = 5,
    GZIP_WINDOW = 15 + 16, /* with gzip's head and tail */
    GZIP_MEMORY = 8,
    BROTLI_LEVEL = 4,
    ZSTD_LEVEL = 3,
    WINDOW_BITS = 18
};

struct stream {
    enum http_coding coding;
    union {
        z_stream gzip;
        BrotliEncoderState *brotli;
        ZSTD_CCtx *zstd;
    } of;
    unsigned char out[BLOCK];
};

/* What is left to be read, and where what is made goes. */
struct feeding {
    struct stream *stream;
    const unsigned char *data;
    size_t length;
    enum coder_step step;
    coder_take *take;
    void *to;
};

static bool brotli_open(struct stream *s) {
    s->of.brotli = BrotliEncoderCreateInstance(NULL, NULL, NULL);
    return s->of.brotli && BrotliEncoderSetParameter(s->of.brotli, BROTLI_PARAM_QUALITY, BROTLI_LEVEL) &&
           BrotliEncoderSetParameter(s->of.brotli, BROTLI_PARAM_LGWIN, WINDOW_BITS);
}

static bool zstd_open(struct stream *s) {
    s->of.zstd = ZSTD_createCCtx();
    return s->of.zstd && !ZSTD_isError(ZSTD_CCtx_setParameter(s->of.zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(s->of.zstd, ZSTD_c_windowLog, WINDOW_BITS));
}

static void stream_close(void *stream) {
    struct stream *s = stream;
    switch (s->coding) {
    case HTTP_GZIP:
        (void)deflateEnd(&s->of.gzip);
        break;
    case HTTP_BR:
        if (s->of.brotli) {
            BrotliEncoderDestroyInstance(s->of.brotli);
        }
        break;
    case HTTP_ZSTD:
        (void)ZSTD_freeCCtx(s->of.zstd);
        break;
    default:
        break;
    }
    free(s);
}

static void *stream_open(enum http_coding coding) {
    struct stream *s = calloc(1, sizeof(*s));
    bool open = false;
    if (!s) {
        return NULL;
    }
    s->coding = coding;
    if (coding == HTTP_GZIP) {
        open = deflateInit2(&s->of.gzip, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY) == Z_OK;
    } else if (coding == HTTP_BR) {
        open = brotli_open(s);
    } else if (coding == HTTP_ZSTD) {
        open = zstd_open(s);
    }
    if (!open) {
        stream_close(s);
        return NULL;
    }
    return s;
}

/* Each makes at most a block of it: the bytes made, or -ENOMEM; *done: nothing more comes of this. */

static long gzip_step(struct feeding *f, bool *done) {
    static const int flush[] = {[CODER_MORE] = Z_NO_FLUSH, [CODER_FLUSH] = Z_SYNC_FLUSH, [CODER_END] = Z_FINISH};
    z_stream *z = &f->stream->of.gzip;
    size_t most = f->length < (1u << 30) ? f->length : 1u << 30;
    bool all = most == f->length;
    z->next_in = (z_const Bytef *)(uintptr_t)f->data; /* it only reads there */
    z->avail_in = (uInt)most;
    z->next_out = f->stream->out;
    z->avail_out = BLOCK;
    int result = deflate(z, all ? flush[f->step] : Z_NO_FLUSH);
    size_t used = most - z->avail_in;
    f->data += used;
    f->length -= used;
    *done = result == Z_STREAM_END || (f->length == 0 && f->step != CODER_END && z->avail_out > 0);
    return result == Z_STREAM_ERROR ? -ENOMEM : BLOCK - (long)z->avail_out;
}

static long brotli_step(struct feeding *f, bool *done) {
    static const BrotliEncoderOperation operation[] = {[CODER_MORE] = BROTLI_OPERATION_PROCESS,
                                                       [CODER_FLUSH] = BROTLI_OPERATION_FLUSH,
                                                       [CODER_END] = BROTLI_OPERATION_FINISH};
    BrotliEncoderState *b = f->stream->of.brotli;
    unsigned char *out = f->stream->out;
    size_t room = BLOCK;
    if (!BrotliEncoderCompressStream(b, operation[f->step], &f->length, &f->data, &room, &out, NULL)) {
        return -ENOMEM;
    }
    *done = f->length == 0 && !BrotliEncoderHasMoreOutput(b) && (f->step != CODER_END || BrotliEncoderIsFinished(b));
    return (long)(BLOCK - room);
}

static long zstd_step(struct feeding *f, bool *done) {
    static const ZSTD_EndDirective directive[] = {
        [CODER_MORE] = ZSTD_e_continue, [CODER_FLUSH] = ZSTD_e_flush, [CODER_END] = ZSTD_e_end};
    ZSTD_inBuffer in = {f->data, f->length, 0};
    ZSTD_outBuffer out = {f->stream->out, BLOCK, 0};
    size_t left = ZSTD_compressStream2(f->stream->of.zstd, &out, &in, directive[f->step]);
    if (ZSTD_isError(left)) {
        return -ENOMEM;
    }
    f->data += in.pos;
    f->length -= in.pos;
    *done = f->length == 0 && (f->step == CODER_MORE || left == 0);
    return (long)out.pos;
}

static int stream_feed(void *stream, const void *data, size_t length, enum coder_step step, coder_take *take,
                       void *to) {
    struct feeding f = {stream, data, length, step, take, to};
    bool done = length == 0 && step == CODER_MORE;
    int error = 0;
    while (!error && !done) {
        long made = f.stream->coding == HTTP_GZIP ? gzip_step(&f, &done)
                    : f.stream->coding == HTTP_BR ? brotli_step(&f, &done)
                                                  : zstd_step(&f, &done);
        error = made < 0 ? (int)made : made > 0 ? take(to, f.stream->out, (size_t)made) : 0;
    }
    return error;
}

const struct coder coder_libraries = {stream_open, stream_feed, stream_close};
