/*
 * calc: exact arithmetic over HTTP. A worker runs it.
 *
 *     /calc?expr=(1+2)*3.5              an expression, evaluate.h
 *     /calc?op=add&a=0.1&b=0.2          one operation: add, sub, mul, div
 *
 * The parameters may also come as a form by POST, which has room for longer ones. In a query string, '+' in expr, a and
 * b is read as query.h says; with the parameter form=1, which the page's own forms send, it is always a space.
 *
 * The answer is text (the result and a newline; " (rounded)" before the newline where the decimals never end), JSON or
 * an HTML page, by Accept. What is wrong with a request is answered 400, with the parameter and the position in it.
 * Without parameters a browser gets the page, and a program 400 with the usage.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <socgi/plugin.h>

#include "evaluate.h"
#include "number.h"
#include "page.h"
#include "query.h"

/* One parameter, decoded. One that cannot be decoded is absent, as it is for socgi_query. */
struct argument {
    const char *name;
    const char *text; /* NULL: absent */
    size_t length;
};

struct calculation {
    const struct socgi_request *req;
    struct argument expression;
    struct argument a;
    struct argument b;
    const char *op; /* NULL: absent */
    mpq_t value;
    const char *error; /* what to tell the client with a 400; NULL: nothing is wrong */
};

static const struct {
    const char *name;
    char op;
} operations[] = {{"add", '+'}, {"sub", '-'}, {"mul", '*'}, {"div", '/'}};

static const char usage[] = "expected expr=EXPRESSION, or op=add|sub|mul|div with a=NUMBER and b=NUMBER; for example "
                            "/calc?expr=(1%2B2)*3";

static struct argument argument_read(const struct socgi_request *req, const char *name) {
    struct argument argument = {.name = name};
    const char *query = socgi_query_string(req);
    if (strcmp(socgi_method(req), "POST") != 0 && !socgi_query(req, "form", NULL)) {
        char *decoded = socgi_alloc(req, strlen(query) + 1);
        long length = decoded ? query_arithmetic(query, name, decoded) : -ENOENT;
        if (length >= 0) {
            argument.text = decoded;
            argument.length = (size_t)length;
        }
        return argument;
    }
    argument.text = socgi_form(req, name, NULL);
    if (!argument.text) {
        argument.text = socgi_query(req, name, NULL);
    }
    argument.length = argument.text ? strlen(argument.text) : 0;
    return argument;
}

/* Notes what is wrong with the request. Returns 400. */
static int refuse(struct calculation *c, const char *error) {
    c->error = error ? error : "the request cannot be understood";
    return 400;
}

static int refuse_fault(struct calculation *c, const char *where, const struct calc_fault *fault) {
    if (fault->position == 0) {
        return refuse(c, socgi_format(c->req, "%s: %s", where, fault->text));
    }
    return refuse(c, socgi_format(c->req, "%s, position %zu: %s", where, fault->position, fault->text));
}

/* Returns 200, 400 with the reason noted, or a negative errno; so do all below. */
static int outcome(struct calculation *c, int error, const char *where, const struct calc_fault *fault) {
    return error == 0 ? 200 : error == -EINVAL ? refuse_fault(c, where, fault) : error;
}

static int operand_parse(struct calculation *c, const struct argument *argument, mpq_t value) {
    if (!argument->text) {
        return refuse(c, socgi_format(c->req, "%s is missing: %s", argument->name, usage));
    }
    struct calc_fault fault;
    int error = number_parse(argument->text, argument->length, value, &fault);
    return outcome(c, error, argument->name, &fault);
}

static int calculate_operation(struct calculation *c) {
    char op = '\0';
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        if (c->op && strcmp(c->op, operations[i].name) == 0) {
            op = operations[i].op;
        }
    }
    if (!op) {
        const char *expected = "expected add, sub, mul or div";
        return refuse(c, c->op ? socgi_format(c->req, "op: found \"%.32s\", %s", c->op, expected)
                               : socgi_format(c->req, "op is missing: %s", expected));
    }
    int status = operand_parse(c, &c->a, c->value);
    if (status != 200) {
        return status;
    }
    mpq_t right;
    mpq_init(right);
    status = operand_parse(c, &c->b, right);
    if (status == 200) {
        struct calc_fault fault;
        int error = evaluate_operation(op, c->value, right, 0, &fault);
        status = outcome(c, error, mpq_sgn(right) == 0 ? "b" : "op", &fault);
    }
    mpq_clear(right);
    return status;
}

static int calculate_expression(struct calculation *c) {
    struct calc_fault fault;
    int error = evaluate_expression(c->expression.text, c->expression.length, c->value, &fault);
    return outcome(c, error, "expr", &fault);
}

static int calculate(struct calculation *c) {
    bool has_operation = c->op || c->a.text || c->b.text;
    if (c->expression.text && has_operation) {
        return refuse(c, "found both expr and op, a or b, expected one way to ask");
    }
    if (c->expression.text) {
        return calculate_expression(c);
    }
    return has_operation ? calculate_operation(c) : refuse(c, usage);
}

static void json_member(struct socgi_response *res, const char *name, const char *value) {
    socgi_write_json(res, name);
    socgi_printf(res, ":");
    socgi_write_json(res, value);
    socgi_printf(res, ",");
}

static int answer_json(const struct calculation *c, struct socgi_response *res, const char *result, bool exact) {
    char *fraction = number_fraction(c->value);
    if (!fraction) {
        return -ENOMEM;
    }
    socgi_set_type(res, "application/json");
    socgi_printf(res, "{");
    if (c->expression.text) {
        json_member(res, "expression", c->expression.text);
    } else {
        json_member(res, "op", c->op);
        json_member(res, "a", c->a.text);
        json_member(res, "b", c->b.text);
    }
    json_member(res, "result", result);
    socgi_printf(res, "\"exact\":%s,\"fraction\":", exact ? "true" : "false");
    socgi_write_json(res, fraction);
    int error = socgi_printf(res, "}\n");
    free(fraction);
    return error ? error : 200;
}

/* The page for any outcome; `shown` is the result, or NULL. */
static int answer_page(const struct calculation *c, struct socgi_response *res, int status, const char *shown) {
    bool is_long =
        c->expression.length > CALC_EXPRESSION || c->a.length > CALC_EXPRESSION || c->b.length > CALC_EXPRESSION;
    const struct page page = {.expression = is_long ? "" : c->expression.text,
                              .op = c->op,
                              .a = is_long ? NULL : c->a.text,
                              .b = is_long ? NULL : c->b.text,
                              .result = shown,
                              .error = c->error == usage ? NULL : c->error};
    return page_write(res, c->error == usage ? 200 : status, &page);
}

static int answer_result(const struct calculation *c, struct socgi_response *res, const char *type) {
    bool exact;
    char *result = number_decimal(c->value, &exact);
    if (!result) {
        return -ENOMEM;
    }
    const char *mark = exact ? "" : " (rounded)";
    int status = 200;
    if (strcmp(type, "application/json") == 0) {
        status = answer_json(c, res, result, exact);
    } else if (strcmp(type, "text/html") == 0) {
        const char *shown = socgi_format(c->req, "%s%s", result, mark);
        status = shown ? answer_page(c, res, 200, shown) : -ENOMEM;
    } else {
        int error = socgi_printf(res, "%s%s\n", result, mark);
        status = error ? error : 200;
    }
    free(result);
    return status;
}

static int answer(struct calculation *c, struct socgi_response *res) {
    static const char *const types[] = {"text/plain", "application/json", "text/html", NULL};
    const char *type = socgi_negotiate(c->req, types);
    int status = calculate(c);
    if (status == 200) {
        return answer_result(c, res, type);
    }
    if (status < 0) {
        return status;
    }
    if (strcmp(type, "text/html") == 0) {
        return answer_page(c, res, status, NULL);
    }
    return socgi_problem(c->req, res, status, "%s", c->error);
}

static int calc(const struct socgi_request *req, struct socgi_response *res) {
    const char *below = socgi_path_info(req);
    if (below[0] != '\0' && strcmp(below, "/") != 0) {
        return socgi_problem(req, res, 404, "calc has nothing at \"%s\"", below);
    }
    struct calculation c = {.req = req,
                            .expression = argument_read(req, "expr"),
                            .a = argument_read(req, "a"),
                            .b = argument_read(req, "b"),
                            .op = socgi_form(req, "op", socgi_query(req, "op", NULL))};
    mpq_init(c.value);
    int status = answer(&c, res);
    mpq_clear(c.value);
    socgi_set_header(res, "Vary", "Accept");
    return status;
}

/* The body has room for a megabyte of digits, so that their excess is explained and not merely refused. */
SOCGI_PLUGIN(.handle = calc, .version = "1.0", .methods = "GET POST", .body_limit = 4u << 20)
