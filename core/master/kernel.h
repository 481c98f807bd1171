/* What this kernel cannot do, said once at the start. */
#ifndef MASTER_KERNEL_H
#define MASTER_KERNEL_H

struct config;

/* Of the calls that we can do without, and of the sandbox, if any pool wants it. */
void kernel_judge(const struct config *config);

#endif
