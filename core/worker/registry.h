/* The plugins of one worker: loaded once, in order of their file names, and never unloaded while it serves. */
#ifndef WORKER_REGISTRY_H
#define WORKER_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/message.h"
#include "worker/context.h"

struct keeping;

struct registry {
    struct socgi_context **plugins; /* in the order of the PLUGIN messages; NULL: refused */
    size_t count;
    struct keeping *keeping; /* looks at what each has left; NULL: nobody does */
};

/* Takes a message to the master. 0, or -errno. */
typedef int registry_tell(void *data, const unsigned char *message, long length);

/* Loads every "*.so" of start->folder, and tells LOADING and PLUGIN of each, and READY at the end. `start` must live as
 * long as the registry. 0, or -errno: the master could not be told, or there is no memory. */
int registry_load(struct registry *registry, const struct wire_start *start, registry_tell *tell, void *data);

/* Loads one file of start->folder alone: a context that registry_unload_file ends, or NULL with the reason. */
struct socgi_context *registry_load_file(const struct wire_start *start, const char *file,
                                         char reason[MANIFEST_REASON_SIZE]);
void registry_unload_file(struct socgi_context *context);

/* Loads a file and reads its manifest, no more: 0, or -EINVAL with the reason. It stays mapped. `name`: as
 * manifest_read. */
int registry_examine(const char *path, const char *name, char reason[MANIFEST_REASON_SIZE]);

/* The plugin of that place, or NULL. */
struct socgi_context *registry_at(const struct registry *registry, size_t index);

/* Whether any of them has something to do in a worker that has nothing to do; and that plugin does it. */
bool registry_idles(const struct registry *registry);
void registry_idle(const struct registry *registry, size_t index);

/* The fini of that plugin is called now; registry->count: all have been. */
typedef void registry_ending(void *data, size_t index);

/* Calls every fini, and frees the table; the code stays mapped. */
void registry_end(struct registry *registry, registry_ending *ending, void *data);

#endif
