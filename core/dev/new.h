/* socgi new: makes a folder with a plugin to start from. */
#ifndef DEV_NEW_H
#define DEV_NEW_H

/* The command; argv[0] is the program's. Returns the exit status. */
int new_main(int argc, char **argv);

#endif
