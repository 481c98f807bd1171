/* A stage for the generation room. */
#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/said.h"
#include "config/config.h"
#include "config/file.h"
#include "generation/generation.h"
#include "pool/plugin.h"

enum { BEGINNING = 1000, TURNS_MAX = 1000 };

static bool coarse;     /* times of files are */
static bool unlinkable; /* there are no hard links */
static char noexec[64]; /* nothing below it can be run; "": that is so nowhere */

static void line_take(void *data, enum log_level level, const char *line, size_t length) {
    struct stage *s = data;
    (void)level;
    assert_int_equal(buffer_format(&s->log, "%.*s\n", (int)length, line), 0);
}

void stage_make(struct stage *s) {
    *s = (struct stage){.now = (uint64_t)BEGINNING * 1000 * MS, .loop.epoll = -1};
    (void)snprintf(s->folder, sizeof(s->folder), "/tmp/socgi-stage-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    assert_int_equal(mkdir(stage_path(s, "plugins"), 0755), 0);
    assert_int_equal(mkdir(stage_path(s, "spool"), 0755), 0);
    log_to(line_take, s);
}

void stage_remove(struct stage *s) {
    coarse = unlinkable = false;
    noexec[0] = '\0';
    if (s->generations.loop) {
        fake_pools_stop(&s->pools);
        generations_close(&s->generations);
        fake_pools_close(&s->pools);
        assert_int_equal(files_count(stage_path(s, "spool")), 0);
    }
    loop_close(&s->loop);
    config_drop(s->config);
    log_to(NULL, NULL);
    buffer_free(&s->log);
    folder_remove(s->folder);
}

int stage_setup(void **state) {
    static struct stage stage;
    stage_make(&stage);
    *state = &stage;
    return 0;
}

int stage_teardown(void **state) {
    stage_remove(*state);
    return 0;
}

/* ---- The room ---- */

static void configured(void *data, struct config *config) {
    struct stage *s = data;
    struct config *before = s->config;
    s->config = config_hold(config);
    config_drop(before);
    s->configured++;
}

static void ready(void *data) {
    struct stage *s = data;
    s->ready++;
}

struct config *stage_config(const struct stage *s, const char *settings) {
    struct config *config = config_new();
    FILE *out = fopen(stage_path(s, "socgi.conf"), "we");
    assert_non_null(config);
    assert_non_null(out);
    assert_true(fprintf(out,
                        "listen = { \"127.0.0.1:0\" }\nplugin_folder = \"%s/plugins\"\nspool_folder = \"%s/spool\" "
                        "watch_poll = 0\n%s",
                        s->folder, s->folder, settings) > 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(config_read(config, stage_path(s, "socgi.conf")), 0);
    assert_int_equal(config_check(config), 0);
    return config;
}

void stage_open(struct stage *s, const char *settings, const struct job_events *events) {
    const struct generations_owner owner = {.configured = configured, .ready = ready, .data = s};
    s->config = stage_config(s, settings);
    assert_int_equal(loop_open(&s->loop), 0);
    s->loop.now = s->now;
    fake_pools_open(&s->pools, &s->loop, events);
    assert_int_equal(generations_open(&s->generations, &s->loop, &s->pools, s->config, &owner), 0);
    stage_rest(s);
}

void stage_turn(struct stage *s) {
    loop_wait(&s->loop, s->generations.renewal.gather ? UINT64_MAX : 0);
    s->loop.now = s->now;
    loop_run(&s->loop);
    s->canaries += s->hold ? 0 : canaries_run(&s->pools);
    generations_turn(&s->generations);
    generations_sweep(&s->generations);
}

void stage_rest(struct stage *s) {
    int turns = 0;
    do {
        stage_turn(s);
        assert_true(++turns < TURNS_MAX);
    } while (s->generations.renewal.gather || generations_next(&s->generations) <= s->now);
}

void stage_later(struct stage *s, uint64_t ms) {
    stage_turn(s); /* what has happened has happened before */
    s->now += ms * MS;
    stage_rest(s);
}

/* ---- Its files ---- */

void stage_coarse(void) {
    coarse = true;
}

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);

int __wrap_fstat(int fd, struct stat *st) {
    int result = __real_fstat(fd, st);
    if (coarse && result == 0) {
        st->st_mtim = st->st_ctim = (struct timespec){.tv_sec = st->st_ctim.tv_sec / 3600 * 3600};
    }
    return result;
}

void stage_linkless(void) {
    unlinkable = true;
}

int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);

int __wrap_link(const char *from, const char *to) {
    errno = EPERM; /* as FUSE has it of exfat and vfat */
    return unlinkable ? -1 : __real_link(from, to);
}

void stage_noexec(const char *folder) {
    (void)snprintf(noexec, sizeof(noexec), "%s", folder);
}

int __real_statvfs(const char *path, struct statvfs *fs);
int __wrap_statvfs(const char *path, struct statvfs *fs);

int __wrap_statvfs(const char *path, struct statvfs *fs) {
    int result = __real_statvfs(path, fs);
    if (result == 0 && noexec[0]) {
        fs->f_flag = strncmp(path, noexec, strlen(noexec)) == 0 ? ST_NOEXEC : 0;
    }
    return result;
}

/* What its second line says: "needs WORD ...". Takes the place of the reader of shared objects. */
int __wrap_said_read(const char *path, struct said *said);

int __wrap_said_read(const char *path, struct said *said) {
    static const char mark[] = "\nneeds ";
    char text[512];
    FILE *in = fopen(path, "re");
    *said = (struct said){0};
    assert_non_null(in);
    text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
    assert_int_equal(fclose(in), 0);
    const char *needs = strstr(text, mark);
    said->needs = needs ? strdup(needs + strlen(mark)) : NULL;
    return 0;
}

const char *stage_path(const struct stage *s, const char *file) {
    static char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", s->folder, file);
    return path;
}

static void plugin_path(const struct stage *s, const char *file, char path[256]) {
    (void)snprintf(path, 256, "%s/plugins/%s", s->folder, file);
}

void plugin_put(const struct stage *s, const char *file, const char *says) {
    char path[256];
    char whole[256];
    plugin_path(s, ".new", path);
    plugin_path(s, file, whole);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    assert_int_equal(fd_write_all(fd, says, strlen(says)), 0);
    fd_close(&fd);
    assert_int_equal(rename(path, whole), 0);
}

void plugin_remove(const struct stage *s, const char *file) {
    char path[256];
    plugin_path(s, file, path);
    assert_int_equal(unlink(path), 0);
}

size_t files_count(const char *folder) {
    size_t count = 0;
    DIR *all = opendir(folder);
    assert_non_null(all);
    for (const struct dirent *entry = readdir(all); entry; entry = readdir(all)) {
        count += entry->d_name[0] != '.';
    }
    closedir(all);
    return count;
}

/* ---- What is seen of it ---- */

const char *answers(const struct stage *s, const char *path) {
    static char text[128];
    const struct plugin *p = router_find(&s->generations.serving->router, path);
    (void)snprintf(text, sizeof(text), "%s %s", p ? p->name : "", !p || p->broken ? "broken" : p->version);
    return p ? text : "nobody";
}

uint64_t serving(const struct stage *s) {
    return s->generations.serving ? s->generations.serving->number : 0;
}

bool told(const struct stage *s, const char *text) {
    return s->log.data && strstr(s->log.data, text);
}

void log_clear(struct stage *s) {
    buffer_free(&s->log);
}
