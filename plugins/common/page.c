/* The frame of the examples' pages. */
#include "page.h"

static const char style[] =
    ":root{color-scheme:light dark}body{font:1.05em/1.5 system-ui,sans-serif;max-width:42em;margin:2em auto;"
    "padding:0 1em}label{display:block}input,textarea,button{font:inherit}input,textarea{width:100%;"
    "box-sizing:border-box}form{margin:1.5em 0}li{margin:.8em 0;overflow-wrap:anywhere}.text{white-space:pre-wrap}";

void page_begin(struct socgi_response *res, const char *title) {
    socgi_set_type(res, "text/html; charset=utf-8");
    socgi_set_header(res, "X-Content-Type-Options", "nosniff");
    socgi_set_header(res, "Content-Security-Policy",
                     "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
                     "frame-ancestors 'none'");
    socgi_printf(res, "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    socgi_write_html(res, title);
    socgi_printf(res, "</title>\n<style>%s</style>\n<main>\n<h1>", style);
    socgi_write_html(res, title);
    socgi_printf(res, "</h1>\n");
}

int page_end(struct socgi_response *res, int status) {
    int error = socgi_printf(res, "</main>\n</html>\n"); /* it fails, too, if anything before it did */
    return error ? error : status;
}
