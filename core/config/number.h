/* Numbers with units, as the configuration has them. Pure. Each 0; -EINVAL: no such number; or -ERANGE. */
#ifndef CONFIG_NUMBER_H
#define CONFIG_NUMBER_H

#include <stdint.h>

#define KIB ((uint64_t)1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define DAY_MS ((uint64_t)86400000)

/* "7". */
int count_parse(const char *text, uint64_t *count);

/* "64K", "16M", "1G" (powers of 1024; a plain number: bytes). */
int size_parse(const char *text, uint64_t *bytes);

/* "30s", "500ms", "2m", "1h", "1d" (a plain number: seconds) into milliseconds. */
int duration_parse(const char *text, uint32_t *ms);

#endif
