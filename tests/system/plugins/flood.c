/* A plugin that never comes to its end of loading, and tells its master of that without end, from several threads. */
#include <socgi/plugin.h>

#include <pthread.h>
#include <stddef.h>
#include <sys/socket.h>

#include "wire/heritage.h"
#include "wire/message.h"

static void *flood_run(void *unused) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    long length = wire_loading_pack("flood.so", message);
    while (send(HERITAGE_CHANNEL, message, (size_t)length, MSG_NOSIGNAL) > 0) {
    }
    return unused;
}

static int flood_init(struct socgi_context *context) {
    enum { MORE = 3 };
    pthread_t thread;
    (void)context;
    for (int i = 0; i < MORE; i++) {
        (void)pthread_create(&thread, NULL, flood_run, NULL);
    }
    (void)flood_run(NULL);
    return -1;
}

static int flood(const struct socgi_request *req, struct socgi_response *res) {
    (void)req;
    return socgi_printf(res, "flood\n") ? 500 : 200;
}
SOCGI_PLUGIN(.handle = flood, .init = flood_init)
