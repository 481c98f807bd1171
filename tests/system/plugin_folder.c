/* The plugin folder of a server under test; see server.h. */
#include "server.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

enum { PATH_BYTES = 256 };

const char *plugin_source(const char *name) {
    static const char *const folders[] = {SYSTEM_PLUGINS, SYSTEM_TEST_PLUGINS, SYSTEM_BAD_PLUGINS};
    static char path[PATH_BYTES];
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s.so", folders[i], name);
        if (access(path, R_OK) == 0) {
            return path;
        }
    }
    fail_msg("there is no plugin %s", name);
    return NULL;
}

static void plugin_path(const struct server *server, const char *as, char path[PATH_BYTES]) {
    (void)snprintf(path, PATH_BYTES, "%s/plugins/%s.so", server->folder, as);
}

void plugin_put(const struct server *server, const char *name, const char *as) {
    char hidden[PATH_BYTES];
    char path[PATH_BYTES];
    (void)snprintf(hidden, sizeof(hidden), "%s/plugins/.new", server->folder);
    plugin_path(server, as, path);
    assert_true(file_copy(plugin_source(name), hidden));
    assert_int_equal(rename(hidden, path), 0);
}

void plugin_overwrite(const struct server *server, const char *name, const char *as) {
    char path[PATH_BYTES];
    char data[65536];
    plugin_path(server, as, path);
    int from = open(plugin_source(name), O_RDONLY | O_CLOEXEC);
    int to = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(from >= 0 && to >= 0);
    for (ssize_t n; (n = read(from, data, sizeof(data))) > 0;) {
        assert_int_equal(write(to, data, (size_t)n), n);
    }
    close(from);
    close(to);
}

void plugin_remove(const struct server *server, const char *as) {
    char path[PATH_BYTES];
    plugin_path(server, as, path);
    assert_int_equal(unlink(path), 0);
}

const char *release_make(const struct server *server, const char *name) {
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof(path), "%s/%s", server->folder, name);
    assert_int_equal(mkdir(path, 0755), 0);
    (void)snprintf(path, sizeof(path), "%s/%s/socgi", server->folder, name);
    assert_true(file_copy(SYSTEM_BINARY, path));
    assert_int_equal(chmod(path, 0755), 0);
    return name;
}

void release_link(const struct server *server, const char *name) {
    char next[PATH_BYTES];
    char place[PATH_BYTES];
    (void)snprintf(next, sizeof(next), "%s/next", server->folder);
    (void)snprintf(place, sizeof(place), "%s/current", server->folder);
    assert_int_equal(symlink(name, next), 0);
    assert_int_equal(rename(next, place), 0);
}
