/* Whether a plugin that was loaded says what its file did before: by that the worker was chosen, and held. */
#ifndef WORKER_AGREE_H
#define WORKER_AGREE_H

#include "worker/manifest.h"

/* 0; or -EINVAL with the reason. */
int agree_check(const char *folder, const char *file, const struct manifest *manifest,
                char reason[MANIFEST_REASON_SIZE]);

#endif
