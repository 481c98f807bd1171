/* 'socgi new': makes a folder with a plugin to start from. */
#ifndef COMMAND_NEW_H
#define COMMAND_NEW_H

/* Without the subcommand; argv[0] is the program's. Returns the exit status. */
int new_run(int argc, char **argv);

#endif
