/* Compression of what plugins write: what is decoded is what was written; what is left alone; what the head says. */
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "fetch.h"
#include "server.h"
#include "text.h"

#define ON "plugin \"scribble\" { compress = on }\nplugin \"file\" { compress = on }\n"

/* By libcurl's own decoders, for random writes, files and flushes. */
static void what_is_decoded_is_what_was_written(void **state) {
    enum { SEEDS = 30 };
    static const char *const codings[] = {NULL, "gzip", "br", "zstd"};
    struct server *server = server_start(state, &(struct server_setup){.plugins = "scribble", .config = ON});
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        struct fetch fetches[4];
        char path[64];
        (void)snprintf(path, sizeof(path), "/scribble?seed=%u&flush=%u", seed / 2 + 1, seed % 2);
        for (size_t i = 0; i < 4; i++) {
            fetches[i] = (struct fetch){.path = path, .encoding = codings[i]};
            fetch_one(server, &fetches[i]);
            assert_int_equal(fetches[i].result, CURLE_OK);
            assert_int_equal(fetches[i].status, 200);
            assert_int_equal(fetches[i].length, fetches[0].length);
            assert_memory_equal(fetches[i].body, fetches[0].body, fetches[0].length);
        }
        fetch_free(fetches, 4);
    }
    server_end(server);
}

/* Ends the transfer once the third part has come. */
static size_t third_await(char *data, size_t size, size_t count, void *user) {
    char *seen = user;
    size_t length = strlen(seen), most = size * count < 200 - length ? size * count : 200 - length;
    memcpy(seen + length, data, most);
    seen[length + most] = '\0';
    return strstr(seen, "part 2\n") ? 0 : size * count;
}

/* What is flushed can be decoded at once: the handler goes on until its client has left, which leaves when it has it.
 */
static void flushes_reach_the_client(void **state) {
    static const char *const codings[] = {"gzip", "br", "zstd"};
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "flush", .config = "plugin \"flush\" { compress = on }\n"});
    for (size_t i = 0; i < 3; i++) {
        char url[128], seen[256] = "";
        CURL *handle = curl_easy_init();
        assert_non_null(handle);
        (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/flush?parts=3&until_gone=1", server->port);
        curl_easy_setopt(handle, CURLOPT_URL, url);
        curl_easy_setopt(handle, CURLOPT_PROXY, "");
        curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)WAIT_MS);
        curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, codings[i]);
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, third_await);
        curl_easy_setopt(handle, CURLOPT_WRITEDATA, seen);
        assert_int_equal(curl_easy_perform(handle), CURLE_WRITE_ERROR);
        assert_string_equal(seen, "part 0\npart 1\npart 2\n");
        curl_easy_cleanup(handle);
    }
    server_end(server);
}

struct expectation {
    const char *query;
    const char *accept;
    const char *coding; /* "" : none */
    const char *vary;   /* "": none */
    const char *tag;
};

static void ask(struct client *client, const char *method, const struct expectation *e) {
    struct answer answer;
    char value[256];
    client_print(client, "%s /scribble?%s HTTP/1.1\r\nHost: h\r\nAccept-Encoding: %s\r\n\r\n", method, e->query,
                 e->accept);
    assert_int_equal(client_read(client, strcmp(method, "HEAD") == 0, &answer), 0);
    const char *coding = answer_field(&answer, "Content-Encoding", value);
    if (strcmp(coding, e->coding) != 0) {
        fail_msg("%s, %s: Content-Encoding %s", e->query, e->accept, coding);
    }
    const char *vary = answer_field(&answer, "Vary", value);
    if (strcmp(vary, e->vary) != 0) {
        fail_msg("%s, %s: Vary %s", e->query, e->accept, vary);
    }
    const char *tag = answer_field(&answer, "ETag", value);
    assert_string_equal(tag, e->tag ? e->tag : "");
    if (e->coding[0] && !strstr(e->query, "Content-Encoding")) {
        assert_string_equal(answer_field(&answer, "Accept-Ranges", value), "");
    }
    answer_free(&answer);
}

static void heads_say_what_is_so(void **state) {
    static const struct expectation table[] = {
        {"length=1024", "gzip", "gzip", "Accept-Encoding", NULL},
        {"length=1023", "gzip", "", "", NULL},
        {"length=1&flush=1", "gzip", "gzip", "Accept-Encoding", NULL},
        {"length=9999", "", "", "Accept-Encoding", NULL},
        {"length=9999", "identity", "", "Accept-Encoding", NULL},
        {"length=9999", "gzip, deflate, br, zstd", "zstd", "Accept-Encoding", NULL},
        {"length=9999", "gzip, deflate, br", "br", "Accept-Encoding", NULL},
        {"length=9999", "gzip;q=1.0, br;q=0.5", "gzip", "Accept-Encoding", NULL},
        {"length=9999", "gzip;q=0, *;q=0.1", "zstd", "Accept-Encoding", NULL},
        {"length=9999", "identity;q=1, gzip;q=0.5", "", "Accept-Encoding", NULL},
        {"length=9999", "GZIP", "gzip", "Accept-Encoding", NULL},
        {"length=9999", "x-gzip", "gzip", "Accept-Encoding", NULL},
        {"length=9999", "gzip;q=x", "", "Accept-Encoding", NULL},
        {"length=9999", "gzipped, abr", "", "Accept-Encoding", NULL},
        {"length=9999&type=image/png", "gzip", "", "", NULL},
        {"length=9999&type=application/json", "gzip", "gzip", "Accept-Encoding", NULL},
        {"length=9999&type=image/svg%2Bxml;charset=utf-8", "gzip", "gzip", "Accept-Encoding", NULL},
        {"length=9999&Set-Cookie=a%3Db", "gzip", "", "", NULL},
        {"length=9999&Cache-Control=max-age%3D1,%20No-Transform", "gzip", "", "", NULL},
        {"length=9999&Content-Encoding=x", "gzip", "x", "", NULL},
        {"length=9999&Digest=x", "gzip", "", "", NULL},
        {"length=9999&status=206", "gzip", "", "", NULL},
        {"length=9999&status=404", "gzip", "gzip", "Accept-Encoding", NULL},
        {"length=0&status=204", "gzip", "", "", NULL},
        {"length=9999&ETag=%22a%22&Accept-Ranges=bytes", "br", "br", "Accept-Encoding", "W/\"a\""},
        {"length=9999&ETag=%22a%22&Accept-Ranges=bytes", "identity", "", "Accept-Encoding", "\"a\""},
        {"length=9999&ETag=W/%22a%22", "br", "br", "Accept-Encoding", "W/\"a\""},
        {"length=9999&Vary=accept-encoding", "br", "br", "accept-encoding", NULL},
        {"length=9999&Content-Length=9999", "br", "br", "Accept-Encoding", NULL},
        {"length=9999&Content-Length=9999&flush=1", "br", "br", "Accept-Encoding", NULL},
    };
    struct server *server = server_start(state, &(struct server_setup){.plugins = "scribble", .config = ON});
    struct client *client = client_open(server);
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        ask(client, "GET", &table[i]);
        ask(client, "HEAD", &table[i]);
    }
    client_close(client);
    server_end(server);
}

static void without_the_option_nothing_is(void **state) {
    static const struct expectation off = {"length=9999&ETag=%22a%22", "gzip", "", "", "\"a\""};
    struct server *server = server_start(state, &(struct server_setup){.plugins = "scribble"});
    struct client *client = client_open(server);
    ask(client, "GET", &off);
    client_close(client);
    server_end(server);
}

/* A promise that was broken is found as without compression: the length is the written bytes'. */
static void promises_are_held(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "scribble", .config = ON});
    struct fetch fetch = {.path = "/scribble?length=9999&Content-Length=9998", .encoding = "gzip"};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.status, 500);
    fetch_free(&fetch, 1);
    server_log_await(server, "Content-Length is 9998, but the body has 9999 bytes", 1);
    server_end(server);
}

/* "Not modified" by the tag that was given with the compressed bytes, and by the other. */
static void files_are_revalidated(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "file", .config = ON, .options = {"file.root=" SYSTEM_WWW}});
    struct client *client = client_open(server);
    struct answer answer;
    char tag[256], value[256];
    client_print(client, "GET /index.html HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n");
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_string_equal(answer_field(&answer, "Content-Encoding", value), "gzip");
    (void)answer_field(&answer, "ETag", tag);
    assert_memory_equal(tag, "W/\"", 3);
    answer_free(&answer);
    for (int weak = 0; weak <= 1; weak++) {
        const char *given = weak ? tag : tag + 2;
        client_print(
            client, "GET /index.html HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\nIf-None-Match: %s\r\n\r\n", given);
        assert_int_equal(client_read(client, false, &answer), 0);
        assert_int_equal(answer.status, 304);
        assert_string_equal(answer_field(&answer, "ETag", value), given);
        answer_free(&answer);
    }
    client_print(client, "GET /index.html HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\nRange: bytes=0-9\r\n\r\n");
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, 206);
    assert_string_equal(answer_field(&answer, "Content-Encoding", value), "");
    assert_int_equal(answer.length, 10);
    answer_free(&answer);
    client_close(client);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(what_is_decoded_is_what_was_written),
        SYSTEM_TEST(flushes_reach_the_client),
        SYSTEM_TEST(heads_say_what_is_so),
        SYSTEM_TEST(without_the_option_nothing_is),
        SYSTEM_TEST(promises_are_held),
        SYSTEM_TEST(files_are_revalidated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
