/* The table of byte kinds, made by the compiler from the grammars, so that it cannot be mistyped. */
#include "http/byte.h"

#define DIGIT(c) ((c) >= '0' && (c) <= '9')
#define ALPHA(c) (((c) >= 'A' && (c) <= 'Z') || ((c) >= 'a' && (c) <= 'z'))
#define SENT(c) ((c) > 0x20 && (c) != 0x7f && (c) != '#')
#define TEXT(c) ((c) == '\t' || ((c) >= 0x20 && (c) != 0x7f))

/* Marks that a token may hold and a target too, then those of one of the two alone. */
#define MARK(c)                                                                                                        \
    ((c) == '!' || (c) == '$' || (c) == '%' || (c) == '&' || (c) == '\'' || (c) == '*' || (c) == '+' || (c) == '-' ||  \
     (c) == '.' || (c) == '_' || (c) == '~')
#define TOKEN_MARK(c) ((c) == '#' || (c) == '^' || (c) == '`' || (c) == '|')
#define TARGET_MARK(c)                                                                                                 \
    ((c) == '(' || (c) == ')' || (c) == ',' || (c) == '/' || (c) == ':' || (c) == ';' || (c) == '=' || (c) == '?' ||   \
     (c) == '@')

#define TOKEN(c) (DIGIT(c) || ALPHA(c) || MARK(c) || TOKEN_MARK(c))
#define TARGET(c) (DIGIT(c) || ALPHA(c) || MARK(c) || TARGET_MARK(c))

#define KINDS(c)                                                                                                       \
    ((TOKEN(c) ? HTTP_BYTE_TOKEN : 0) | (SENT(c) ? HTTP_BYTE_SENT : 0) | (TEXT(c) ? HTTP_BYTE_TEXT : 0) |              \
     (TARGET(c) ? HTTP_BYTE_TARGET : 0) | (DIGIT(c) ? HTTP_BYTE_DIGIT : 0))
#define FOUR(c) KINDS(c), KINDS((c) + 1), KINDS((c) + 2), KINDS((c) + 3)
#define ROW(c) FOUR(c), FOUR((c) + 4), FOUR((c) + 8), FOUR((c) + 12)

const uint8_t http_bytes[256] = {
    ROW(0x00), ROW(0x10), ROW(0x20), ROW(0x30), ROW(0x40), ROW(0x50), ROW(0x60), ROW(0x70),
    ROW(0x80), ROW(0x90), ROW(0xa0), ROW(0xb0), ROW(0xc0), ROW(0xd0), ROW(0xe0), ROW(0xf0),
};
