/* Its needs are made when it is loaded: too late. */
#include <socgi/plugin.h>

static int handle(const struct socgi_request *req, struct socgi_response *res) {
    (void)req;
    (void)res;
    return 204;
}

SOCGI_EXPORT struct socgi_plugin socgi_plugin = {.magic = SOCGI_MAGIC,
                                                 .abi_major = SOCGI_ABI_MAJOR,
                                                 .abi_minor = SOCGI_ABI_MINOR,
                                                 .size = sizeof(struct socgi_plugin),
                                                 .handle = handle};

__attribute__((constructor)) static void make(void) {
    socgi_plugin.needs = "read:/";
}
