/* Waits at the test's gate (a listening unix socket, option "gate") until the test closes the connection. */
#include <socgi/plugin.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const struct socgi_option options[] = {{"gate", NULL, "path of the socket to wait at"}, {NULL, NULL, NULL}};

static int hold(const struct socgi_request *req, struct socgi_response *res) {
    const char *gate = socgi_option(socgi_context(req), "gate");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!gate || strlen(gate) >= sizeof(address.sun_path)) {
        return -EINVAL;
    }
    memcpy(address.sun_path, gate, strlen(gate));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        int error = errno;
        if (fd >= 0) {
            close(fd);
        }
        return -error;
    }
    char byte;
    ssize_t got = read(fd, &byte, 1);
    close(fd);
    socgi_printf(res, "held by %ld, %zd\n", (long)getpid(), got);
    return 200;
}
SOCGI_PLUGIN(.handle = hold, .options = options)
