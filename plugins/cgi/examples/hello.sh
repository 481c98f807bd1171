#!/bin/sh
# A CGI program: what it prints is the answer.
printf 'Content-Type: text/plain\n\n'
printf 'Hello from a shell, by %s at %s.\n' "$REQUEST_METHOD" "$SCRIPT_NAME"
printf 'Path behind it: %s\nQuery: %s\n' "$PATH_INFO" "$QUERY_STRING"
