/* The reference of the configuration, for people: what socgi.conf(5) has under OPTIONS, made from the same file. */
#ifndef CONFIG_REFERENCE_H
#define CONFIG_REFERENCE_H

/* Every option on stdout, in groups: its default and what it does, within 80 columns. */
void reference_print(void);

#endif
