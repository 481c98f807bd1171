/* An interpreter that loads an extension module. */
#include <socgi/plugin.h>

#include <dlfcn.h>
#include <string.h>

const char *share_name(void);

static int extended(const struct socgi_request *req, struct socgi_response *res) {
    (void)req;
    const char *(*name)(void) = NULL;
    void *module = dlopen(EXTENSION, RTLD_NOW | RTLD_LOCAL);
    void *symbol = module ? dlsym(module, "extension_name") : NULL;
    memcpy(&name, &symbol, sizeof(name));
    socgi_printf(res, "%s, %s\n", share_name(), name ? name() : dlerror());
    return 200;
}
SOCGI_PLUGIN(.handle = extended)
