/* The calc plugin's page for people. It needs no script and loads nothing. */
#include "page.h"

#include <string.h>

static const char style[] = "body{font:1.1em/1.5 system-ui,sans-serif;max-width:40em;margin:2em auto;padding:0 1em}"
                            "label{display:block}input,select,button{font:inherit}input{width:100%;box-sizing:"
                            "border-box}form{margin:1.5em 0}[role]{overflow-wrap:anywhere}[role=alert]{color:#a00}";

static const struct {
    const char *name;
    const char *label;
} operations[] = {
    {"add", "plus"},
    {"sub", "minus"},
    {"mul", "times"},
    {"div", "divided by"},
};

static void field_write(struct socgi_response *res, const char *name, const char *label, const char *value,
                        int is_wrong) {
    socgi_printf(res, "<label for=\"%s\">%s</label>\n<input id=\"%s\" name=\"%s\" required autocomplete=\"off\"%s",
                 name, label, name, name, is_wrong ? " aria-invalid=\"true\" aria-describedby=\"error\"" : "");
    socgi_printf(res, " value=\"");
    socgi_write_html(res, value ? value : "");
    socgi_printf(res, "\">\n");
}

static void outcome_write(struct socgi_response *res, const struct page *page) {
    if (page->error) {
        socgi_printf(res, "<p id=\"error\" role=\"alert\">");
        socgi_write_html(res, page->error);
        socgi_printf(res, "</p>\n");
    }
    if (page->result) {
        socgi_printf(res, "<p id=\"result\" role=\"status\">= ");
        socgi_write_html(res, page->result);
        socgi_printf(res, "</p>\n");
    }
}

static void expression_form_write(struct socgi_response *res, const struct page *page) {
    socgi_printf(res, "<form>\n<input type=\"hidden\" name=\"form\" value=\"1\">\n");
    field_write(res, "expr", "Expression, as (1 + 2) * 3.5", page->expression, page->error && page->expression);
    socgi_printf(res, "<button>Calculate</button>\n</form>\n");
}

static void operation_form_write(struct socgi_response *res, const struct page *page) {
    int is_wrong = page->error && page->op;
    socgi_printf(res, "<form>\n<input type=\"hidden\" name=\"form\" value=\"1\">\n");
    field_write(res, "a", "First number", page->a, is_wrong);
    socgi_printf(res, "<label for=\"op\">Operation</label>\n<select id=\"op\" name=\"op\">\n");
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        int is_chosen = page->op && strcmp(page->op, operations[i].name) == 0;
        socgi_printf(res, "<option value=\"%s\"%s>%s</option>\n", operations[i].name, is_chosen ? " selected" : "",
                     operations[i].label);
    }
    socgi_printf(res, "</select>\n");
    field_write(res, "b", "Second number", page->b, is_wrong);
    socgi_printf(res, "<button>Calculate</button>\n</form>\n");
}

int page_write(struct socgi_response *res, int status, const struct page *page) {
    socgi_set_type(res, "text/html; charset=utf-8");
    socgi_set_header(res, "Content-Security-Policy",
                     "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
                     "frame-ancestors 'none'");
    socgi_printf(res,
                 "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width\">\n"
                 "<title>%sCalculator</title>\n<style>%s</style>\n<main>\n<h1>Calculator</h1>\n",
                 page->error ? "Error: " : "", style);
    outcome_write(res, page);
    expression_form_write(res, page);
    operation_form_write(res, page);
    int error = socgi_printf(res, "</main>\n</html>\n");
    return error ? error : status;
}
