/* Libraries of plugins: who gets another's, and who sees whose symbols. */
#include <string.h>

#include "fetch.h"
#include "server.h"

/* The dynamic linker gives the second what the first has loaded; the log tells. */
static void a_library_of_another_is_told(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello share_one share_two", .workers = 3});
    fetch_expect(server, "/share_one", 200, "one\n");
    fetch_expect(server, "/share_two", 200, "one\n");
    server_calm(server);
    server_log_await(server, "plugin share_two needs libshare.so.1, which is ", 1);
    server_log_await(server, "/share/two/libshare.so.1 for it, but gets ", 1);
    server_log_await(server,
                     "/share/one/libshare.so.1, which plugin share_one has loaded before: put one of them into a pool "
                     "of its own",
                     1);
    assert_int_equal(server_log_count(server, " needs "), 1); /* not of each worker, nor of libc */
    server_end(server);
}

static void each_in_its_pool_has_its_own(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "share_one share_two",
                                                                       .workers = 1,
                                                                       .expected = 2,
                                                                       .config = "pool \"two\" { plugins = {share_two} "
                                                                                 "workers = 1 }"});
    fetch_expect(server, "/share_one", 200, "one\n");
    fetch_expect(server, "/share_two", 200, "two\n");
    assert_int_equal(server_log_count(server, " needs "), 0);
    server_end(server);
}

static void symbols_are_global_where_it_is_wanted(void **state) {
    static const char *const configs[] = {
        "pool \"its\" { plugins = {extended} workers = 1 }",
        "pool \"its\" { plugins = {extended} workers = 1 }\nplugin \"extended\" { global = on }"};
    for (size_t i = 0; i < 2; i++) {
        struct server *server = server_start(
            state,
            &(struct server_setup){.plugins = "extended hello", .workers = 1, .expected = 2, .config = configs[i]});
        struct fetch fetch = {.path = "/extended"};
        fetch_one(server, &fetch);
        assert_int_equal(fetch.status, 200);
        if (i == 0) {
            assert_non_null(strstr(fetch.body, "undefined symbol: share_name"));
        } else {
            assert_string_equal(fetch.body, "one, one\n");
        }
        fetch_free(&fetch, 1);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(a_library_of_another_is_told),
        SYSTEM_TEST(each_in_its_pool_has_its_own),
        SYSTEM_TEST(symbols_are_global_where_it_is_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
