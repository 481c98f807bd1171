/* plugins/members: who is let in, and that the others cannot tell why they are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <crypt.h>

#include <socgi/testing.h>

#include "between.h"
#include "credentials.h"
#include "folder.h"
#include "guesses.h"

extern const struct socgi_plugin socgi_plugin;

/* The linker leads every call of crypt_rn here: how often, and with what, is what an attacker could measure. */
char *__real_crypt_rn(const char *phrase, const char *setting, void *data, int size);
char *__wrap_crypt_rn(const char *phrase, const char *setting, void *data, int size);

static int hashed;
static char hashed_with[8];

char *__wrap_crypt_rn(const char *phrase, const char *setting, void *data, int size) {
    hashed++;
    (void)snprintf(hashed_with, sizeof(hashed_with), "%s", setting);
    return __real_crypt_rn(phrase, setting, data, size);
}

/* guest:guest, and two with hashes that are quick. */
static const char users[] = "# who may come in\n"
                            "guest:$y$j9T$sociDemoGuestSaltxyz.1$DWu7AwO9kwh5TTitmNhF8dRYHIM6FI1NXEH/.sXvfL/\r\n"
                            "w\xc3\xb6:$5$rounds=1000$somesalt$cJ2TwKnXyGPE9SM9DRlKRKC3WTJe2XfVWv6xVFqncT/\n"
                            "locked:!\nbroken:*0\nempty:\nnobody\n"
                            "x:$6$rounds=1000$abc$zaWpAwySRl8PX4W2aEMJwxpN82bCKtDZP0RBdOD6W7BQlilBqAsWnAZuS10iUyJZneS8O"
                            "b1gxs1BZkqJi1nTi.";

static const struct {
    const char *authorization;
    const char *user;
    const char *password; /* NULL: refused */
} headers[] = {
    {"Basic Z3Vlc3Q6Z3Vlc3Q=", "guest", "guest"},
    {"basic  Z3Vlc3Q6", "guest", ""},
    {"BASIC Om5v", "", "no"},
    {"Basic YTpiOmM=", "a", "b:c"},
    {"Basic dzpww7ZyZA==", "w", "p\xc3\xb6rd"},
    {NULL, NULL, NULL},
    {"", NULL, NULL},
    {"Basic", NULL, NULL},
    {"Basic ", NULL, NULL},
    {"Basi Z3Vlc3Q6Z3Vlc3Q=", NULL, NULL},
    {"Digest Z3Vlc3Q6Z3Vlc3Q=", NULL, NULL},
    {"BasicZ3Vlc3Q6Z3Vlc3Q=", NULL, NULL},
    {"Basic Z3Vlc3Q6Z3Vlc3Q", NULL, NULL},  /* no padding */
    {"Basic Z3Vlc3Q6Z3Vlc3R=", NULL, NULL}, /* bits behind the end */
    {"Basic Z3Vlc3Q6Z3Vlc3Q= x", NULL, NULL},
    {"Basic Z3Vlc3Q6Z3Vlc3Q=, x", NULL, NULL},
    {"Basic Z3Vl=3Q6", NULL, NULL},
    {"Basic Z3Vl-3Q6", NULL, NULL},
    {"Basic Z3Vlc3Q=", NULL, NULL}, /* no colon */
    {"Basic YTpiAGM=", NULL, NULL}, /* NUL */
    {"Basic YQo6Yg==", NULL, NULL}, /* line end in the name */
    {"Basic YTr/", NULL, NULL},     /* not UTF-8 */
    {"Basic A===", NULL, NULL},
    {"Basic ====", NULL, NULL},
};

static void fields_are_read(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        struct credentials c;
        int error = credentials_basic(headers[i].authorization, &c);
        if ((error != 0) != !headers[i].password ||
            (!error && (strcmp(c.user, headers[i].user) != 0 || strcmp(c.password, headers[i].password) != 0))) {
            fail_msg("%s: %d", headers[i].authorization, error);
        }
    }
}

/* The longest that is taken, and one byte more; in base64 "QUJD" is "ABC" and "Og==" is ":". */
static void lengths_are_bounded(void **state) {
    (void)state;
    char header[1024] = "Basic OkFB"; /* ":AA" */
    struct credentials c;
    for (size_t bytes = 3; bytes <= CREDENTIALS_MAX + 6; bytes += 3) {
        int error = credentials_basic(header, &c);
        assert_int_equal(error == 0, bytes <= CREDENTIALS_MAX + 1);
        assert_true(error || strlen(c.password) == bytes - 1);
        strcat(header, "QUJD");
    }
}

static void the_table(void **state) {
    (void)state;
    static const struct {
        const char *user, *password;
        int right;
    } cases[] = {
        {"guest", "guest", 1},
        {"w\xc3\xb6", "pass:w\xc3\xb6rd", 1},
        {"x", "x", 1},
        {"stranger", "x", 0},

        {"x", "X", 0},
        {"x", "", 0},
        {"guest", "guest ", 0},
        {"Guest", "guest", 0},
        {"gues", "guest", 0},
        {"guestx", "guest", 0},
        {"", "", 0},
        {"locked", "!", 0},
        {"locked", "", 0},
        {"broken", "", 0},
        {"broken", "*0", 0},
        {"empty", "", 0},
        {"nobody", "", 0},
        {"# who may come in", "", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct credentials c;
        (void)snprintf(c.user, sizeof(c.user), "%s", cases[i].user);
        (void)snprintf(c.password, sizeof(c.password), "%s", cases[i].password);
        if ((credentials_check(&c, users) == 0) != cases[i].right) {
            fail_msg("%s, %s", cases[i].user, cases[i].password);
        }
    }
    struct credentials c = {"x", "x"};
    assert_true(credentials_check(&c, "") != 0);
}

/* An unknown user costs one hash of the same kind, as a known one does. */
static void unknown_users_cost_the_same(void **state) {
    (void)state;
    static const struct {
        const char *table;
        const char *with;
    } cases[] = {{"a:$6$rounds=1000$abc$x\n", "$6$roun"}, {"", "$y$j9T$"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct credentials c = {"stranger", "x"};
        hashed = 0;
        assert_true(credentials_check(&c, cases[i].table) != 0);
        assert_int_equal(hashed, 1);
        assert_string_equal(hashed_with, cases[i].with);
    }
    struct credentials c = {"a", "x"};
    assert_true(credentials_check(&c, cases[0].table) != 0);
    assert_int_equal(hashed, 2);
    assert_string_equal(hashed_with, cases[0].with);
    assert_true(credentials_check(&c, "a:!\n") != 0); /* locked */
    assert_string_equal(hashed_with, "$y$j9T$");
}

static void bearers(void **state) {
    (void)state;
    assert_true(credentials_bearer("Bearer s3cret", "s3cret"));
    assert_true(credentials_bearer("bearer s3cret", "s3cret"));
    assert_false(credentials_bearer("Bearer s3cre", "s3cret"));
    assert_false(credentials_bearer("Bearer s3creT", "s3cret"));
    assert_false(credentials_bearer("Bearer s3cret ", "s3cret"));
    assert_false(credentials_bearer("Basic s3cret", "s3cret"));
    assert_false(credentials_bearer("Bearer ", ""));
    assert_false(credentials_bearer(NULL, "s3cret"));
}

/* ---- The plugin ---- */

static struct folder folder;

static int setup(void **state) {
    folder_make(&folder);
    folder_write(&folder, "users", users);
    struct socgi_test *t = socgi_test_new(&socgi_plugin);
    assert_non_null(t);
    assert_int_equal(socgi_test_option(t, "users", folder_path(&folder, "users")), 0);
    assert_int_equal(socgi_test_option(t, "guesses", folder_path(&folder, "guesses")), 0);
    assert_int_equal(socgi_test_option(t, "token", "s3cret"), 0);
    *state = t;
    return 0;
}

static int teardown(void **state) {
    socgi_test_free(*state);
    folder_remove(&folder);
    return 0;
}

static int get(struct socgi_test *t, const char *authorization, const char *accept) {
    assert_int_equal(socgi_test_header(t, "Authorization", authorization), 0);
    assert_int_equal(socgi_test_header(t, "Accept", accept), 0);
    return socgi_test_run(t, "GET", "/members", NULL, 0);
}

static void members_are_let_in(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(get(t, "Basic Z3Vlc3Q6Z3Vlc3Q=", NULL), 200);
    assert_non_null(strstr(socgi_test_body(t, NULL), "<b id=\"user\">guest</b>"));
    assert_string_equal(socgi_test_response_header(t, "Cache-Control"), "no-store");
    assert_int_equal(get(t, "Basic Z3Vlc3Q6Z3Vlc3Q=", "application/json"), 200);
    assert_string_equal(socgi_test_body(t, NULL), "{\"user\":\"guest\"}\n");
    assert_int_equal(get(t, "Bearer s3cret", "application/json"), 200);
    assert_string_equal(socgi_test_body(t, NULL), "{\"user\":\"token\"}\n");
}

static void others_are_asked(void **state) {
    static const char *const others[] = {NULL, "Basic Z3Vlc3Q6d3Jvbmc=", "Basic c3RyYW5nZXI6eA==", "Basic !",
                                         "Bearer wrong"};
    char first[512];
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(get(*state, others[i], NULL), 401);
        assert_string_equal(socgi_test_response_header(*state, "WWW-Authenticate"),
                            "Basic realm=\"members\", charset=\"UTF-8\"");
        if (i == 0) {
            (void)snprintf(first, sizeof(first), "%s", socgi_test_body(*state, NULL));
        }
        assert_string_equal(socgi_test_body(*state, NULL), first); /* whatever was wrong */
    }
}

/* So many more wrong ones, as another worker would count them: the waits are longer than the test then. */
static void wrong_elsewhere(const char *name, unsigned times) {
    struct timespec now;
    struct guesses *other = guesses_open(folder_path(&folder, "guesses"));
    assert_non_null(other);
    assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &now), 0);
    for (unsigned i = 0; i < times; i++) {
        guesses_wrong(other, name, "127.0.0.1", now.tv_sec);
    }
    guesses_close(other);
}

/* Who guesses on and on is told to wait, without a hash being made; whoever else is there is not. */
static void guessing_is_slow(void **state) {
    struct socgi_test *t = *state;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(get(t, "Basic Z3Vlc3Q6d3Jvbmc=", NULL), 401);
    }
    wrong_elsewhere("guest", 6); /* 10 in all */
    hashed = 0;
    assert_int_equal(get(t, "Basic Z3Vlc3Q6d3Jvbmc=", NULL), 429);
    assert_between(strtol(socgi_test_response_header(t, "Retry-After"), NULL, 10), 1, 32);
    assert_null(socgi_test_response_header(t, "WWW-Authenticate"));
    assert_int_equal(get(t, "Basic Z3Vlc3Q6Z3Vlc3Q=", NULL), 429); /* nor is the right one told from it */
    assert_int_equal(hashed, 0);
    assert_int_equal(get(t, NULL, NULL), 401);
    assert_int_equal(get(t, "Basic eDp4", NULL), 200); /* x:x */
    assert_int_equal(get(t, "Bearer s3cret", NULL), 200);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(get(t, "Bearer wrong", NULL), 401);
    }
    wrong_elsewhere("", 11); /* 25 of its address */
    assert_int_equal(get(t, "Bearer s3cret", NULL), 429);
    assert_int_equal(get(t, "Basic eDp4", NULL), 429);
}

/* A file that it cannot have is no reason not to serve. */
static void guesses_without_a_file(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(socgi_test_option(t, "guesses", "/nowhere/guesses"), 0);
    int status = 401;
    for (int i = 0; i < 10 && status == 401; i++) { /* the first waits may be over */
        status = get(t, "Basic Z3Vlc3Q6d3Jvbmc=", NULL);
    }
    assert_int_equal(status, 429);
    assert_int_equal(access(folder_path(&folder, "guesses"), F_OK), -1);
}

static void who_is_struck_off_is_out(void **state) {
    assert_int_equal(get(*state, "Basic Z3Vlc3Q6Z3Vlc3Q=", NULL), 200);
    folder_write(&folder, "users", "");
    assert_int_equal(get(*state, "Basic Z3Vlc3Q6Z3Vlc3Q=", NULL), 401);
    assert_int_equal(remove(folder_path(&folder, "users")), 0);
    assert_int_equal(get(*state, "Basic Z3Vlc3Q6Z3Vlc3Q=", NULL), 500);
}

static void what_stops_the_start(void **state) {
    (void)state;
    static const char *const cases[][2] = {{"users", "/nowhere"}, {"realm", "a\"b"}, {"realm", "a\nb"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct socgi_test *t = socgi_test_new(&socgi_plugin);
        assert_non_null(t);
        assert_int_equal(socgi_test_option(t, "users", "/dev/null"), 0);
        assert_int_equal(socgi_test_option(t, cases[i][0], cases[i][1]), 0);
        assert_true(socgi_test_run(t, "GET", "/members", NULL, 0) < 0);
        socgi_test_free(t);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_read),
        cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(the_table),
        cmocka_unit_test(unknown_users_cost_the_same),
        cmocka_unit_test(bearers),
        TEST(members_are_let_in),
        TEST(others_are_asked),
        TEST(guessing_is_slow),
        TEST(guesses_without_a_file),
        TEST(who_is_struck_off_is_out),
        cmocka_unit_test(what_stops_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
