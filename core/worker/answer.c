/* From what a handler did to an answer of HTTP. */
#include "worker/answer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/method.h"
#include "http/status.h"
#include "wire/forget_field.h"
#include "worker/context.h"
#include "worker/denied.h"
#include "worker/encode.h"
#include "worker/origin.h"
#include "worker/request.h"

#define DEFAULT_TYPE "text/plain; charset=utf-8"

static bool status_valid(int status) {
    return status >= 200 && status <= 599;
}

/* Logs once, with what is needed to find the request again. */
__attribute__((format(printf, 3, 4))) static void complain(enum log_level level, struct socgi_response *res,
                                                           const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    const struct socgi_request *req = res->req;
    res->complaint = socgi_format(req, "%s", text);
    log_line(level, "plugin %s: request %" PRIu64 ", %s %s: %s", req->context->manifest.name, req->wire.id,
             socgi_method(req), req->wire.path, text);
}

static const char *error_name(int error) {
    const char *name = strerrorname_np(-error);
    return name ? name : "unknown error";
}

static bool is_head(const struct socgi_response *res) {
    return res->req->wire.method == METHOD_HEAD;
}

/* Whether bytes of the body go over the connection. 205 promises a client that there is nothing (RFC 9110 15.3.6). */
static bool carries_body(const struct socgi_response *res) {
    return !is_head(res) && !http_status_bodyless(res->status) && res->status != 205;
}

/* The framing when the whole body is known. An answer to HEAD, or a 304, gives the length that GET would have had, if
 * the handler let it be known; an empty body of those says nothing of it. */
static void choose_known(const struct socgi_response *res, struct http_head *head) {
    head->framing = HTTP_BODY_LENGTH;
    head->length = res->promised ? res->promise : res->body_length;
    if (res->encoded) {
        head->length = res->body_length;
        head->framing = is_head(res) ? HTTP_BODY_NONE : HTTP_BODY_LENGTH; /* nobody has made those bytes */
        return;
    }
    bool unknown = (is_head(res) || res->status == 304) && !res->promised && res->body_length == 0;
    if (res->status == 205) {
        head->length = 0;
    } else if (res->status == 204 || unknown) {
        head->framing = HTTP_BODY_NONE;
    }
}

/* The framing when more may follow a flush. */
static void choose_unknown(const struct socgi_response *res, struct http_head *head) {
    if ((res->promised && !res->encoded) || res->status == 205) {
        choose_known(res, head);
    } else if (http_status_bodyless(res->status)) {
        head->framing = HTTP_BODY_NONE;
    } else if (res->req->wire.minor >= 1) {
        head->framing = HTTP_BODY_CHUNKED;
    } else {
        head->framing = is_head(res) ? HTTP_BODY_NONE : HTTP_BODY_CLOSE;
    }
}

static int head_write(struct socgi_response *res, const struct http_head *head) {
    bool typed = response_field(res, "Content-Type") || res->status == 204 || res->status == 304;
    bool has_body = res->body_length > 0 || head->framing == HTTP_BODY_CHUNKED || head->framing == HTTP_BODY_CLOSE;
    int error = http_head_begin(&res->frame, head);
    if (!error && has_body && !typed) {
        error = http_head_field(&res->frame, "Content-Type", DEFAULT_TYPE);
    }
    for (size_t i = 0; !error && i < res->field_count; i++) {
        error = http_head_field(&res->frame, res->fields[i].name, res->fields[i].value);
    }
    const struct request_forget *forget = res->held ? res->req->cache->forgets : NULL;
    for (; !error && forget; forget = forget->next) {
        error = http_head_field(&res->frame, forget_field, forget->path); /* the server takes it out */
    }
    return error ? error : http_head_end(&res->frame);
}

/* Makes the head; `last`: nothing follows what has been written. 0, or -ENOMEM. */
static int answer_begin(struct socgi_response *res, int status, bool last) {
    res->status = status;
    int error = encode_begin(res, last);
    error = error || !last ? error : encode_body(res, true);
    if (error) {
        return error;
    }
    struct http_head head = {.status = status,
                             .minor = (int)res->req->wire.minor,
                             .close = !res->req->wire.keep,
                             .now = clock_seconds(),
                             .request_id = res->req->wire.request_id};
    if (last) {
        choose_known(res, &head);
    } else {
        choose_unknown(res, &head);
    }
    head.close |= head.framing == HTTP_BODY_CLOSE;
    res->begun = true;
    res->framing = head.framing;
    res->close = head.close;
    error = head_write(res, &head);
    res->head_length = res->frame.length;
    return error ? error : response_frame(res, 0, res->frame.length);
}

static int frame_append(struct socgi_response *res, const char *text) {
    uint64_t at = res->frame.length;
    int error = buffer_string(&res->frame, text);
    return error ? error : response_frame(res, at, res->frame.length - at);
}

/* Frames the body written since the last time. 0, or -ENOMEM. */
static int body_frame(struct socgi_response *res, bool last) {
    bool chunked = res->framing == HTTP_BODY_CHUNKED;
    uint64_t written = res->body_length;
    if (!carries_body(res)) {
        response_drop_body(res);
        return 0;
    }
    int error = encode_body(res, last);
    uint64_t length = res->body_length;
    if (!error && chunked && length > 0) {
        char size[24];
        snprintf(size, sizeof(size), "%" PRIx64 "\r\n", length);
        error = frame_append(res, size);
    }
    res->framed = res->part_count;
    res->body_framed += written;
    res->body_length = 0;
    if (!error && chunked && length > 0) {
        error = frame_append(res, "\r\n");
    }
    if (!error && chunked && last) {
        error = frame_append(res, "0\r\n\r\n");
    }
    return error;
}

/* Whether the body so far, or with `last` the whole, is another than Content-Length has promised. */
static bool promise_broken(struct socgi_response *res, bool last) {
    uint64_t length = res->body_framed + res->body_length;
    bool silent = length == 0 && (is_head(res) || res->status == 304);
    if (!res->promised || silent || res->status == 204 || res->status == 205) {
        return false;
    }
    if (length > res->promise || (last && length < res->promise)) {
        complain(LOG_WARNING, res, "Content-Length is %" PRIu64 ", but the body has %s%" PRIu64 " bytes", res->promise,
                 last ? "" : "already ", length);
        return true;
    }
    return false;
}

/* Why the handler's answer cannot be sent, logged; false if it can. */
static bool answer_failed(struct socgi_response *res, int returned) {
    if (returned < 0) {
        char denied[DENIED_TEXT];
        complain(LOG_ERROR, res, "the handler returned %d (%s)%s", returned, error_name(returned),
                 denied_text(returned, res->req->context->needs, denied));
        return true;
    }
    if (!res->begun && !status_valid(returned)) {
        complain(LOG_ERROR, res, "the handler returned %d, which is neither a status (200 to 599) nor a negative errno",
                 returned);
        return true;
    }
    if (res->error) {
        complain(LOG_ERROR, res, "the body could not be written: %s", error_name(res->error));
        return true;
    }
    return promise_broken(res, true);
}

static void answer_500(struct socgi_response *res) {
    response_reset(res);
    bool told = res->req->development && res->complaint;
    socgi_problem(res->req, res, 500, "%s", told ? res->complaint : "The server could not answer this request.");
    if (res->error) {
        response_reset(res);
    }
}

/* It counts, but nothing is sent: the whole answer is, in the end, with its length. */
static int flush_hold(struct socgi_response *res, int status) {
    if (res->flushed == 0) {
        res->flushed = status;
    }
    return 0;
}

int answer_flush(struct socgi_response *res, int status) {
    if (origin_lost()) {
        origin_end(res->req->context->manifest.name);
    }
    if (res->gone) {
        return -EPIPE;
    }
    if (!res->begun && !status_valid(status)) {
        return -EINVAL;
    }
    if (res->error) {
        return res->error;
    }
    if (res->forward) {
        return 0; /* nothing of this answer is sent */
    }
    if (res->held) {
        return flush_hold(res, status);
    }
    if (promise_broken(res, false)) {
        res->error = -EINVAL; /* before the head is sent this can still become a 500 */
        res->broken = res->begun;
        return -EINVAL;
    }
    int error = res->begun ? 0 : answer_begin(res, status, false);
    error = error ? error : body_frame(res, false);
    if (error) {
        res->broken = true;
        res->error = error;
        return error;
    }
    return res->send(res->sink, res);
}

void answer_finish(struct socgi_response *res, int returned) {
    returned = res->flushed && returned >= 0 ? res->flushed : returned;
    if (!res->gone && !res->broken && answer_failed(res, returned)) {
        if (res->begun) {
            res->broken = true;
        } else {
            answer_500(res);
            returned = 500;
        }
    }
    if (res->broken || res->gone) {
        response_drop_body(res);
        return;
    }
    int error = res->begun ? 0 : answer_begin(res, returned, true);
    error = error ? error : body_frame(res, true);
    if (error) {
        complain(LOG_ERROR, res, "the head could not be made: %s", error_name(error));
        res->broken = true;
    }
}
