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

enum { SECONDS = 5, LINE_SIZE = 1024 };

/* No files of debug information but those on this machine: nothing is fetched. */
static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_build_id_find_elf,
                                         .find_debuginfo = dwfl_standard_find_debuginfo,
                                         .section_address = dwfl_offline_section_address};

static bool is_file(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

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
        line_answer(line);
    }
    return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
