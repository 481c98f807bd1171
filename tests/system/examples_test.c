/* The example plugins in the real server, by libcurl: several workers at once, large files, real forms. */
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "between.h"
#include "client.h"
#include "fetch.h"
#include "server.h"
#include "text.h"

#define JSON "Accept: application/json"
#define FORM "Content-Type: multipart/form-data; boundary=XX"

/* A server of four workers with the example, whose option is the name of a folder or of a file in one. */
static struct server *example_start(void **state, const char *plugin, const char *option, char folder[32],
                                    const char *name, const char *another) {
    char value[96];
    (void)snprintf(folder, 32, "/tmp/socgi-system-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(value, sizeof(value), "%s=%s%s", option, folder, name);
    return server_start(state, &(struct server_setup){.plugins = plugin, .workers = 4, .options = {value, another}});
}

static char *body_of(const struct server *server, const char *path, const char *field) {
    struct fetch fetch = {.path = path, .field = field};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.result, CURLE_OK);
    assert_int_equal(fetch.status, 200);
    char *body = strdup(fetch.body);
    fetch_free(&fetch, 1);
    return body;
}

/* ---- guestbook ---- */

/* Four workers write to one database: every entry that was answered for is there, each once. */
static void no_entry_is_lost(void **state) {
    enum { ENTRIES = 120, SHOWN = 50 };
    static struct fetch posts[ENTRIES];
    static char forms[ENTRIES][64];
    char folder[32];
    bool seen[ENTRIES + 1] = {false};
    struct server *server = example_start(state, "guestbook", "guestbook.database", folder, "/book.sqlite", NULL);
    for (int i = 0; i < ENTRIES; i++) {
        (void)snprintf(forms[i], sizeof(forms[i]), "name=visitor+%d&text=%%3Cb%%3E%d", i, i);
        posts[i] =
            (struct fetch){.path = "/guestbook", .upload = forms[i], .upload_length = strlen(forms[i]), .field = JSON};
    }
    fetch_all(server, posts, ENTRIES, 16, NULL, NULL);
    for (int i = 0; i < ENTRIES; i++) {
        char name[32];
        int id = 0;
        assert_int_equal(posts[i].result, CURLE_OK);
        assert_int_equal(posts[i].status, 201);
        assert_int_equal(sscanf(posts[i].body, "{\"id\":%d,", &id), 1);
        assert_between(id, 1, ENTRIES);
        assert_false(seen[id]);
        seen[id] = true;
        (void)snprintf(name, sizeof(name), "\"visitor %d\"", i);
        assert_non_null(strstr(posts[i].body, name));
    }
    fetch_free(posts, ENTRIES);
    char *book = body_of(server, "/guestbook", JSON);
    assert_int_equal(text_count(book, "{\"id\":"), SHOWN);
    const char *at = book;
    for (int id = ENTRIES; id > ENTRIES - SHOWN; id--) { /* each that is shown, in order */
        char text[32];
        (void)snprintf(text, sizeof(text), "{\"id\":%d,", id);
        at = strstr(at, text);
        assert_non_null(at);
    }
    free(book);
    char *page = body_of(server, "/guestbook", "Accept: text/html");
    assert_int_equal(text_count(page, "&lt;b&gt;"), SHOWN);
    free(page);
    server_end(server);
    folder_remove(folder);
}

/* ---- upload ---- */

struct reply {
    char text[512];
    size_t length;
};

static size_t reply_take(char *data, size_t size, size_t count, void *user) {
    struct reply *reply = user;
    (void)size; /* always 1 */
    if (reply->length + count >= sizeof(reply->text)) {
        return 0;
    }
    memcpy(reply->text + reply->length, data, count);
    reply->length += count;
    reply->text[reply->length] = '\0';
    return count;
}

/* Sends a file by a form as libcurl makes it. Returns the status, with the answer in `reply`. */
static long form_send(const struct server *server, const char *name, const char *data, size_t length,
                      struct reply *reply) {
    char url[64];
    long status = 0;
    CURL *handle = curl_easy_init();
    assert_non_null(handle);
    curl_mime *form = curl_mime_init(handle);
    curl_mimepart *part = curl_mime_addpart(form);
    struct curl_slist *fields = curl_slist_append(NULL, JSON);
    *reply = (struct reply){.length = 0};
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/upload", server->port);
    curl_mime_name(part, "file");
    curl_mime_filename(part, name);
    curl_mime_data(part, data, length);
    part = curl_mime_addpart(form);
    curl_mime_name(part, "comment");
    curl_mime_data(part, "none", CURL_ZERO_TERMINATED);
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)WAIT_MS);
    curl_easy_setopt(handle, CURLOPT_MIMEPOST, form);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, reply_take);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, reply);
    assert_int_equal(curl_easy_perform(handle), CURLE_OK);
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    curl_mime_free(form);
    curl_slist_free_all(fields);
    curl_easy_cleanup(handle);
    return status;
}

/* It reaches the handler as a descriptor, is mapped, written, and sent back from its own file. */
static void a_large_file_comes_back(void **state) {
    enum { LENGTH = 20 * 1000 * 1000 };
    char folder[32];
    struct reply reply;
    struct server *server = example_start(state, "upload", "upload.folder", folder, "", "upload.total=50M");
    char *data = malloc(LENGTH);
    assert_non_null(data);
    uint32_t random = 1;
    for (size_t i = 0; i < LENGTH; i++) {
        random = random * 1664525 + 1013904223;
        data[i] = (char)(random >> 24);
    }
    assert_int_equal(form_send(server, "large.bin", data, LENGTH, &reply), 201);
    assert_string_equal(reply.text,
                        "{\"name\":\"large.bin\",\"length\":20000000,\"location\":\"/upload/large.bin\"}\n");
    struct fetch fetch = {.path = "/upload/large.bin"};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.result, CURLE_OK);
    assert_int_equal(fetch.status, 200);
    assert_int_equal(fetch.length, LENGTH);
    assert_memory_equal(fetch.body, data, LENGTH);
    fetch_free(&fetch, 1);
    assert_int_equal(form_send(server, "large.bin", data, LENGTH, &reply), 201);
    assert_int_equal(form_send(server, "large.bin", data, LENGTH, &reply), 507);
    free(data);
    server_end(server);
    folder_remove(folder);
}

static void names_are_no_tricks(void **state) {
    static const struct {
        const char *sent;
        const char *location;
    } cases[] = {
        {"plain.txt", "/upload/plain.txt"},  {"plain.txt", "/upload/plain-2.txt"},
        {"../../etc/cron.d/x", "/upload/x"}, {"..", "/upload/file"},
        {".bashrc", "/upload/bashrc"},       {"C:\\temp\\y.txt", "/upload/y.txt"},
        {"a\nb", "/upload/a%250Ab"},         {"gr\xc3\xbc\xc3\x9f \"e\"", "/upload/gr%C3%BC%C3%9F%20%2522e%2522"},
    };
    char folder[32];
    struct reply reply;
    struct server *server = example_start(state, "upload", "upload.folder", folder, "", NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char expected[128];
        (void)snprintf(expected, sizeof(expected), "\"location\":\"%s\"}", cases[i].location);
        long status = form_send(server, cases[i].sent, "content", 7, &reply);
        if (status != 201 || !strstr(reply.text, expected)) {
            fail_msg("%s: %ld, %s", cases[i].sent, status, reply.text);
        }
        fetch_expect(server, cases[i].location, 200, "content");
    }
    fetch_expect(server, "/upload/..", 404, NULL);
    fetch_expect(server, "/upload/../upload/plain.txt", 200, "content");
    fetch_expect(server, "/upload/%2e%2e%2fetc%2fpasswd", 400, NULL);
    char *list = body_of(server, "/upload", JSON);
    assert_int_equal(text_count(list, "\"location\":"), sizeof(cases) / sizeof(cases[0]));
    free(list);
    server_end(server);
    folder_remove(folder);
}

/* Four workers at the same name and at the limit: as many as there is room for, and none written over. */
static void the_limit_holds_for_all_workers(void **state) {
    enum { FILES = 60, LIMIT = 25 };
    static struct fetch posts[FILES];
    static char forms[FILES][192];
    char folder[32];
    size_t kept = 0;
    struct server *server = example_start(state, "upload", "upload.folder", folder, "", "upload.count=25");
    for (int i = 0; i < FILES; i++) {
        int length = snprintf(forms[i], sizeof(forms[i]),
                              "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"same\"\r\n\r\n"
                              "file %d.\r\n--XX--\r\n",
                              i);
        posts[i] =
            (struct fetch){.path = "/upload", .upload = forms[i], .upload_length = (size_t)length, .field = FORM};
    }
    fetch_all(server, posts, FILES, 16, NULL, NULL);
    for (int i = 0; i < FILES; i++) {
        assert_int_equal(posts[i].result, CURLE_OK);
        assert_true(posts[i].status == 303 || posts[i].status == 507);
        kept += posts[i].status == 303;
    }
    assert_int_equal(kept, LIMIT);
    for (int number = 1; number <= LIMIT; number++) { /* each holds another's bytes */
        char path[32];
        int sender = -1;
        (void)snprintf(path, sizeof(path), number > 1 ? "/upload/same-%d" : "/upload/same", number);
        char *body = body_of(server, path, NULL);
        assert_int_equal(sscanf(body, "file %d.", &sender), 1);
        assert_between(sender, 0, FILES - 1);
        assert_int_equal(posts[sender].status, 303);
        posts[sender].status = 0;
        free(body);
    }
    fetch_free(posts, FILES);
    server_end(server);
    folder_remove(folder);
}

/* How many wait for the lock of a file: /proc/locks has a line with "->" for each. */
static size_t lock_waiters(const char *path) {
    struct stat st;
    char inode[32];
    char line[256];
    size_t count = 0;
    assert_int_equal(stat(path, &st), 0);
    (void)snprintf(inode, sizeof(inode), ":%lu ", (unsigned long)st.st_ino);
    FILE *locks = fopen("/proc/locks", "re");
    assert_non_null(locks);
    while (fgets(line, sizeof(line), locks)) {
        count += strstr(line, "-> FLOCK") && strstr(line, inode);
    }
    (void)fclose(locks);
    return count;
}

/* What a worker has counted must still be true when it adds: here the room goes to others while four wait to count. */
static void nobody_adds_to_what_another_has_counted(void **state) {
    enum { WORKERS = 4, LIMIT = 5 };
    static const char form[] =
        "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n.\r\n--XX--";
    char folder[32];
    int kept = 0;
    struct client *clients[WORKERS];
    struct server *server = example_start(state, "upload", "upload.folder", folder, "", "upload.count=5");
    int lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(lock >= 0 && flock(lock, LOCK_EX) == 0);
    for (int i = 0; i < WORKERS; i++) {
        clients[i] = client_open(server);
        client_print(clients[i], "POST /upload HTTP/1.1\r\nHost: t\r\n" FORM "\r\nContent-Length: %zu\r\n\r\n%s",
                     sizeof(form) - 1, form);
    }
    int64_t until = clock_now_ms() + WAIT_MS;
    while (lock_waiters(folder) < WORKERS && clock_now_ms() < until) {
        (void)poll(NULL, 0, 5); /* there is no event for it */
    }
    assert_int_equal(lock_waiters(folder), WORKERS);
    for (int i = 0; i < LIMIT - 1; i++) {
        char path[64];
        (void)snprintf(path, sizeof(path), "%s/other-%d", folder, i);
        assert_true(file_write(path, "."));
    }
    close(lock);
    for (int i = 0; i < WORKERS; i++) {
        int status = client_status(clients[i]);
        assert_true(status == 303 || status == 507);
        kept += status == 303;
        client_close(clients[i]);
    }
    assert_int_equal(kept, 1);
    server_end(server);
    folder_remove(folder);
}

/* ---- The others ---- */

/* The time limit of the plugin's own, a trace and an answer; and a neighbour that does not notice. */
static void trouble_stays_where_it_is(void **state) {
    static const struct {
        const char *path;
        long status;
    } cases[] = {{"/trouble/crash", 502}, {"/trouble/abort", 502}, {"/trouble/hang", 504}, {"/trouble/spin", 504}};
    struct server *server = server_start(state, &(struct server_setup){.plugins = "trouble hello"});
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fetch fetch = {.path = cases[i].path, .method = i % 2 ? "POST" : NULL};
        fetch_one(server, &fetch);
        assert_int_equal(fetch.result, CURLE_OK);
        assert_int_equal(fetch.status, cases[i].status);
        fetch_free(&fetch, 1);
        fetch_expect(server, "/hello", 200, "Hello, world!\n");
    }
    struct fetch half = {.path = "/trouble/half"};
    fetch_one(server, &half);
    assert_int_not_equal(half.result, CURLE_OK);
    assert_string_equal(half.body, "This is the first half of an answer, and the");
    fetch_free(&half, 1);
    server_log_await(server, "] incident ", 5);
    server->incidents += 5;
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    server_end(server);
}

/* An image of billions of steps, in a pool of its own; it ends soon after its client. */
static void an_image_for_nobody_is_not_computed(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "mandelbrot hello",
                                      .workers = 1,
                                      .expected = 2,
                                      .settings = {"log_level=info"},
                                      .config = "pool \"heavy\" { plugins = { \"mandelbrot\" } workers = 1 }\n"});
    struct client *client = client_open(server);
    client_get(client, "/mandelbrot?x=0&zoom=1e9&size=2048");
    fetch_expect(server, "/hello", 200, "Hello, world!\n"); /* it has a worker of its own */
    client_close(client);
    server_log_await(server, "the client has left after ", 1);
    fetch_expect(server, "/mandelbrot?size=32", 200, NULL);
    server_end(server);
}

/* Wrong passwords are counted by all workers together. */
static void members_say_who_they_are(void **state) {
    enum { FREE = 5 };
    char folder[] = "/tmp/socgi-system-members-XXXXXX";
    char guesses[80];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(guesses, sizeof(guesses), "members.guesses=%s/guesses", folder);
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "members",
                                      .options = {"members.users=" SYSTEM_WWW "/../plugins/members/users", guesses}});
    fetch_expect(server, "/members", 401, NULL);
    char *body = body_of(server, "/members", "Authorization: Basic Z3Vlc3Q6Z3Vlc3Q=");
    assert_non_null(strstr(body, "<b id=\"user\">guest</b>"));
    free(body);
    struct fetch wrong[FREE + 3];
    for (size_t i = 0; i < FREE + 3; i++) {
        wrong[i] = (struct fetch){.path = "/members", .field = "Authorization: Basic Z3Vlc3Q6d3Jvbmc="};
    }
    fetch_all(server, wrong, FREE, 2, NULL, NULL);
    fetch_all(server, wrong + FREE, 3, 1, NULL, NULL);
    for (size_t i = 0; i < FREE; i++) {
        assert_int_equal(wrong[i].status, 401);
    }
    /* the first wait is a second, and may be over; the next one is longer */
    assert_true(wrong[FREE].status == 429 || wrong[FREE + 1].status == 429 || wrong[FREE + 2].status == 429);
    fetch_free(wrong, FREE + 3);
    server_end(server);
    (void)remove(strchr(guesses, '=') + 1);
    (void)remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(no_entry_is_lost),
        SYSTEM_TEST(a_large_file_comes_back),
        SYSTEM_TEST(names_are_no_tricks),
        SYSTEM_TEST(the_limit_holds_for_all_workers),
        SYSTEM_TEST(nobody_adds_to_what_another_has_counted),
        SYSTEM_TEST(trouble_stays_where_it_is),
        SYSTEM_TEST(an_image_for_nobody_is_not_computed),
        SYSTEM_TEST(members_say_who_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
