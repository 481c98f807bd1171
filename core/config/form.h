/* The forms of texts. Pure: whether there is such an address or plugin is for the master to find out. */
#ifndef CONFIG_FORM_H
#define CONFIG_FORM_H

#include <stdbool.h>

#define LISTEN_EXPECTED "HOST:PORT, [IPV6]:PORT, :PORT or unix:/path"
#define ADMIN_EXPECTED "auto, off, or " LISTEN_EXPECTED
#define PLUGIN_NAME_EXPECTED "letters, digits, \"-\", \"_\" and \".\""

/* Where to listen. Port 0 is any free one. */
bool listen_valid(const char *text);

/* Where the view inside is had: the same, or "auto" or "off". */
bool admin_valid(const char *text);

/* What a plugin may be named: socgi/plugin.h. */
bool plugin_name_valid(const char *text);

#endif
