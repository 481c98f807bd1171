/* The master, as its worker knows it. */
#include "worker/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "wire/channel.h"
#include "wire/heritage.h"

bool master_follow(pid_t master) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != master) {
        return false;
    }
    prctl(PR_SET_NAME, "socgi-worker");
    signal(SIGPIPE, SIG_IGN); /* sendfile to a client that has gone */
    setvbuf(stdout, NULL, _IOLBF, 0);
    fcntl(HERITAGE_CHANNEL, F_SETFD, FD_CLOEXEC); /* whatever a plugin starts inherits none of these */
    fcntl(HERITAGE_MAILBOX, F_SETFD, FD_CLOEXEC);
    fcntl(HERITAGE_DOORBELL, F_SETFD, FD_CLOEXEC);
    return true;
}

int master_told(struct wire_start *start, unsigned char *message) {
    int fds[CHANNEL_FDS_MAX];
    size_t count;
    ssize_t length = channel_receive(HERITAGE_CHANNEL, message, CHANNEL_MESSAGE_MAX, fds, &count);
    return length <= 0 ? -ENODATA : wire_start_unpack(start, message, (size_t)length);
}

int master_hears(int *denials) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    long length = wire_denials_pack(message);
    int error = length < 0 ? (int)length : channel_send(HERITAGE_CHANNEL, message, (size_t)length, denials, 1);
    fd_close(denials);
    return error;
}

int master_tell(void *data, const unsigned char *message, long length) {
    (void)data;
    return length < 0 ? (int)length : channel_send(HERITAGE_CHANNEL, message, (size_t)length, NULL, 0);
}
