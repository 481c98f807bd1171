/* wire: messages and requests survive the way, and nothing else is taken for one; channel and mailbox. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire/channel.h"
#include "wire/mailbox.h"
#include "wire/message.h"
#include "wire/request.h"

static struct wire_request sample(struct wire_field *fields) {
    fields[0] = (struct wire_field){"Host", "h"};
    fields[1] = (struct wire_field){"X-Empty", ""};
    return (struct wire_request){.plugin = 3,
                                 .name = "REPORT",
                                 .minor = 1,
                                 .keep = 1,
                                 .connection = 1ull << 40,
                                 .id = 9,
                                 .request_id = "id",
                                 .target = "/a?b",
                                 .path = "/a",
                                 .route_length = 2,
                                 .query = "b",
                                 .from = "/from",
                                 .from_status = 404,
                                 .host = "h",
                                 .remote_addr = "::1",
                                 .remote_port = 1234,
                                 .server_addr = "",
                                 .server_port = 80,
                                 .body_kind = WIRE_BODY_INLINE,
                                 .body = "a\0b",
                                 .body_length = 3,
                                 .field_count = 2,
                                 .fields = fields};
}

static void request_survives(void **state) {
    (void)state;
    struct wire_field in[2], out[2];
    struct wire_request r = sample(in);
    unsigned char packed[1024];
    long length = wire_request_pack(&r, packed, sizeof(packed));
    assert_true(length > 0);
    struct wire_request got = {.fields = out, .field_capacity = 2};
    assert_int_equal(wire_request_unpack(&got, packed, (size_t)length), 0);
    assert_string_equal(got.name, "REPORT");
    assert_string_equal(got.target, "/a?b");
    assert_string_equal(got.from, "/from");
    assert_int_equal(got.from_status, 404);
    assert_string_equal(got.fields[1].name, "X-Empty");
    assert_string_equal(got.fields[1].value, "");
    assert_int_equal(got.body_length, 3);
    assert_memory_equal(got.body, "a\0b", 4);
    assert_true(got.connection == 1ull << 40);
    got.field_capacity = 1;
    assert_int_equal(wire_request_unpack(&got, packed, (size_t)length), -EPROTO);
}

/* Every shorter and longer form is refused; every flipped byte is refused or harmless (sanitizers watch). */
static void request_is_exact(void **state) {
    (void)state;
    struct wire_field in[2], out[8];
    struct wire_request r = sample(in);
    unsigned char packed[1024], spoiled[1024];
    size_t length = (size_t)wire_request_pack(&r, packed, sizeof(packed));
    for (size_t n = 0; n < length; n++) {
        unsigned char *exact = malloc(n ? n : 1);
        memcpy(exact, packed, n);
        struct wire_request got = {.fields = out, .field_capacity = 8};
        assert_int_equal(wire_request_unpack(&got, exact, n), -EPROTO);
        free(exact);
        assert_int_equal(wire_request_pack(&r, spoiled, n), -EMSGSIZE);
    }
    struct wire_request more = {.fields = out, .field_capacity = 8};
    assert_int_equal(wire_request_unpack(&more, packed, length + 1), -EPROTO);
    for (size_t at = 0; at < length; at++) {
        for (int bit = 0; bit < 8; bit++) {
            memcpy(spoiled, packed, length);
            spoiled[at] ^= (unsigned char)(1 << bit);
            struct wire_request got = {.fields = out, .field_capacity = 8};
            (void)wire_request_unpack(&got, spoiled, length);
        }
    }
}

static void messages_survive(void **state) {
    (void)state;
    unsigned char m[CHANNEL_MESSAGE_MAX];
    struct wire_start start = {.folder = "/p", .spool = "/tmp", .response_limit = 7, .send_turn = 8, .log_level = 5};
    start.option_count = 1;
    start.options[0] = (struct wire_option){"file", "root", "/srv"};
    start.user = "nobody";
    start.uid = 65534;
    start.files_limit = 9;
    start.sandbox = 1;
    start.needs = "read:/srv";
    start.bound = "read:/";
    start.first = 1;
    start.global_count = WIRE_GLOBALS_MAX;
    for (size_t i = 0; i < WIRE_GLOBALS_MAX; i++) {
        start.globals[i] = "perl";
    }
    long n = wire_start_pack(&start, m);
    struct wire_start got;
    assert_int_equal(wire_start_unpack(&got, m, (size_t)n), 0);
    assert_string_equal(got.options[0].value, "/srv");
    assert_string_equal(got.user, "nobody");
    assert_int_equal(got.uid, 65534);
    assert_int_equal(got.files_limit, 9);
    assert_int_equal(got.sandbox, 1);
    assert_string_equal(got.needs, "read:/srv");
    assert_string_equal(got.bound, "read:/");
    assert_int_equal(got.first, 1);
    assert_int_equal(got.global_count, WIRE_GLOBALS_MAX);
    assert_string_equal(got.globals[WIRE_GLOBALS_MAX - 1], "perl");
    start.global_count = 1;
    long one = wire_start_pack(&start, m);
    assert_int_equal(wire_start_unpack(&got, m, (size_t)one - 1), -EPROTO);
    start.global_count = 0;
    long none = wire_start_pack(&start, m);
    uint32_t too_many = WIRE_GLOBALS_MAX + 1;
    memcpy(m + none - sizeof(too_many), &too_many, sizeof(too_many));
    assert_int_equal(wire_start_unpack(&got, m, (size_t)none), -EPROTO);
    start.global_count = WIRE_GLOBALS_MAX;
    assert_int_equal(wire_start_pack(&start, m), n);
    assert_int_equal(wire_kind(m, (size_t)n), WIRE_START);

    struct wire_post post = {.slot = 3, .sequence = 1ull << 50}, post_got;
    n = wire_post_pack(&post, m);
    assert_int_equal(wire_post_unpack(&post_got, m, (size_t)n), 0);
    assert_true(post_got.sequence == post.sequence && post_got.slot == 3);
    assert_int_equal(wire_post_unpack(&post_got, m, (size_t)n - 1), -EPROTO);
    assert_int_equal(wire_ready_unpack(m, (size_t)n), -EPROTO);

    struct wire_plugin p = {.file = "a.so", .reason = "no"}, p_got;
    n = wire_plugin_pack(&p, m);
    assert_int_equal(wire_plugin_unpack(&p_got, m, (size_t)n), 0);
    assert_string_equal(p_got.reason, "no");
    p.reason = NULL; /* then it must have a name and a route */
    n = wire_plugin_pack(&p, m);
    assert_int_equal(wire_plugin_unpack(&p_got, m, (size_t)n), -EPROTO);

    struct wire_tail tail = {.slot = 1, .sequence = 2, .count = 1, .segments = {{0, 10, 20}}}, tail_got;
    n = wire_tail_pack(&tail, m);
    assert_int_equal(wire_tail_unpack(&tail_got, m, (size_t)n), 0);
    assert_int_equal(tail_got.segments[0].length, 20);
    uint32_t many = WIRE_SEGMENTS_MAX + 1;
    memcpy(m + 16, &many, sizeof(many));
    assert_int_equal(wire_tail_unpack(&tail_got, m, (size_t)n), -EPROTO);
    assert_int_equal(wire_kind("x", 1), 0);
}

/* More descriptors than a message of ours has, so many as the kernel takes. */
static void flood_send(int channel, int fd) {
    enum { MANY = 253 };
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(MANY * sizeof(int))];
    } control = {
        .header = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(MANY * sizeof(int))}};
    char byte = 'x';
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    const struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    for (size_t i = 0; i < MANY; i++) {
        memcpy(CMSG_DATA(&control.header) + i * sizeof(fd), &fd, sizeof(fd));
    }
    assert_int_equal(sendmsg(channel, &message, 0), 1);
}

static void channel_carries_descriptors(void **state) {
    (void)state;
    int pair[2], fds[CHANNEL_FDS_MAX], pipes[2];
    size_t count;
    char data[16];
    assert_int_equal(channel_pair(pair), 0);
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(channel_receive(pair[0], data, sizeof(data), fds, &count), -EAGAIN);
    assert_int_equal(channel_send(pair[1], "hi", 2, pipes, 2), 0);
    assert_int_equal(channel_receive(pair[0], data, sizeof(data), fds, &count), 2);
    assert_int_equal(count, 2);
    assert_int_equal(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(channel_send(pair[1], "too long for it", 15, pipes, 2), 0);
    assert_int_equal(channel_receive(pair[0], data, 4, fds, &count), -EMSGSIZE);
    assert_int_equal(count, 0);
    flood_send(pair[1], pipes[0]);
    assert_int_equal(channel_receive(pair[0], data, sizeof(data), fds, &count), -EPROTO);
    assert_int_equal(count, 0);
    assert_int_equal(dup(pipes[0]), pipes[1] + 1); /* all are closed */
    close(pipes[1] + 1);
    close(pair[1]);
    assert_int_equal(channel_receive(pair[0], data, sizeof(data), fds, &count), 0);
    assert_int_equal(channel_send(pair[0], "x", 1, NULL, 0), -EPIPE);
    close(pair[0]);
    close(pipes[0]);
    close(pipes[1]);
}

static void mailbox_is_shared_and_sealed(void **state) {
    (void)state;
    struct mailbox mine = {0}, theirs = {0};
    int fd;
    assert_int_equal(mailbox_create(&mine, 8, 1000, &fd), 0);
    assert_int_equal(ftruncate(fd, 0), -1); /* it could make the other side fault */
    assert_int_equal(errno, EPERM);
    assert_int_equal(mailbox_open(&theirs, fd), 0);
    assert_int_equal(theirs.count, 8);
    assert_int_equal(theirs.capacity, 1000);
    memset(mailbox_request(&mine, 7), 'x', 1000);
    assert_int_equal(mailbox_request(&theirs, 7)[999], 'x');
    assert_int_equal((uintptr_t)mailbox_slot(&mine, 3) % 64, 0);
    slot_post(&mailbox_slot(&mine, 3)->slot, 5);
    assert_true(slot_take(&mailbox_slot(&theirs, 3)->slot, 5));
    mine.shared->count = 4000; /* a lie: what was mapped does not agree */
    struct mailbox third = {0};
    assert_int_equal(mailbox_open(&third, fd), -EPROTO);
    assert_int_equal(mine.count, 8);
    mailbox_close(&mine);
    mailbox_close(&theirs);
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_survives),
        cmocka_unit_test(request_is_exact),
        cmocka_unit_test(messages_survive),
        cmocka_unit_test(channel_carries_descriptors),
        cmocka_unit_test(mailbox_is_shared_and_sealed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
