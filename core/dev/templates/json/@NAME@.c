/*
 * Sums numbers: POST {"label": "a day", "values": [1, 2.5]} to /@NAME@. 415: it is not said to be JSON; 400: it is
 * none; 422: it is not what is expected.
 */
/* socgi: pkg-config jansson */
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include <socgi/plugin.h>

/* Whether a Content-Type is of that type, whatever its parameters. RFC 9110 section 8.3.1. */
static bool type_is(const char *field, const char *type) {
    size_t length = strlen(type);
    return field && strncasecmp(field, type, length) == 0 && strcspn(field + length, "; \t") == 0;
}

/* The sum is not finite if a value is no number. */
static double values_sum(const json_t *values) {
    double sum = 0;
    size_t i;
    const json_t *value;
    json_array_foreach(values, i, value) {
        sum += json_is_number(value) ? json_number_value(value) : (double)NAN;
    }
    return sum;
}

static int answer(const struct socgi_request *req, struct socgi_response *res, json_t *document) {
    const char *label = "";
    json_t *values;
    json_error_t error;
    if (json_unpack_ex(document, &error, 0, "{s?s, s:o}", "label", &label, "values", &values)) {
        return socgi_problem(req, res, 422, "%s", error.text);
    }
    double sum = json_is_array(values) ? values_sum(values) : (double)NAN;
    if (!isfinite(sum)) {
        return socgi_problem(req, res, 422, "values: expected an array of numbers with a sum");
    }
    socgi_set_type(res, "application/json");
    socgi_printf(res, "{\"label\":");
    socgi_write_json(res, label);
    socgi_printf(res, ",\"count\":%zu,\"sum\":%.15g}\n", json_array_size(values), sum);
    return 200;
}

static int handle(const struct socgi_request *req, struct socgi_response *res) {
    if (!type_is(socgi_header(req, "Content-Type"), "application/json")) {
        return socgi_problem(req, res, 415, "expected Content-Type: application/json");
    }
    size_t length;
    const char *body = socgi_body(req, &length);
    json_error_t error;
    json_t *document = json_loadb(body ? body : "", length, JSON_REJECT_DUPLICATES, &error);
    if (!document) {
        return socgi_problem(req, res, 400, "line %d, column %d: %s", error.line, error.column, error.text);
    }
    int status = answer(req, res, document);
    json_decref(document);
    return status;
}

SOCGI_PLUGIN(.version = "0.1.0", .methods = "POST", .body_limit = 1 << 20, .handle = handle)
