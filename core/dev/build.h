/* socgi build: compiles plugins, and nothing else. */
#ifndef DEV_BUILD_H
#define DEV_BUILD_H

/* The command; argv[0] is the program's. Returns the exit status. */
int build_main(int argc, char **argv);

#endif
