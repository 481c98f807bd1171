/* Its start tells the master of itself in the worker's name: another name, with a line of its own behind it. */
#include "handler.h"

#include <sys/socket.h>
#include <unistd.h>

#include "wire/heritage.h"
#include "wire/message.h"

static int init(struct socgi_context *ctx) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    const struct wire_plugin told = {
        .file = "swap_one.so", .name = "swap\n127.0.0.1 - forged", .route = "/swap", .methods = {.known = 3}};
    (void)ctx;
    long length = wire_plugin_pack(&told, message);
    (void)send(HERITAGE_CHANNEL, message, (size_t)length, 0);
    length = wire_ready_pack(message);
    (void)send(HERITAGE_CHANNEL, message, (size_t)length, 0);
    pause();
    return -1;
}
SOCGI_PLUGIN(.handle = handler, .init = init)
