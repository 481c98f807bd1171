/*
 * A form: GET /@NAME@ shows it. POST checks what was entered: it shows the form again with what is wrong, or goes on by
 * 303 to /@NAME@/thanks, which may be loaded again without being sent again.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <socgi/plugin.h>

enum { NAME_LENGTH = 80, SEATS_MOST = 10 };

struct field {
    const char *name;
    const char *label;
    const char *value; /* as it was entered */
    const char *error; /* what is wrong with it, for who entered it; NULL: nothing */
};

static const char *name_check(const char *name) {
    if (name[strspn(name, " \t\r\n")] == '\0') {
        return "Please give your name.";
    }
    return strlen(name) > NAME_LENGTH ? "Please give a shorter name." : NULL;
}

static const char *seats_check(const char *seats) {
    char *end;
    long count = strtol(seats, &end, 10);
    bool is_number = end != seats && *end == '\0';
    return is_number && count >= 1 && count <= SEATS_MOST ? NULL : "Please give a number from 1 to 10.";
}

static void page_begin(struct socgi_response *res, const char *title) {
    socgi_set_type(res, "text/html; charset=utf-8");
    socgi_set_header(res, "Content-Security-Policy", "default-src 'none'; form-action 'self'");
    socgi_printf(res, "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>%s</title>\n<h1>%s</h1>\n",
                 title, title);
}

/* What a client has sent goes into a page by socgi_write_html only. */
static void field_write(struct socgi_response *res, const struct field *field) {
    socgi_printf(res, "<p><label>%s <input name=\"%s\" value=\"", field->label, field->name);
    socgi_write_html(res, field->value);
    socgi_printf(res, "\"></label>");
    if (field->error) {
        socgi_printf(res, " <strong>%s</strong>", field->error);
    }
    socgi_printf(res, "</p>\n");
}

static int form_show(struct socgi_response *res, const struct field *name, const struct field *seats, int status) {
    page_begin(res, "Book seats");
    socgi_printf(res, "<form method=\"post\">\n");
    field_write(res, name);
    field_write(res, seats);
    socgi_printf(res, "<p><button>Book</button></p>\n</form>\n");
    return status;
}

static int form_take(const struct socgi_request *req, struct socgi_response *res, struct field *name,
                     struct field *seats) {
    name->value = socgi_form(req, "name", "");
    name->error = name_check(name->value);
    seats->value = socgi_form(req, "seats", "");
    seats->error = seats_check(seats->value);
    if (name->error || seats->error) {
        return form_show(res, name, seats, 422);
    }
    socgi_log(SOCGI_LOG_NOTICE, "%s seats for %s", seats->value, name->value);
    return socgi_redirect(res, 303, socgi_format(req, "%s/thanks", socgi_route(req)));
}

static int handle(const struct socgi_request *req, struct socgi_response *res) {
    const char *path = socgi_path_info(req);
    bool post = strcmp(socgi_method(req), "POST") == 0;
    if (strcmp(path, "/thanks") == 0 && !post) {
        page_begin(res, "Thank you");
        return 200;
    }
    if (path[strspn(path, "/")] != '\0') {
        return socgi_problem(req, res, 404, "there is no %s here", path);
    }
    struct field name = {.name = "name", .label = "Name", .value = ""};
    struct field seats = {.name = "seats", .label = "Seats", .value = "1"};
    return post ? form_take(req, res, &name, &seats) : form_show(res, &name, &seats, 200);
}

SOCGI_PLUGIN(.version = "0.1.0", .methods = "GET POST", .body_limit = 1 << 14, .handle = handle)
