/* What this kernel cannot do, said once at the start. */
#ifndef POOL_KERNEL_H
#define POOL_KERNEL_H

struct config;

/* Of the calls that we can do without, and of the sandbox, if any pool wants it. */
void kernel_judge(const struct config *config);

#endif
