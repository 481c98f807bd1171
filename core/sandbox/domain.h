/* The Landlock domain of a worker, by what its plugins need. */
#ifndef SANDBOX_DOMAIN_H
#define SANDBOX_DOMAIN_H

/* Enters it. `needs`: of base/needs.h; `folder`: of its plugins, which it may read. 0, or -errno. */
int domain_enter(int abi, const char *needs, const char *folder);

#endif
