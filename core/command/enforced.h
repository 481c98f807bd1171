/* What of the workers' sandbox this kernel can enforce, against what the configuration wants. */
#ifndef COMMAND_ENFORCED_H
#define COMMAND_ENFORCED_H

struct config;

/* 0; or -EINVAL: a pool requires what the kernel lacks, told by complaint(). */
int enforced_check(const struct config *config);

/* Prints what is enforced for each pool, and what the kernel lacks. */
void enforced_print(const struct config *config);

#endif
