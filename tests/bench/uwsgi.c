/*
 * hello, echo and slow for uWSGI's symcall plugin, which calls a C function for each request: the shortest way from
 * uWSGI to a handler. The functions are those of uwsgi.h (`uwsgi-core --dot-h`), declared here as far as they are used.
 */
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "spend.h"

struct wsgi_request;
int uwsgi_response_prepare_headers(struct wsgi_request *, char *, uint16_t);
int uwsgi_response_add_header(struct wsgi_request *, char *, uint16_t, char *, uint16_t);
int uwsgi_response_add_content_length(struct wsgi_request *, uint64_t);
int uwsgi_response_write_body_do(struct wsgi_request *, char *, size_t);
char *uwsgi_request_body_read(struct wsgi_request *, ssize_t, ssize_t *);
int uwsgi_parse_vars(struct wsgi_request *);
char *uwsgi_get_var(struct wsgi_request *, char *, uint16_t, uint16_t *);

int bench_answer(struct wsgi_request *);

static int answer(struct wsgi_request *request, char *type, char *body, size_t length) {
    uwsgi_response_prepare_headers(request, (char[]){"200 OK"}, 6);
    uwsgi_response_add_header(request, (char[]){"Content-Type"}, 12, type, (uint16_t)strlen(type));
    uwsgi_response_add_header(request, (char[]){"Connection"}, 10, (char[]){"close"}, 5);
    uwsgi_response_add_content_length(request, length);
    uwsgi_response_write_body_do(request, body, length);
    return 0;
}

/* A variable of the request as a string of its own, cut where it is longer. */
static const char *variable(struct wsgi_request *request, char *name, char (*copy)[64]) {
    uint16_t length = 0;
    const char *value = uwsgi_get_var(request, name, (uint16_t)strlen(name), &length);
    size_t kept = value ? length < sizeof(*copy) ? length : sizeof(*copy) - 1 : 0;
    memcpy(*copy, value ? value : "", kept);
    (*copy)[kept] = '\0';
    return *copy;
}

static int answer_echo(struct wsgi_request *request) {
    static char body[1048576];
    char copy[64];
    size_t length = 0, whole = strtoul(variable(request, (char[]){"CONTENT_LENGTH"}, &copy), NULL, 10);
    ssize_t n = 0;
    while (length < whole && whole <= sizeof(body)) {
        const char *part = uwsgi_request_body_read(request, (ssize_t)(whole - length), &n);
        if (!part || n <= 0) {
            return -1;
        }
        memcpy(body + length, part, (size_t)n);
        length += (size_t)n;
    }
    return answer(request, (char[]){"application/octet-stream"}, body, length);
}

int bench_answer(struct wsgi_request *request) {
    char copy[64];
    if (uwsgi_parse_vars(request)) {
        return -1;
    }
    const char *path = variable(request, (char[]){"PATH_INFO"}, &copy);
    if (strcmp(path, "/echo") == 0) {
        return answer_echo(request);
    }
    if (strcmp(path, "/slow") == 0) {
        spend_query(variable(request, (char[]){"QUERY_STRING"}, &copy));
        return answer(request, (char[]){"text/plain"}, (char[]){"slow\n"}, 5);
    }
    return answer(request, (char[]){"text/plain"}, (char[]){"Hello, world!\n"}, 14);
}
