/* Answers as its query says, and how often it has run here: control, targeted, expires, etag, vary, cookie, status,
 * bytes, forget are fields and the like of the answer. X-Do in the request (crash, fail, sleep) is none of a cache's
 * key. */
#include <socgi/plugin.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const fields[][2] = {{"control", "Cache-Control"},
                                        {"targeted", "CDN-Cache-Control"},
                                        {"expires", "Expires"},
                                        {"etag", "ETag"},
                                        {"vary", "Vary"},
                                        {"cookie", "Set-Cookie"},
                                        {"location", "Location"}};

static void fields_set(const struct socgi_request *req, struct socgi_response *res) {
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const char *value = socgi_query(req, fields[i][0], NULL);
        if (value) {
            socgi_set_header(res, fields[i][1], value);
        }
    }
}

static int origin(const struct socgi_request *req, struct socgi_response *res) {
    static unsigned long runs;
    const char *what = socgi_header(req, "X-Do");
    const char *known = socgi_header(req, "If-None-Match");
    const char *etag = socgi_query(req, "etag", NULL);
    long bytes = strtol(socgi_query(req, "bytes", "0"), NULL, 10);
    const char *forget = socgi_query(req, "forget", NULL);
    runs++;
    if (forget && socgi_forget(req, forget)) {
        return 400;
    }
    if (what && strcmp(what, "crash") == 0) {
        kill(getpid(), SIGKILL);
    }
    if (what && strcmp(what, "sleep") == 0) {
        sleep(60);
    }
    fields_set(req, res);
    if (what && strcmp(what, "fail") == 0) {
        return 500;
    }
    if (etag && known && strcmp(etag, known) == 0) {
        return 304;
    }
    socgi_printf(res, "run %lu\n", runs);
    for (long i = 0; i < bytes; i++) {
        socgi_write(res, &"abcdefghijklmnopqrstuvwxyz"[i % 26], 1);
    }
    return (int)strtol(socgi_query(req, "status", "200"), NULL, 10);
}
SOCGI_PLUGIN(.handle = origin, .methods = "GET HEAD POST DELETE")
