/* The tracer. */
#include "trace/trace.h"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/heritage.h"

enum { SECONDS = 5, LINE_SIZE = 1024, SOURCES = 3, SOURCE_WIDTH = 160, SOURCE_MAX = 8 << 20 };

/* No files of debug information but those on this machine: nothing is fetched. */
static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_build_id_find_elf,
                                         .find_debuginfo = dwfl_standard_find_debuginfo,
                                         .section_address = dwfl_offline_section_address};

static bool is_file(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* ---- Lines of the source ---- */

/* Frames whose source is still to be shown: of those nearest to the end. */
static int sources_left;

static void source_print(FILE *file, int number) {
    enum { AROUND = 3 };
    char *text = NULL;
    size_t size = 0;
    for (int at = 1; at <= number + AROUND && getline(&text, &size, file) > 0; at++) {
        if (at >= number - AROUND) {
            text[strcspn(text, "\r\n")] = '\0';
            printf("\t%c%5d | %.*s\n", at == number ? '>' : ' ', at, SOURCE_WIDTH, text);
        }
    }
    free(text);
}

/* Debug information may name anything: a pipe, a device, or what our user alone may read and no plugin's client should
 * see. NULL: it is no source to be shown. */
static FILE *source_open(const char *path) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    bool shown = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= SOURCE_MAX &&
                 (st.st_mode & S_IROTH || (geteuid() != 0 && st.st_uid == geteuid()));
    FILE *file = shown ? fdopen(fd, "r") : NULL;
    if (fd >= 0 && !file) {
        close(fd);
    }
    return file;
}

/* The names in debug information may be relative to where the compiler ran. */
static void source_show(Dwfl_Line *line, const char *name, int number) {
    const char *folder = dwfl_line_comp_dir(line);
    char *path = NULL;
    if (sources_left == 0 ||
        asprintf(&path, "%s%s%s", *name == '/' || !folder ? "" : folder, *name == '/' ? "" : "/", name) < 0) {
        return;
    }
    FILE *file = source_open(path);
    free(path);
    if (file) {
        source_print(file, number);
        fclose(file);
        sources_left--;
    }
}

/* ---- Addresses ---- */

/* A call returns to behind itself, which may be another line, or another function. */
static void address_print(Dwfl_Module *module, uint64_t offset, bool inside) {
    GElf_Addr bias;
    if (!dwfl_module_getelf(module, &bias)) {
        puts("?");
        return;
    }
    Dwarf_Addr address = offset + bias - !inside;
    const char *function = dwfl_module_addrname(module, address);
    Dwfl_Line *line = dwfl_module_getsrc(module, address);
    int number;
    const char *file = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
    if (file) {
        printf("%s at %s:%d\n", function ? function : "?", file, number);
        source_show(line, file, number);
    } else {
        puts(function ? function : "?");
    }
}

static void line_answer(char *line) {
    char *end;
    uint64_t offset = strtoull(line, &end, 16);
    bool inside = strtoul(end, &end, 10) == 1;
    char *path = *end == ' ' ? end + 1 : end;
    path[strcspn(path, "\n")] = '\0';
    Dwfl *session = is_file(path) ? dwfl_begin(&callbacks) : NULL;
    Dwfl_Module *module = NULL;
    if (session) {
        dwfl_report_begin(session);
        module = dwfl_report_offline(session, path, path, -1);
        dwfl_report_end(session, NULL, NULL);
    }
    if (module) {
        address_print(module, offset, inside);
    } else {
        puts("?");
    }
    if (session) {
        dwfl_end(session);
    }
}

int trace_main(pid_t master) {
    char line[LINE_SIZE];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != master) {
        return EXIT_FAILURE;
    }
    alarm(SECONDS);
    unsetenv("DEBUGINFOD_URLS");
    while (fgets(line, sizeof(line), stdin)) {
        if (strcmp(line, HERITAGE_TRACE_SOURCE "\n") == 0) {
            sources_left = SOURCES;
        } else {
            line_answer(line);
        }
    }
    return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
