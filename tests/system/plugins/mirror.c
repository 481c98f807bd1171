/* Answers with the request's body, taken by descriptor for requests of an even length and from memory for the others.
 */
#include <socgi/plugin.h>

#include <errno.h>
#include <fcntl.h>

static int mirror(const struct socgi_request *req, struct socgi_response *res) {
    size_t length;
    const char *body = socgi_body(req, &length);
    (void)socgi_set_type(res, "application/octet-stream");
    if (length % 2 == 1) {
        int result = body ? socgi_write(res, body, length) : -ENOMEM;
        return result < 0 ? result : 200;
    }
    int fd = socgi_body_fd(req, &length);
    int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) {
        return fd < 0 ? fd : -errno;
    }
    int result = socgi_send_fd(res, copy, 0, length); /* takes the copy over, also when there is nothing to send */
    return result < 0 ? result : 200;
}
SOCGI_PLUGIN(.handle = mirror)
