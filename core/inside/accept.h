/* Which form of the metrics a client asks for: RFC 9110 section 12.5.1, of two forms. Pure. */
#ifndef INSIDE_ACCEPT_H
#define INSIDE_ACCEPT_H

struct http_request;

enum metrics_form { METRICS_TEXT, METRICS_OPEN_0, METRICS_OPEN_1 };

/* The text format of Prometheus, 0.0.4, unless OpenMetrics (1.0.0, or 0.0.1) is named and liked as much. */
enum metrics_form metrics_form_asked(const struct http_request *request, const char *head);

/* Its media type. */
const char *metrics_form_type(enum metrics_form form);

#endif
