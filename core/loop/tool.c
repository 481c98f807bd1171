/* Tools. */
#include "loop/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"

enum { TOOL_FDS = 3 };

void tool_init(struct tool *tool, void (*ended)(struct child *child)) {
    *tool = (struct tool){.child.ended = ended, .in = -1, .out = -1};
}

int tool_start(struct tool *tool, struct children *children, const char *command) {
    int in[2] = {-1, -1};
    int out[2] = {-1, -1};
    int none = fd_lift(open("/dev/null", O_WRONLY | O_CLOEXEC), TOOL_FDS);
    int error = none < 0 || pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 ? -errno : 0;
    tool->in = in[1];
    tool->out = out[0];
    in[0] = fd_lift(in[0], TOOL_FDS);
    out[1] = fd_lift(out[1], TOOL_FDS);
    if (!error && (in[0] < 0 || out[1] < 0)) {
        error = -EMFILE;
    }
    if (!error) {
        error = fd_set_nonblocking(tool->in);
        error = error ? error : fd_set_nonblocking(tool->out);
    }
    if (!error) {
        const int fds[TOOL_FDS] = {in[0], out[1], none};
        error = child_start_self(children, &tool->child, command, fds, TOOL_FDS);
    }
    fd_close(&in[0]);
    fd_close(&out[1]);
    fd_close(&none);
    if (error) {
        tool_close(tool);
    }
    return error;
}

void tool_end(struct tool *tool) {
    child_kill(&tool->child);
    (void)child_reap(&tool->child);
}

void tool_close(struct tool *tool) {
    fd_close(&tool->in);
    fd_close(&tool->out);
}
