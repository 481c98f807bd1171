/* plugins/trouble: its page and what it refuses; each trouble in a process of its own, which it must end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <socgi/testing.h>

extern const struct socgi_plugin socgi_plugin;

static int setup(void **state) {
    *state = socgi_test_new(&socgi_plugin);
    return *state ? 0 : -1;
}

static int teardown(void **state) {
    socgi_test_free(*state);
    return 0;
}

static void the_page_uses_post(void **state) {
    assert_int_equal(socgi_test_run(*state, "GET", "/trouble", NULL, 0), 200);
    const char *page = socgi_test_body(*state, NULL);
    assert_non_null(strstr(page, "<form method=\"post\" action=\"/trouble/hang\">"));
    assert_null(strstr(page, "<a "));
    assert_int_equal(socgi_test_run(*state, "GET", "/trouble/", NULL, 0), 200);
    assert_int_equal(socgi_test_run(*state, "POST", "/trouble/other", NULL, 0), 404);
}

static void other_sites_make_none(void **state) {
    assert_int_equal(socgi_test_header(*state, "Sec-Fetch-Site", "cross-site"), 0);
    assert_int_equal(socgi_test_run(*state, "POST", "/trouble/abort", NULL, 0), 403);
    assert_int_equal(socgi_test_run(*state, "GET", "/trouble/abort", NULL, 0), 403);
}

static void the_troubles(void **state) {
    static const struct {
        const char *target;
        int signal;
    } cases[] = {{"/trouble/crash", SIGSEGV},
                 {"/trouble/abort", SIGABRT},
                 {"/trouble/half", SIGSEGV},
                 {"/trouble/spin", SIGXCPU},
                 {"/trouble/hang", SIGALRM}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pid_t child = fork();
        if (child == 0) {
            const struct rlimit second = {1, 2}; /* of processor time, for the one that computes */
            const struct rlimit none = {0, 0};
            (void)signal(cases[i].signal, SIG_DFL); /* a sanitizer's, or cmocka's */
            (void)setrlimit(RLIMIT_CORE, &none);
            (void)setrlimit(RLIMIT_CPU, &second);
            (void)alarm(cases[i].signal == SIGALRM ? 1 : 60); /* for the one that waits */
            (void)socgi_test_run(*state, "POST", cases[i].target, NULL, 0);
            _exit(0);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != cases[i].signal) {
            fail_msg("%s: %d", cases[i].target, status);
        }
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(the_page_uses_post), TEST(other_sites_make_none), TEST(the_troubles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
