/*
 * socgi/testing.h: run a handler in this process, without a server and without a socket.
 *
 *     struct socgi_test *t = socgi_test_new(&socgi_plugin);
 *     socgi_test_header(t, "Accept", "application/json");
 *     assert_int_equal(socgi_test_run(t, "GET", "/hello?name=you", NULL, 0), 200);
 *     assert_string_equal(socgi_test_body(t, NULL), "Hello, you!\n");
 *     socgi_test_free(t);
 *
 * Link socgi-testing, which holds the same implementation of the SDK as the server. Options, headers and the plugin's
 * state are kept between runs of one test; the answer is that of the last run. Everything returned lives until the
 * next run or socgi_test_free.
 */
#ifndef SOCGI_TESTING_H
#define SOCGI_TESTING_H

#include <socgi/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

struct socgi_test;

/* A bench for one plugin, which is named "test" where it gives no name itself. NULL: no memory, or the
 * plugin's magic, ABI or fields are not valid (the reason is printed on stderr). */
struct socgi_test *socgi_test_new(const struct socgi_plugin *plugin);

/* Calls fini if init was called, and frees everything. NULL is allowed. */
void socgi_test_free(struct socgi_test *test);

/* Sets an option as the configuration would; before the first run. -ENOENT: the plugin declares no such option. */
int socgi_test_option(struct socgi_test *test, const char *name, const char *value);

/* Sets a request header field for the runs to come; NULL as value removes it. Without a valid X-Request-Id, the
 * request's id is "test". */
int socgi_test_header(struct socgi_test *test, const char *name, const char *value);

/* The path of a temporary folder of this test, empty when it is made, which is at the first call. It is removed with
 * what is in it by socgi_test_free. NULL: it could not be made. */
const char *socgi_test_folder(struct socgi_test *test);

/* Writes a file of that folder, in the place of one that is there; `name` may lead through folders, "a/b.txt", which
 * are made. 0; -EINVAL: the name does not lead to below the folder; or another negative errno. */
int socgi_test_file(struct socgi_test *test, const char *name, const void *data, size_t length);

/* Calls init (first time) and the handler with that request. `target` is as in a request line and is parsed as the
 * server would. A body longer than 64 KiB arrives by descriptor, as in the server. Returns the status that a client
 * would see (500 for a negative errno of the handler), or a negative errno: the request is one that the server would
 * refuse itself (-EINVAL), or init failed. */
int socgi_test_run(struct socgi_test *test, const char *method, const char *target, const void *body, size_t length);

/* What the handler returned in the last run. */
int socgi_test_returned(const struct socgi_test *test);

/* The path that the handler gave to socgi_forward in the last run; NULL: none. Nobody answers there in a test: the
 * answer is an empty one. */
const char *socgi_test_forward(const struct socgi_test *test);

/* A response header field of the last run, or NULL; several of one name are joined by ", ". */
const char *socgi_test_response_header(const struct socgi_test *test, const char *name);

/* The response body of the last run, a NUL behind it; file parts are read in. "" for none. `length` may be NULL. */
const char *socgi_test_body(const struct socgi_test *test, size_t *length);

#ifdef __cplusplus
}
#endif
#endif
