/* The log files of the server: opened, opened anew, closed; and what a line of the error log looks like. */
#ifndef MASTER_ERRORLOG_H
#define MASTER_ERRORLOG_H

struct server;

/* Opens both and makes the error log the log of this process. 0, or -errno (told on stderr). */
int logs_open(struct server *server);

/* Opens both anew. 0, or -errno (told in the log). */
int logs_reopen(struct server *server);

/* Goes over to the files and forms that the configuration names now. Where a file cannot be opened all stays as it was
 * (told in the log). It waits for nobody: what the older files have not taken yet is still written to them. */
void logs_configure(struct server *server);

void logs_kick(struct server *server);
void logs_close(struct server *server);

#endif
