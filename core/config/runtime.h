/* Where running servers are found: the folder of their admin sockets. Used by the master and by the commands. */
#ifndef CONFIG_RUNTIME_H
#define CONFIG_RUNTIME_H

#include <stddef.h>

/*
 * The folder's path: $RUNTIME_DIRECTORY (systemd.exec(5)); /run/socgi for root; $XDG_RUNTIME_DIR/socgi; else
 * /tmp/socgi-UID. NULL: no memory. The caller frees it.
 */
char *runtime_folder(void);

/* The same, made if it is not there; it is nobody else's. NULL with errno set. */
char *runtime_folder_make(void);

#endif
