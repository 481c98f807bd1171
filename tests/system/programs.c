/* CGI programs of a test's own. */
#include "programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "text.h"

struct programs programs;

void programs_folder(void) {
    (void)snprintf(programs.folder, sizeof(programs.folder), "/tmp/socgi-cgi-XXXXXX");
    assert_non_null(mkdtemp(programs.folder));
    (void)snprintf(programs.root, sizeof(programs.root), "cgi.root=%s", programs.folder);
}

void programs_add(const char *name, const char *text) {
    char path[160];
    (void)snprintf(path, sizeof(path), "%s/%s", programs.folder, name);
    assert_true(file_write(path, text));
    assert_int_equal(chmod(path, 0755), 0);
}

struct server *programs_start(void **state, const char *option) {
    programs_folder();
    return server_start(state, &(struct server_setup){.plugins = "cgi hello", .options = {programs.root, option}});
}

void programs_end(struct server *server) {
    server_end(server);
    folder_remove(programs.folder);
}

void shell(const char *format, ...) {
    char line[2048];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    int status = system(line);
    if (status != 0) {
        fail_msg("%s: %d", line, status);
    }
}
