/* The configuration, read anew. */
#include "master/reload.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "config/complaint.h"
#include "inside/orders.h"
#include "master/master.h"

static char *complaints; /* of ORDER_TEXT bytes: where complaints of a reload are gathered; NULL: nowhere */

static void reload_complaint(const char *line) {
    log_line(LOG_ERROR, "not reloaded: %s", line);
    if (complaints) {
        size_t length = strlen(complaints);
        snprintf(complaints + length, ORDER_TEXT - length, "%s%s", length ? "\n" : "", line);
    }
}

struct config *reload_read(const struct master_start *start, char *text) {
    complaints = text;
    complaint_to(reload_complaint);
    struct config *config = start->reader(start->data);
    complaint_to(NULL);
    complaints = NULL;
    return config;
}
