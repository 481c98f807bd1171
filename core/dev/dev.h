/* socgi dev: serves a folder of sources while its author writes. */
#ifndef DEV_DEV_H
#define DEV_DEV_H

/* The command; argv[0] is the program's. Returns the exit status. */
int dev_main(int argc, char **argv);

#endif
