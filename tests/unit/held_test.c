/* config/held: what a plugin is held to, by what it says, its section and its pool. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/said.h"
#include "config/form.h"
#include "config/held.h"

struct wish {
    const char *says;    /* NULL: nothing */
    const char *section; /* NULL: nothing */
    bool wider;
    const char *pool;
    const char *expected; /* what it is held to; or, with a "!", part of the reason that it is refused */
};

static char *copy(const char *text) {
    char *made = strdup(text);
    assert_non_null(made);
    return made;
}

/* A configuration with one section: of the plugin "x", whose option root has that value; NULL: none. */
static struct config *config_make(const struct wish *w, const char *root) {
    struct config *config = config_new();
    assert_non_null(config);
    free(config->main.needs);
    config->main.needs = copy(w->pool);
    struct config_plugin *section = config_plugin_section(config, "x");
    assert_non_null(section);
    section->needs = w->section ? copy(w->section) : NULL;
    section->needs_at = w->section ? copy("socgi.conf:7") : NULL;
    section->allow_wider = w->wider;
    assert_int_equal(root ? config_option_set(config, "x", "root", root, NULL) : 0, 0);
    return config;
}

static void wish_check(const struct wish *w, const struct said *said, const char *root) {
    char reason[HELD_REASON] = "";
    char *needs;
    struct config *config = config_make(w, root);
    int error = held_make(config, "x.so", said, &needs, reason);
    const char *got = error ? reason : needs;
    bool fits = w->expected[0] == '!' ? error == -EINVAL && strstr(reason, w->expected + 1)
                                      : !error && !strcmp(needs, w->expected);
    if (!fits) {
        fail_msg("says %s, section %s, pool %s: %d \"%s\", expected \"%s\"", w->says ? w->says : "nothing",
                 w->section ? w->section : "none", w->pool, error, got, w->expected);
    }
    free(needs);
    config_drop(config);
}

static void the_narrowest_word_holds(void **state) {
    (void)state;
    static const struct wish wishes[] = {
        {NULL, NULL, false, "all", "all"},
        {NULL, NULL, false, "read:/a", "read:/a"},
        {NULL, NULL, false, "", ""},
        {"", NULL, false, "all", ""},
        {"all", NULL, false, "all", "all"},
        {"write:/a read:/b", NULL, false, "all", "read:/b write:/a"},
        {"write:/a read:/b", NULL, false, "read:/", "read:/a read:/b"},
        {"write:/a read:/b", NULL, false, "", ""},
        {"write:/a read:/b", "read:/a/c", false, "all", "read:/a/c"},
        {"write:/a read:/b", "", false, "all", ""},
        {"write:/a read:/b", "read:/c", false, "all",
         "!socgi.conf:7: plugin x: needs: found \"read:/c\", expected what its manifest has, which is \"read:/b "
         "write:/a\", or allow_wider = on"},
        {"write:/a read:/b", "all", false, "all", "!found \"all\""},
        {"read:/b", "read:/c", true, "all", "read:/c"},
        {"read:/b", "all", true, "all", "all"},
        {"read:/b", "read:/c", true, "read:/b", ""}, /* the pool's word is not its plugins' to widen */
        {NULL, "read:/c", false, "all", "read:/c"},
        {NULL, "read:/c", false, "read:/c/d", "read:/c/d"},
        {"nonsense", NULL, false, "all", "!its needs: found \"nonsense\", expected all, or words as"},
    };
    for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
        const struct said said = {.needs = wishes[i].says ? copy(wishes[i].says) : NULL};
        wish_check(&wishes[i], &said, NULL);
        free(said.needs);
    }
}

static void options_are_paths(void **state) {
    (void)state;
    char folder[512], relative[600], here[600];
    char says[] = "read:@root listen";
    char root[] = "root", fallback[] = "/srv/it";
    struct said_option options[] = {{root, NULL}};
    struct said said = {.needs = says, .options = options, .option_count = 1};
    assert_non_null(getcwd(folder, sizeof(folder)));
    (void)snprintf(relative, sizeof(relative), "listen read:%s/www/x", folder);
    (void)snprintf(here, sizeof(here), "listen read:%s", folder);
    wish_check(&(struct wish){says, NULL, false, "all", "listen"}, &said, NULL);
    wish_check(&(struct wish){says, NULL, false, "all", "listen"}, &said, "");
    wish_check(&(struct wish){says, NULL, false, "all", "listen read:/a"}, &said, "/a/");
    wish_check(&(struct wish){says, NULL, false, "all", relative}, &said, "www/x");
    wish_check(&(struct wish){says, NULL, false, "all", here}, &said, ".");
    wish_check(&(struct wish){says, NULL, false, "all", "!option root: found \"/a write:/\""}, &said, "/a write:/");
    wish_check(&(struct wish){says, "read:/b", false, "all", "!found \"read:/b\""}, &said, "/a");
    options[0].fallback = fallback;
    wish_check(&(struct wish){says, NULL, false, "all", "listen read:/srv/it"}, &said, NULL);
    wish_check(&(struct wish){says, NULL, false, "all", "listen read:/a"}, &said, "/a");
    said.option_count = 0;
    wish_check(&(struct wish){says, NULL, false, "all", "!its needs name the option \"root\""}, &said, NULL);
}

/* Its section is that of its name, which need not be its file's. */
static void its_section_is_that_of_its_name(void **state) {
    (void)state;
    char name[] = "y";
    const struct said said = {.name = name};
    wish_check(&(struct wish){NULL, "read:/a", false, "all", "all"}, &said, NULL);
}

/* That is told, for it may do less than it was made for. */
static void what_the_pool_denies_is_told(void **state) {
    (void)state;
    static const struct {
        const char *says, *pool, *told;
    } cases[] = {
        {"read:/a listen", "read:/", "it needs \"listen read:/a\", of which its pool main lets it \"read:/a\""},
        {"read:/a", "read:/", ""},
        {"", "", ""},
        {NULL, "read:/", ""}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char reason[HELD_REASON] = "?";
        char *needs;
        const struct said said = {.needs = cases[i].says ? copy(cases[i].says) : NULL};
        struct config *config = config_make(&(struct wish){.pool = cases[i].pool}, NULL);
        assert_int_equal(held_make(config, "x.so", &said, &needs, reason), 0);
        assert_string_equal(reason, cases[i].told);
        free(needs);
        free(said.needs);
        config_drop(config);
    }
}

static void without_a_sandbox_nothing_holds(void **state) {
    (void)state;
    char reason[HELD_REASON] = "";
    char says[] = "read:/a";
    char *needs;
    const struct said said = {.needs = says};
    struct config *config = config_make(&(struct wish){.pool = "all"}, NULL);
    config->main.sandbox = SANDBOX_OFF;
    assert_int_equal(held_make(config, "x.so", &said, &needs, reason), 0);
    assert_string_equal(needs, "all");
    free(needs);
    config_drop(config);
    config = config_make(&(struct wish){.pool = "all", .section = "read:/a"}, NULL);
    config->main.sandbox = SANDBOX_OFF;
    assert_int_equal(held_make(config, "x.so", &said, &needs, reason), -EINVAL);
    assert_string_equal(reason, "socgi.conf:7: plugin x: needs: found \"read:/a\", expected none, for sandbox is off");
    config_drop(config);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_narrowest_word_holds), cmocka_unit_test(options_are_paths),
                                       cmocka_unit_test(what_the_pool_denies_is_told),
                                       cmocka_unit_test(its_section_is_that_of_its_name),
                                       cmocka_unit_test(without_a_sandbox_nothing_holds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
