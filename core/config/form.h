/* The forms of texts. Pure: whether there is such an address or plugin is for the master to find out. */
#ifndef CONFIG_FORM_H
#define CONFIG_FORM_H

#include <stdbool.h>
#include <stdint.h>

#define LISTEN_EXPECTED "HOST:PORT, [IPV6]:PORT, :PORT or unix:/path"
#define ADMIN_EXPECTED "auto, off, or " LISTEN_EXPECTED
#define PLUGIN_NAME_EXPECTED "letters, digits, \"-\", \"_\" and \".\""

/* Where to listen. Port 0 is any free one. */
bool listen_valid(const char *text);

/* Where the view inside is had: the same, or "auto" or "off". */
bool admin_valid(const char *text);

/* Whether workers are held to what every plugin can do with. */
enum sandbox_mode {
    SANDBOX_OFF,
    SANDBOX_ON,       /* as far as the kernel can */
    SANDBOX_REQUIRED, /* and where it cannot, nothing is served */
    SANDBOX_MODES
};

/* "off", "on", "required". 0, or -EINVAL. */
int sandbox_mode_parse(const char *text, uint32_t *mode);

/* Whether handlers answer their clients themselves. */
enum trust {
    TRUST_FULL,
    TRUST_NONE, /* they never have a client's connection, and nothing of the system that is not named */
    TRUSTS
};

/* "full", "none". 0, or -EINVAL. */
int trust_parse(const char *text, uint32_t *trust);

#define ROUTES_EXPECTED "paths between blanks, as \"/a /b/c\": each begins with \"/\" and does not end so"

/* Where a plugin may answer: canonical paths, as a request's has been made, or "/" for all. */
bool routes_valid(const char *text);

/* The name of a host, or its address without brackets; no port. */
bool host_valid(const char *text);

/* What a plugin may be named: socgi/plugin.h. */
bool plugin_name_valid(const char *text);

#endif
