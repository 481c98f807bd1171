/* Folders of the system that are used where the configuration names none: that of the admin sockets, by which running
 * servers are found, and that of files without a name. Used by the master and by the commands. */
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

/* Where bodies and answers lie when nobody says: /var/tmp, which is on a disk (/tmp is often memory); /tmp where that
 * cannot be written. */
const char *spool_find(void);

#endif
