/* What authors have, as commands. Each gets the program's name as argv[0], and returns the exit status. */
#ifndef DEV_DEV_H
#define DEV_DEV_H

/* socgi new: makes a folder with a plugin to start from. */
int new_main(int argc, char **argv);

/* socgi dev: serves a folder of sources while its author writes. */
int dev_main(int argc, char **argv);

/* socgi build: compiles plugins, and nothing else. */
int build_main(int argc, char **argv);

#endif
