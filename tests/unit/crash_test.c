/* wire/crash and wire/saved: what a worker, or a file, tells is held to its bounds. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/crash.h"
#include "wire/saved.h"

static void reports_are_checked(void **state) {
    (void)state;
    static struct crash_report shared;
    static struct crash_report got;
    assert_int_equal(crash_take(&got, &shared), -ENODATA);
    atomic_store(&shared.state, CRASH_WRITING);
    assert_int_equal(crash_take(&got, &shared), -ENODATA);
    memset((void *)&shared, 0xff, sizeof(shared));
    atomic_store(&shared.state, CRASH_TOLD);
    assert_int_equal(crash_take(&got, &shared), 0);
    assert_int_equal(got.frames, CRASH_FRAMES);
    assert_int_equal(got.modules, CRASH_MODULES);
    for (size_t i = 0; i < CRASH_FRAMES; i++) {
        assert_int_equal(got.frame[i].module, CRASH_MODULES);
    }
    for (size_t i = 0; i < CRASH_MODULES; i++) {
        assert_int_equal(strlen(got.module[i]), CRASH_PATH - 1);
        assert_int_equal(strspn(got.module[i], "?"), CRASH_PATH - 1);
    }
    shared.modules = 1;
    shared.frames = 2;
    shared.frame[0].module = 0;
    shared.frame[1].module = 1;
    memcpy(shared.module[0], "/a b\nc", 7);
    assert_int_equal(crash_take(&got, &shared), 0);
    assert_string_equal(got.module[0], "/a?b?c");
    assert_int_equal(got.frame[0].module, 0);
    assert_int_equal(got.frame[1].module, CRASH_MODULES);
}

static void ends_that_are_no_signal(void **state) {
    (void)state;
    enum { STATUS_3 = 3 << 8, KILLED_BY_11 = 11 };
    static struct crash_report shared;
    enum crash_kind kind = CRASH_SIGNAL;
    int number = 0;
    assert_int_equal(crash_end(&shared, STATUS_3, &kind, &number), -ENODATA);
    shared.kind = CRASH_EXIT;
    atomic_store(&shared.state, CRASH_TOLD);
    assert_int_equal(crash_end(&shared, KILLED_BY_11, &kind, &number), -ENODATA); /* the status says it all */
    assert_int_equal(crash_end(&shared, STATUS_3, &kind, &number), 0);
    assert_int_equal(kind, CRASH_EXIT);
    assert_int_equal(number, 3);
    shared.kind = CRASH_THREAD;
    assert_int_equal(crash_end(&shared, STATUS_3, &kind, &number), 0);
    assert_int_equal(kind, CRASH_THREAD);
    shared.kind = UINT32_MAX;
    shared.signal = 11;
    assert_int_equal(crash_end(&shared, STATUS_3, &kind, &number), 0);
    assert_int_equal(kind, CRASH_SIGNAL);
    assert_int_equal(number, 11);
}

static void heads_survive(void **state) {
    (void)state;
    char text[SAVED_HEAD_MAX];
    struct saved_head head = {.folder = "/usr/lib/plug ins", .file = "a.so", .length = 123, .body = 1ull << 40};
    struct saved_head got;
    long length = saved_head_write(&head, text);
    assert_true(length > 0);
    assert_int_equal(saved_head_read(&got, text, (size_t)length + 5), length);
    assert_string_equal(got.folder, head.folder);
    assert_string_equal(got.file, head.file);
    assert_int_equal(got.length, head.length);
    assert_int_equal(got.body, head.body);
    /* Cut or spoiled anywhere it is refused, or read within its bounds: no byte behind it is looked at. */
    for (long cut = 0; cut < length; cut++) {
        char *exact = malloc((size_t)cut + 1);
        memcpy(exact, text, (size_t)cut);
        assert_int_equal(saved_head_read(&got, exact, (size_t)cut), -EINVAL);
        free(exact);
    }
    for (long at = 0; at < length; at++) {
        char spoiled[SAVED_HEAD_MAX];
        memcpy(spoiled, text, (size_t)length);
        spoiled[at] ^= 0x15;
        long result = saved_head_read(&got, spoiled, (size_t)length);
        assert_true(result == -EINVAL || result <= length);
    }
    memcpy(head.file, "a\nb", 4);
    assert_int_equal(saved_head_write(&head, text), -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(reports_are_checked), cmocka_unit_test(ends_that_are_no_signal),
                                       cmocka_unit_test(heads_survive)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
