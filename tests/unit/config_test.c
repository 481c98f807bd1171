/* config: what is read from a file and from texts, what is refused, and in which words. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/comment.h"
#include "config/config.h"
#include "config/file.h"
#include "config/form.h"
#include "config/number.h"
#include "config/schema.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- A file, and what is printed on stderr meanwhile ---- */

static char folder[] = "/tmp/socgi-config-XXXXXX";
static char path[64];
static char printed[4096];
static int kept_stderr;
static int capture_fd;

static int folder_make(void **state) {
    (void)state;
    if (!mkdtemp(folder)) {
        return -1;
    }
    (void)snprintf(path, sizeof(path), "%s/c", folder);
    return 0;
}

static int folder_remove(void **state) {
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static void capture_begin(void) {
    (void)fflush(stderr);
    kept_stderr = dup(STDERR_FILENO);
    capture_fd = memfd_create("stderr", MFD_CLOEXEC);
    assert_true(kept_stderr >= 0 && capture_fd >= 0);
    assert_int_equal(dup2(capture_fd, STDERR_FILENO), STDERR_FILENO);
}

static void capture_end(void) {
    (void)fflush(stderr);
    (void)dup2(kept_stderr, STDERR_FILENO);
    (void)close(kept_stderr);
    ssize_t length = pread(capture_fd, printed, sizeof(printed) - 1, 0);
    assert_true(length >= 0);
    printed[length] = '\0';
    (void)close(capture_fd);
}

static int read_bytes(struct config *config, const char *text, size_t length) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    capture_begin();
    int error = config_read(config, path);
    capture_end();
    return error;
}

static int read_text(struct config *config, const char *text) {
    return read_bytes(config, text, strlen(text));
}

/* ---- Numbers and addresses ---- */

static void durations(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int error;
        uint32_t ms;
    } cases[] = {
        {"30s", 0, 30000},
        {"500ms", 0, 500},
        {"2m", 0, 120000},
        {"1h", 0, 3600000},
        {"1d", 0, 86400000},
        {"7", 0, 7000},
        {"0", 0, 0},
        {"4294967295ms", 0, UINT32_MAX},
        {"", -EINVAL, 0},
        {"s", -EINVAL, 0},
        {"-1s", -EINVAL, 0},
        {"+1s", -EINVAL, 0},
        {" 1s", -EINVAL, 0},
        {"1 s", -EINVAL, 0},
        {"1.5s", -EINVAL, 0},
        {"0x10", -EINVAL, 0},
        {"1S", -EINVAL, 0},
        {"1sec", -EINVAL, 0},
        {"4294967296ms", -ERANGE, 0},
        {"50d", -ERANGE, 0},
        {"99999999999999999999s", -ERANGE, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t ms = 0;
        assert_int_equal(duration_parse(cases[i].text, &ms), cases[i].error);
        assert_int_equal(ms, cases[i].ms);
    }
}

static void sizes(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int error;
        uint64_t bytes;
    } cases[] = {
        {"1", 0, 1},
        {"64K", 0, 65536},
        {"16M", 0, 16777216},
        {"1G", 0, 1073741824},
        {"0G", 0, 0},
        {"007", 0, 7},
        {"18446744073709551615", 0, UINT64_MAX},
        {"", -EINVAL, 0},
        {"K", -EINVAL, 0},
        {"64k", -EINVAL, 0},
        {"64KB", -EINVAL, 0},
        {"-1", -EINVAL, 0},
        {"1e3", -EINVAL, 0},
        {"18446744073709551616", -ERANGE, 0},
        {"17179869184G", -ERANGE, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t bytes = 0;
        assert_int_equal(size_parse(cases[i].text, &bytes), cases[i].error);
        assert_int_equal(bytes, cases[i].bytes);
    }
}

static void addresses(void **state) {
    (void)state;
    static const char *const valid[] = {"127.0.0.1:8080",    "localhost:0",          ":80",         "[::1]:65535",
                                        "[fe80::1%eth0]:80", "[::ffff:192.0.2.1]:1", "unix:/run/s", "unix:s",
                                        "a-b.c_d:1"};
    static const char *const invalid[] = {
        "",      ":",    "8080",    "h:",        "h:65536", "h:000080",  "h:8x",   "h:-1",   "::1:80", "[::1]",
        "[]:80", "[:80", "[zz]:80", "[::1%]:80", "::1]:80", "[::1]x:80", "a b:80", "a/b:80", "unix:",  "tcp:h:80"};
    for (size_t i = 0; i < COUNT(valid); i++) {
        assert_true(listen_valid(valid[i]));
    }
    for (size_t i = 0; i < COUNT(invalid); i++) {
        assert_false(listen_valid(invalid[i]));
    }
    char longest[] = "unix:/23456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
                     "12345678901234567";
    assert_int_equal(strlen(longest), 5 + 107);
    assert_true(listen_valid(longest));
    char longer[sizeof(longest) + 1];
    (void)snprintf(longer, sizeof(longer), "%s8", longest);
    assert_false(listen_valid(longer));
}

static void comments(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *blank;
    } cases[] = {
        {"", ""},
        {"#", " "},
        {"a # b\nc", "a    \nc"},
        {"a#b//c\n#\nd", "a     \n \nd"},
        {"// a\n//\nb", "    \n  \nb"},
        {"/* a\n * b */c", "    \n       c"},
        {"/**//***/a", "         a"},
        {"/*/a*/b", "      b"},
        {"unix:/run//s /a/*b", "unix:/run//s /a/*b"},
        {"a=//b", "a=   "},
        {"/a / b", "/a / b"},
        {"\"# // /* \\\"#\"#", "\"# // /* \\\"#\" "},
        {"'# \\'#'#", "'# \\'#' "},
        {"'\"'#", "'\"' "},
        {"a\"#\"//b", "a\"#\"   "},
        {"\"# a\n# b", "\"# a\n# b"},
        {"\"\\", "\"\\"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[64];
        (void)snprintf(text, sizeof(text), "%s", cases[i].text);
        assert_true(comments_blank(text, strlen(text)));
        assert_string_equal(text, cases[i].blank);
    }
    char open[] = "a /* b *";
    char bare[] = "/*";
    assert_false(comments_blank(open, strlen(open)));
    assert_false(comments_blank(bare, strlen(bare)));
}

/* ---- The table ---- */

static void table_is_sound(const struct setting *table) {
    char expected[SETTING_EXPECTED];
    char text[32];
    for (const struct setting *s = table; s->name; s++) {
        assert_ptr_equal(setting_find(table, s->name), s);
        assert_true(strlen(s->help) > 0 && strlen(s->help) < 80);
        assert_true(!s->fallback || setting_check(s, s->fallback, expected) == 0);
        if (s->kind <= SETTING_WORD || s->kind == SETTING_LEVEL || s->most == 4096) {
            continue;
        }
        const char *unit = s->kind == SETTING_DURATION ? "ms" : "";
        const uint64_t inside[] = {s->least, s->most};
        for (size_t i = 0; i < COUNT(inside); i++) {
            (void)snprintf(text, sizeof(text), "%llu%s", (unsigned long long)inside[i], unit);
            assert_int_equal(setting_check(s, text, expected), 0);
        }
        (void)snprintf(text, sizeof(text), "%llu%s", (unsigned long long)s->most + 1, unit);
        assert_int_equal(setting_check(s, text, expected), -EINVAL);
        assert_true(strlen(expected) < sizeof(expected) - 1);
        if (s->least > 0) {
            (void)snprintf(text, sizeof(text), "%llu%s", (unsigned long long)s->least - 1, unit);
            assert_int_equal(setting_check(s, text, expected), -EINVAL);
        }
    }
}

static void tables_are_sound(void **state) {
    (void)state;
    table_is_sound(settings);
    table_is_sound(plugin_settings);
    table_is_sound(pool_settings);
}

/* How wide a number is that a setting is kept in; 0: it is none. */
static size_t number_size(const struct setting *s) {
    switch (s->kind) {
    case SETTING_COUNT:
    case SETTING_BYTES:
    case SETTING_DURATION:
        return sizeof(uint32_t);
    case SETTING_SIZE:
        return sizeof(uint64_t);
    case SETTING_LEVEL:
        return sizeof(enum log_level);
    default:
        return 0;
    }
}

/* With every number spoiled, reading the example must bring back each default: so it holds them all. */
static void example_is_the_defaults(void **state) {
    (void)state;
    struct config defaults;
    struct config read;
    assert_int_equal(config_defaults(&defaults), 0);
    assert_int_equal(config_defaults(&read), 0);
    for (const struct setting *s = settings; s->name; s++) {
        memset((char *)&read + s->offset, 0x5a, number_size(s));
    }
    assert_int_equal(config_read(&read, CONFIG_EXAMPLE), 0);
    for (const struct setting *s = settings; s->name; s++) {
        if (strcmp(s->name, "workers") != 0) { /* shown, not set: it depends on the machine */
            assert_memory_equal((char *)&read + s->offset, (char *)&defaults + s->offset, number_size(s));
        }
    }
    assert_int_equal(read.listen_count, 1);
    assert_string_equal(read.listen[0], defaults.listen[0]);
    assert_null(read.spool_folder); /* shown, not set: config_check finds one */
    assert_string_equal(read.access_log, defaults.access_log);
    assert_string_equal(read.error_log, defaults.error_log);
    config_free(&read);
    config_free(&defaults);
}

/* ---- Files ---- */

static void reads_values(void **state) {
    (void)state;
    struct config config;
    char expected[128];
    assert_int_equal(config_defaults(&config), 0);
    assert_int_equal(setenv("SOCGI_CONFIG_TEST", "9", 1), 0);
    assert_int_equal(read_text(&config,
                               "# one\nworkers = 1 // two\nworkers = \"3\" /* three\n */ idle_timeout = 500ms\n"
                               "body_limit = '2G' log_level = debug\nqueue_length = ${SOCGI_CONFIG_TEST}\n"
                               "listen = { \"[::1]:0\", unix:/run/s, :81 }\n"
                               "plugin_folder = p access_log = off error_log = logs/error\nspool_folder = /s"),
                     0);
    assert_string_equal(printed, "");
    assert_int_equal(config.main.workers, 3);
    assert_int_equal(config.idle_timeout_ms, 500);
    assert_int_equal(config.body_limit, (uint64_t)2 << 30);
    assert_int_equal(config.log_level, LOG_DEBUG);
    assert_int_equal(config.queue_length, 9);
    assert_int_equal(config.listen_count, 3);
    assert_string_equal(config.listen[0], "[::1]:0");
    assert_string_equal(config.listen[2], ":81");
    (void)snprintf(expected, sizeof(expected), "%s/p", folder);
    assert_string_equal(config.plugin_folder, expected);
    (void)snprintf(expected, sizeof(expected), "%s/logs/error", folder);
    assert_string_equal(config.error_log, expected);
    assert_string_equal(config.access_log, "off");
    assert_string_equal(config.spool_folder, "/s");
    config_free(&config);
}

static void reads_plugins(void **state) {
    (void)state;
    struct config config;
    assert_int_equal(config_defaults(&config), 0);
    assert_int_equal(read_text(&config, "plugin \"file\" { timeout = 5s body_limit = 1G concurrency = 2\n"
                                        "  options { root = \"a b\" listing = true root = /c } }\nplugin echo { }\n"),
                     0);
    assert_int_equal(config_option_set(&config, "file", "listing", "false", NULL), 0);
    assert_int_equal(config_option_set(&config, "calc", "digits", "50", NULL), 0);
    assert_int_equal(config_option_set(&config, "a/b", "x", "y", NULL), -EINVAL);
    assert_int_equal(config.plugin_count, 3);
    const struct config_plugin *file = &config.plugins[0];
    assert_string_equal(file->name, "file");
    assert_int_equal(file->timeout_ms, 5000);
    assert_int_equal(file->body_limit, (uint64_t)1 << 30);
    assert_int_equal(file->concurrency, 2);
    assert_int_equal(file->option_count, 2);
    assert_string_equal(file->options[0].name, "root");
    assert_string_equal(file->options[0].value, "/c");
    assert_string_equal(file->options[1].value, "false");
    assert_string_equal(config.plugins[1].name, "echo");
    assert_int_equal(config.plugins[1].timeout_ms, 0);
    assert_string_equal(config.plugins[2].options[0].value, "50");
    config_free(&config);
}

#define OF_PLUGIN                                                                                                      \
    "timeout, body_limit, concurrency, methods, routes, compress, global, needs, allow_wider, cache, fresh, "          \
    "stale_if_down, cache_keep, or options"

/* "%" is the file's name. */
static const struct {
    const char *text;
    const char *errors;
} refused[] = {
    {"wrokers = 2\nworkers = many\n\nlisten = { \"a\", :80, b }\nplugin x {\n  concurency = 1\n  timeout = never\n}\n",
     "%:1: wrokers: found \"wrokers\", expected an option that socgi.conf(5) names\n"
     "%:2: workers: found \"many\", expected a number, 1 to 1024\n"
     "%:4: listen: found \"a\", expected " LISTEN_EXPECTED "\n"
     "%:4: listen: found \"b\", expected " LISTEN_EXPECTED "\n"
     "%:6: concurency: found \"concurency\", expected " OF_PLUGIN "\n"
     "%:7: timeout: found \"never\", expected a time in seconds, or with ms, s, m, h, d, 1 to 86400000 ms\n"},
    {"mailbox_slots = 65", "%:1: mailbox_slots: found \"65\", expected a number, 1 to 64\n"},
    {"log_level = \"no\ntice\"", "%:2: log_level: found \"no?tice\", expected error, warning, notice, info or debug\n"},
    {"error_log = off", "%:1: error_log: found \"off\", expected a path or \"stderr\"\n"},
    {"plugin x { }\nplugin x { }", "%:2: x: found a second section of that name, expected one\n"},
    {"plugin \"a/b\" { }", "%:1: plugin: found \"a/b\", expected " PLUGIN_NAME_EXPECTED "\n"},
    {"plugin x { routes = \"/a b\" }", "%:1: routes: found \"/a b\", expected " ROUTES_EXPECTED "\n"},
    {"plugin { }", "%:1: plugin: found no name, expected a name before the {\n"},
    {"workers 2", "%:1: workers: found no \"=\", expected NAME = VALUE\n"},
    {"workers += 2", "%:1: workers: found \"+=\", expected \"=\", for it is no list\n"},
    {"workers = { 2 }", "%:1: found \"{\", expected NAME = VALUE\n"},
    {"}", "%:1: found \"}\", expected NAME = VALUE\n"},
    {"workers = \"\\777\"", "%:1: found \"\\777\", expected \\0 to \\377\n"},
    {"\"\" = 2", "%:1: found \"\", expected an option that socgi.conf(5) names\n"},
    /* Unknown ones, wherever they stand, by the lines that they stand in. */
    {"pool p {\n  wrokers = 1\n  workers = 0\n}\n'x y' = {\n 1, \"}\" }\nworkers = x\n",
     "%:2: wrokers: found \"wrokers\", expected an option of a pool that socgi.conf(5) names\n"
     "%:3: workers: found \"0\", expected a number, 1 to 1024\n"
     "%:5: x y: found \"x y\", expected an option that socgi.conf(5) names\n"
     "%:5: found \"{\", expected NAME = VALUE\n"},
    {"plugin x {\n  options { own = 1\n timeout = 1 }\n  root = /\n}\nroot = \"a\n{\"\nlisten += :1 lisen = :2\n",
     "%:4: root: found \"root\", expected " OF_PLUGIN "\n"
     "%:6: root: found \"root\", expected an option that socgi.conf(5) names\n"
     "%:8: lisen: found \"lisen\", expected an option that socgi.conf(5) names\n"},
    {"wrokers = 1\nplugin x {\n  tmeout = 1\n",
     "%:1: wrokers: found \"wrokers\", expected an option that socgi.conf(5) names\n"
     "%:3: tmeout: found \"tmeout\", expected " OF_PLUGIN "\n"
     "%:3: found the end of the file, expected }\n"},
    {"plugn x { }\n", "%:1: plugn: found \"plugn\", expected an option that socgi.conf(5) names\n"
                      "%:1: plugn: found no \"=\", expected NAME = VALUE\n"},
    {"w\\a = 1\n\"work\\145r\" = 1", "%:1: w\\a: found \"w\\a\", expected an option that socgi.conf(5) names\n"},
    {"\"work\\145r\" = 1", "%: found option \"worker\", expected one that socgi.conf(5) names\n"},
    {"wrong =", "%:1: wrong: found \"wrong\", expected an option that socgi.conf(5) names\n"
                "%:1: found the end of the file, expected NAME = VALUE\n"},
    {"wrong", "%:1: wrong: found \"wrong\", expected an option that socgi.conf(5) names\n"
              "%:1: wrong: found the end of the file, expected NAME = VALUE\n"},
    {"end_of_file = 1\n", "%:1: end_of_file: found \"end_of_file\", expected an option that socgi.conf(5) names\n"},
    /* Lines keep their numbers behind comments and texts of several lines. */
    {"# 1\n// 2\n/* 3\n 4 */ spool_folder = \"a # b\n c\\\n d\" # 6\n/*7*/workers = x\n",
     "%:7: workers: found \"x\", expected a number, 1 to 1024\n"},
    {"#\r\nworkers = 2\r\nqueue_length = x\r\n", "%:3: queue_length: found \"x\", expected a number, 0 to 1048576\n"},
    /* What the end of the file cuts off. */
    {"workers", "%:1: workers: found the end of the file, expected NAME = VALUE\n"},
    {"\nworkers =\n", "%:2: workers: found the end of the file, expected a number, 1 to 1024\n"},
    {"workers = 2\nplugin x {\n", "%:2: found the end of the file, expected }\n"},
    {"plugin x { options { a = 1 }", "%:1: found the end of the file, expected }\n"},
    {"plugin x { options { a = 1", "%:1: found the end of the file, expected }\n"},
    {"log_level = \"notice", "%:1: found the end of the file, expected a value and what closes it\n"},
    {"log_level = 'notice\n\n", "%:2: found the end of the file, expected a closing quote\n"},
    {"/* workers = 2\n", "%:1: found the end of the file, expected the end of a comment\n"},
};

static void refuses(void **state) {
    (void)state;
    char expected[2048];
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct config config;
        assert_int_equal(config_defaults(&config), 0);
        uint32_t workers = config.main.workers;
        assert_int_equal(read_text(&config, refused[i].text), -EINVAL);
        size_t n = 0;
        for (const char *c = refused[i].errors; *c; c++) {
            n += (size_t)snprintf(expected + n, sizeof(expected) - n, *c == '%' ? "%s" : "%.1s", *c == '%' ? path : c);
        }
        assert_string_equal(printed, expected);
        assert_int_equal(config.main.workers, workers);
        assert_int_equal(config.plugin_count, 0);
        config_free(&config);
    }
}

static void refuses_what_is_no_text(void **state) {
    (void)state;
    struct config config;
    assert_int_equal(config_defaults(&config), 0);
    assert_int_equal(read_bytes(&config, "workers = 2\0\n", 13), -EINVAL);
    assert_non_null(strstr(printed, "/c: cannot be read: it holds a NUL byte\n"));
    capture_begin();
    assert_int_equal(config_read(&config, folder), -EINVAL);
    assert_int_equal(config_read(&config, "/no/such/file"), -EINVAL);
    capture_end();
    assert_non_null(strstr(printed, ": cannot be read: Is a directory\n/no/such/file: cannot be read: No such file"));
    config_free(&config);
}

static void after_an_error_the_next_file_is_read(void **state) {
    (void)state;
    struct config config;
    assert_int_equal(config_defaults(&config), 0);
    assert_int_equal(read_text(&config, "log_level = \"no"), -EINVAL);
    assert_int_equal(read_text(&config, "workers = 7"), 0);
    assert_int_equal(config.main.workers, 7);
    config_free(&config);
}

/* ---- What no single option shows ---- */

static void checks_the_whole(void **state) {
    (void)state;
    struct config config;
    char text[256];
    assert_int_equal(config_defaults(&config), 0);
    (void)snprintf(text, sizeof(text), "plugin_folder = %s spool_folder = %s error_log = e", folder, folder);
    assert_int_equal(read_text(&config, text), 0);
    assert_int_equal(config_check(&config), 0);
    assert_int_equal(
        read_text(&config,
                  "plugin_folder = c\nspool_folder = nowhere\naccess_log = nowhere/a listen = {}"
                  "\nincident_folder = gone error_log = \"/dev/null/e\"\nrequest_line_limit = 2K head_limit = 1K"),
        0);
    capture_begin();
    int error = config_check(&config);
    capture_end();
    assert_int_equal(error, -EINVAL);
    static const char *const places[] = {":1: plugin_folder: found", ":2: spool_folder: found", ":3: access_log: found",
                                         ":4: incident_folder: found", ":4: error_log: found"};
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        assert_non_null(strstr(printed, places[i]));
    }
    assert_non_null(strstr(printed, "listen: found an empty list, expected HOST:PORT"));
    assert_non_null(strstr(printed, "/c\", expected a folder: Not a directory\n"));
    assert_non_null(strstr(printed, "/nowhere\", expected a folder: No such file"));
    assert_non_null(strstr(printed, "/nowhere/a\", expected a path in a folder that exists: No such file"));
    assert_non_null(
        strstr(printed, "request_line_limit: found \"2048\", expected at most head_limit, which is 1024\n"));
    config_free(&config);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(durations),
                                       cmocka_unit_test(sizes),
                                       cmocka_unit_test(addresses),
                                       cmocka_unit_test(comments),
                                       cmocka_unit_test(tables_are_sound),
                                       cmocka_unit_test(example_is_the_defaults),
                                       cmocka_unit_test(reads_values),
                                       cmocka_unit_test(reads_plugins),
                                       cmocka_unit_test(refuses),
                                       cmocka_unit_test(refuses_what_is_no_text),
                                       cmocka_unit_test(after_an_error_the_next_file_is_read),
                                       cmocka_unit_test(checks_the_whole)};
    return cmocka_run_group_tests_name("config", tests, folder_make, folder_remove);
}
