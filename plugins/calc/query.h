/*
 * One parameter of a query string, read for arithmetic: what '+' means in it. Pure; part of the calc plugin, so a
 * worker runs it.
 *
 * In a query string '+' is itself to people, who type expr=1+2, and a space to programs that encode forms, which send
 * expr=1+%2B+2 for "1 + 2". Both are understood:
 *   - Such a program escapes every plus and parenthesis, so a value without any escape, or with %20 for its spaces, was
 *     typed: '+' is a plus. (So is one of programs that never write '+'.) The one exception is "+*+", which has no
 *     meaning as typed, and is how a browser's script encodes " * ".
 *   - In any other value '+' is a space, but for one between two operands, where a space would be an error: a plus.
 */
#ifndef CALC_QUERY_H
#define CALC_QUERY_H

/* Finds the first parameter of that name and decodes it into `out`, which holds strlen(query) + 1 bytes and gets a NUL
 * behind the value. Returns its length; -ENOENT if absent; -EINVAL if an escape in it is broken. */
long query_arithmetic(const char *query, const char *name, char *out);

#endif
