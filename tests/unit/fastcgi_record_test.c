/* plugins/fastcgi/record: records as they are written, and as they are read however they are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record.h"

static void heads(void **state) {
    (void)state;
    unsigned char head[RECORD_HEAD];
    record_head(head, RECORD_STDIN, 0x1234);
    assert_memory_equal(head, "\1\5\0\1\x12\x34\0\0", RECORD_HEAD);
    unsigned char begin[RECORD_BEGIN_SIZE];
    record_begin(begin, true);
    assert_memory_equal(begin, "\1\1\0\1\0\10\0\0\0\1\1\0\0\0\0\0", RECORD_BEGIN_SIZE);
    record_begin(begin, false);
    assert_memory_equal(begin, "\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0", RECORD_BEGIN_SIZE);
}

static void pairs(void **state) {
    (void)state;
    static char value[70000];
    static unsigned char out[70100];
    memset(value, 'v', sizeof(value));
    const struct {
        size_t length, size;
    } table[] = {{0, 3}, {1, 4}, {127, 130}, {128, 134}, {255, 261}, {65535, 65541}, {70000, 70006}};
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        assert_int_equal(record_pair_size(1, table[i].length), table[i].size);
        assert_int_equal(record_pair(out, "N", 1, value, table[i].length), table[i].size);
        size_t head = table[i].size - table[i].length - 1;
        assert_int_equal(out[0], 1);
        size_t read =
            head == 2 ? out[1] : (size_t)(out[1] & 0x7f) << 24 | (size_t)out[2] << 16 | (size_t)out[3] << 8 | out[4];
        assert_int_equal(read, table[i].length);
        assert_int_equal(out[head], 'N');
        assert_int_equal(out[table[i].size - 1], table[i].length > 0 ? 'v' : 'N');
    }
}

struct heard {
    enum record_result result;
    char data[256], words[256];
    size_t data_length, words_length, used;
    struct record_reader reader;
};

/* All of it, but never across a multiple of `step`, from an allocation of exactly each piece's size. */
static void hear(struct heard *h, const char *text, size_t length, size_t step) {
    *h = (struct heard){0};
    while (h->used < length && h->result != RECORD_ENDED && h->result != RECORD_BAD) {
        size_t piece = length - h->used < step ? length - h->used : step;
        char *copy = malloc(piece);
        memcpy(copy, text + h->used, piece);
        size_t done = 0;
        while (done < piece && h->result != RECORD_ENDED && h->result != RECORD_BAD) {
            size_t used, at, count;
            h->result = record_read(&h->reader, copy + done, piece - done, &used, &at, &count);
            char *to = h->result == RECORD_WORDS ? h->words : h->data;
            size_t *have = h->result == RECORD_WORDS ? &h->words_length : &h->data_length;
            if (h->result == RECORD_DATA || h->result == RECORD_WORDS) {
                assert_true(at + count <= used);
                memcpy(to + *have, copy + done + at, count);
                *have += count;
            }
            done += used;
        }
        h->used += done;
        free(copy);
    }
}

#define OUT(size, padding) "\1\6\0\1\0" size padding "\0"
#define ANSWER                                                                                                         \
    OUT("\5", "\3")                                                                                                    \
    "helloPAD"                                                                                                         \
    "\1\7\0\1\0\4\0\0oops"                                                                                             \
    "\1\13\0\0\0\10\0\0unknown!" /* about the connection */                                                            \
    "\1\143\0\1\0\2\1\0xxP"      /* of a type that nobody knows */                                                     \
        OUT("\6", "\0") " world" OUT("\0", "\2") "PP"                                                                  \
                                                 "\1\3\0\1\0\10\4\0\0\0\1\2\0\0\0\0PADD"

static void answers(void **state) {
    (void)state;
    static const char text[] = ANSWER "more";
    size_t length = sizeof(ANSWER) - 1;
    for (size_t step = 1; step <= sizeof(text); step++) {
        struct heard h;
        hear(&h, text, sizeof(text) - 1, step);
        assert_int_equal(h.result, RECORD_ENDED);
        assert_int_equal(h.used, length); /* what is behind it is not looked at */
        assert_int_equal(h.data_length, 11);
        assert_memory_equal(h.data, "hello world", 11);
        assert_int_equal(h.words_length, 4);
        assert_memory_equal(h.words, "oops", 4);
        assert_int_equal(h.reader.app_status, 258);
        assert_int_equal(h.reader.status, RECORD_COMPLETE);
    }
    for (size_t cut = 0; cut < length; cut++) {
        struct heard h;
        hear(&h, text, cut, 7);
        assert_true(h.result != RECORD_ENDED && h.result != RECORD_BAD);
    }
}

static void refused(void **state) {
    (void)state;
    static const char table[][24] = {
        "\2\6\0\1\0\0\0\0",           /* another version */
        "HTTP/1.1 400 Bad Request",   /* something else */
        "\1\6\0\2\0\0\0\0",           /* about a request that is not ours */
        "\1\6\1\1\0\0\0\0",           /* the number's other byte */
        "\1\3\0\1\0\7\0\0\0\0\0\0\0", /* an end that is too short */
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        for (size_t step = 1; step <= 24; step++) {
            struct heard h;
            hear(&h, table[i], 24, step);
            assert_int_equal(h.result, RECORD_BAD);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(heads), cmocka_unit_test(pairs), cmocka_unit_test(answers),
                                       cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
