/* The commands that talk to a running server, by its admin socket. Each returns an exit status. */
#ifndef COMMAND_CONTROL_H
#define COMMAND_CONTROL_H

int control_status(int argc, char **argv);
int control_reload(int argc, char **argv);
int control_upgrade(int argc, char **argv);
int control_reopen(int argc, char **argv);
int control_purge(int argc, char **argv);
int control_stop(int argc, char **argv);

#endif
