/*
 * trouble: does what no plugin should, so that everyone can see what the server makes of it. A worker runs it, for the
 * last time.
 *
 *     GET  /trouble           a page with a button for each kind
 *     POST /trouble/crash     writes where no memory is: 502
 *     POST /trouble/abort     calls abort: 502
 *     POST /trouble/half      crashes when half of the answer is out: the connection ends before the answer does
 *     POST /trouble/hang      waits for what never comes, past its time limit of two seconds: 504
 *     POST /trouble/spin      computes for ever: the same
 *
 * GET does the same, for a browser's address line or curl. The page uses POST, since browsers and crawlers fetch links
 * ahead. Who crashes it again and again gets it into quarantine (crash_limit): 503 here, and nowhere else.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <socgi/plugin.h>

#include "ask.h"
#include "page.h"

/* Sanitizers would make reports of their own from it. */
__attribute__((noinline, no_sanitize("address,undefined"))) static int crash(struct socgi_response *res) {
    (void)res;
    volatile uintptr_t nowhere = 64; /* volatile: the compiler must not know better */
    *(volatile int *)nowhere = 1;
    return 200;
}

static int fail(struct socgi_response *res) {
    (void)res;
    abort();
}

static int half(struct socgi_response *res) {
    socgi_printf(res, "This is the first half of an answer, and the");
    int error = socgi_flush(res, 200);
    return error ? error : crash(res);
}

static int hang(struct socgi_response *res) {
    (void)res;
    for (volatile int forever = 1; forever;) {
        pause();
    }
    return 200;
}

static int spin(struct socgi_response *res) {
    (void)res;
    for (volatile int forever = 1; forever;) {
    }
    return 200;
}

static const struct {
    const char *path;
    int (*make)(struct socgi_response *res);
    const char *text;
} troubles[] = {
    {"/crash", crash, "Crash: write where no memory is. You get 502, and a number that finds the trace in the log."},
    {"/abort", fail, "Abort: as an assertion that does not hold. You get 502."},
    {"/half", half, "Crash halfway: part of the answer is out. Your download fails, as it should."},
    {"/hang", hang, "Hang: wait for what never comes. You get 504 after two seconds."},
    {"/spin", spin, "Spin: compute for ever. You get 504 after two seconds."},
};

static int page(const struct socgi_request *req, struct socgi_response *res) {
    page_begin(res, "Trouble");
    socgi_printf(res, "<p>Each button makes this plugin fail in its own way. Watch the other plugins meanwhile: they "
                      "go on answering, because each worker is a process and the server replaces the one that is "
                      "lost.</p>\n");
    for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++) {
        socgi_printf(res, "<form method=\"post\" action=\"");
        socgi_write_html(res, socgi_route(req));
        socgi_printf(res, "%s\"><button>%s</button></form>\n", troubles[i].path, troubles[i].text);
    }
    return page_end(res, 200);
}

static int trouble(const struct socgi_request *req, struct socgi_response *res) {
    const char *below = socgi_path_info(req);
    socgi_set_header(res, "Cache-Control", "no-store");
    if (below[0] == '\0' || strcmp(below, "/") == 0) {
        return page(req, res);
    }
    if (ask_foreign(req)) {
        return socgi_problem(req, res, 403, "The page of another site cannot make trouble here.");
    }
    for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++) {
        if (strcmp(below, troubles[i].path) == 0) {
            socgi_log(SOCGI_LOG_NOTICE, "trouble is asked for: %s", below + 1);
            return troubles[i].make(res);
        }
    }
    return socgi_problem(req, res, 404, "There is no such trouble.");
}

SOCGI_PLUGIN(.handle = trouble, .version = "1.0", .methods = "GET POST", .timeout_ms = 2000, .concurrency = 2)
