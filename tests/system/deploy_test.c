/* Deploys as they are done: whatever way a plugin gets into the folder, the next request is answered by it, and the log
 * is quiet. Nothing is found by looking now and then, but where that is the test. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/capability.h>

#include "fetch.h"
#include "server.h"
#include "text.h"

enum { COMMAND_BYTES = 4096, PAUSE_US = 5000 };

/* A shell's command in the server's folder, with $one and $two, plugins that both serve /swap. */
static void run(const struct server *server, const char *command) {
    char line[COMMAND_BYTES];
    char one[256];
    (void)snprintf(one, sizeof(one), "%s", plugin_source("swap_one"));
    (void)snprintf(line, sizeof(line), "set -e; cd %s; one=%s; two=%s; %s", server->folder, one,
                   plugin_source("swap_two"), command);
    int status = system(line);
    if (status != 0) {
        fail_msg("status %d: %s", status, command);
    }
}

static bool has(const char *program) {
    char line[128];
    (void)snprintf(line, sizeof(line), "command -v %s >/dev/null", program);
    return system(line) == 0;
}

static bool answers(const struct server *server, const char *body) {
    struct fetch fetch = {.path = "/swap"};
    fetch_one(server, &fetch);
    bool same = body ? fetch.status == 200 && strcmp(fetch.body, body) == 0 : fetch.status == 404;
    fetch_free(&fetch, 1);
    return same;
}

/* Until it is answered so; NULL: by nobody. */
static void answered(struct server *server, const char *body) {
    int64_t until = clock_now_ms() + WAIT_MS;
    while (!answers(server, body)) {
        if (clock_now_ms() > until) {
            fail_msg("/swap is not answered \"%s\"", body ? body : "404");
        }
        (void)usleep(PAUSE_US);
    }
}

static struct server *started(void **state, const char *plugins) {
    return server_start(state, &(struct server_setup){.plugins = plugins, .settings = {"watch_poll=0"}});
}

/* So many generations have served, and nothing was told but that. */
static void quiet_end(struct server *server, unsigned generations) {
    generation_await(server, generations);
    char *log = file_read(server->log);
    assert_int_equal(text_count(log, "generation "), generations - 1);
    assert_int_equal(text_count(log, "error") + text_count(log, "warning"), 0);
    free(log);
    server_end(server);
}

static void by_rsync(void **state) {
    if (!has("rsync")) {
        skip();
    }
    struct server *server = started(state, "swap_one");
    answered(server, "one");
    run(server, "mkdir new; cp $two new/swap_one.so; touch -d '2 hours ago' new/swap_one.so; rsync -a new/ plugins");
    answered(server, "two");
    run(server, "cp $one new/swap_one.so; touch -d '1 hour ago' new/swap_one.so; rsync -a --inplace new/ plugins");
    answered(server, "one");
    run(server, "rm new/*; rsync -a --delete new/ plugins");
    answered(server, NULL);
    quiet_end(server, 4);
}

static const char package[] =
    "mkdir -p pkg/DEBIAN pkg/plugins var/lib/dpkg/info var/lib/dpkg/updates; touch var/lib/dpkg/status;"
    "printf 'Package: swap\\nVersion: %s\\nArchitecture: all\\nMaintainer: x\\nDescription: x\\n' \"$version\" "
    ">pkg/DEBIAN/control;"
    "cp $plugin pkg/plugins/swap.so; dpkg-deb -b pkg swap.deb >/dev/null;"
    "dpkg --root=. --admindir=var/lib/dpkg --log=/dev/null --force-not-root --force-depends -i swap.deb >/dev/null "
    "2>&1";

static void by_dpkg(void **state) {
    char command[COMMAND_BYTES / 2];
    struct server *server = started(state, "hello");
    (void)snprintf(command, sizeof(command), "version=1 plugin=$one; %s", package);
    run(server, command);
    answered(server, "one");
    (void)snprintf(command, sizeof(command), "version=2 plugin=$two; %s", package);
    run(server, command);
    answered(server, "two");
    quiet_end(server, 3);
}

/* A volume of Kubernetes: each plugin is a link to ..data/NAME, and ..data a link that is swapped. */
static void by_a_mounted_volume(void **state) {
    struct server *server = started(state, "hello");
    run(server, "cd plugins; mkdir ..1; cp $one ..1/swap.so; ln -s ..1 ..data; ln -s ..data/swap.so swap.so");
    answered(server, "one");
    run(server, "cd plugins; mkdir ..2; cp $two ..2/swap.so; ln -s ..2 ..data_tmp; mv -T ..data_tmp ..data; rm -r ..1");
    answered(server, "two");
    run(server, "cd plugins; mkdir ..3; cp $one ..3/swap.so; ln -s ..3 ..data_tmp; mv -T ..data_tmp ..data; rm -r ..2");
    answered(server, "one");
    quiet_end(server, 4);
}

/* The folder is a link to a release, or below one. */
static void by_another_release(void **state) {
    static const char *const below[] = {"", "/lib/plugins"};
    for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
        char command[COMMAND_BYTES / 2];
        struct server *server = started(state, "hello");
        (void)snprintf(command, sizeof(command),
                       "mkdir -p r1%s r2%s; cp $one r1%s/swap.so; cp $two r2%s/swap.so; rm -r plugins; "
                       "ln -s r1 current; ln -s current%s plugins",
                       below[i], below[i], below[i], below[i], below[i]);
        run(server, command);
        answered(server, "one");
        run(server, "ln -sfn r2 current");
        answered(server, "two");
        run(server, "ln -sfn r1 next; mv -T next current");
        answered(server, "one");
        (void)snprintf(command, sizeof(command), "cp $two r1%s/.swap; mv r1%s/.swap r1%s/swap.so", below[i], below[i],
                       below[i]);
        run(server, command);
        answered(server, "two");
        generation_await(server, 5);
        assert_int_equal(server_log_count(server, "generation "), 4);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

/* What a link leads to is written anew, or comes later. */
static void behind_a_link(void **state) {
    struct server *server = started(state, "hello");
    run(server, "mkdir far; cp $one far/it; ln -s ../far/it plugins/swap.so");
    answered(server, "one");
    run(server, "cp $two far/it");
    answered(server, "two");
    run(server, "mv far gone");
    answered(server, NULL);
    run(server, "mkdir far; cp $one far/new; mv far/new far/it");
    answered(server, "one");
    quiet_end(server, 5);
}

static void capabilities_drop(void) {
    (void)prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0);
    (void)prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH, 0, 0, 0);
}

static void by_a_mode(void **state) {
    struct server *server = server_start(
        state,
        &(struct server_setup){.plugins = "swap_one", .settings = {"watch_poll=0"}, .before = capabilities_drop});
    answered(server, "one");
    run(server, "chmod 0 plugins/swap_one.so; chmod 755 plugins/swap_one.so; chown 1:1 plugins/swap_one.so");
    run(server, "ln plugins/swap_one.so backup; rm backup");
    run(server, "install -m 0 $two plugins/.new; mv plugins/.new plugins/swap_one.so");
    server_log_await(server, "it cannot be copied: Permission denied", 1);
    assert_true(answers(server, "one"));
    run(server, "chmod 644 plugins/swap_one.so");
    answered(server, "two");
    generation_await(server, 2);
    assert_int_equal(server_log_count(server, "generation "), 1); /* of what is the same there is none */
    server_end(server);
}

static void the_folder_goes_and_comes(void **state) {
    struct server *server = started(state, "swap_one");
    answered(server, "one");
    run(server, "mv plugins away");
    server_log_await(server, "cannot be read: No such file or directory; what has been loaded is served", 1);
    assert_true(answers(server, "one"));
    run(server, "mv away plugins");
    server_log_await(server, "can be read again", 1);
    run(server, "rm -r plugins");
    server_log_await(server, "cannot be read: No such file or directory; what has been loaded is served", 2);
    run(server, "mkdir plugins; cp $two plugins/swap_one.so");
    answered(server, "two");
    assert_int_equal(server_log_count(server, "can be read again"), 2);
    server_end(server);
}

static void a_folder_above_is_moved(void **state) {
    struct server *server = started(state, "hello");
    run(server, "mkdir -p a/b/c; cp $one a/b/c/swap.so; rm -r plugins; ln -s a/b/c plugins");
    answered(server, "one");
    run(server, "cp -a a new; cp $two new/b/c/swap.so; mv a old; mv new a");
    answered(server, "two");
    run(server, "cp $one a/b/c/.swap; mv a/b/c/.swap a/b/c/swap.so");
    answered(server, "one");
    server_end(server);
}

/* As where another machine has written it: nothing tells. A file of a moment ago may be half a file. */
static void by_nobody_who_tells(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "swap_one", .settings = {"watch_poll=50ms"}});
    answered(server, "one");
    run(server, "ln plugins/swap_one.so other; cat $two >other");
    answered(server, "two");
    quiet_end(server, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(by_rsync),
        SYSTEM_TEST(by_dpkg),
        SYSTEM_TEST(by_a_mounted_volume),
        SYSTEM_TEST(by_another_release),
        SYSTEM_TEST(behind_a_link),
        SYSTEM_TEST(by_a_mode),
        SYSTEM_TEST(the_folder_goes_and_comes),
        SYSTEM_TEST(a_folder_above_is_moved),
        SYSTEM_TEST(by_nobody_who_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
