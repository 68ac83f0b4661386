#include "tap.h"
#include "core/buf.h"

static int
scenario(void)
{
    struct los_buf b;
    int i, code;

    los_buf_init(&b, 100000);
    for (i = 0; i < 1000; i++)
        los_buf_add_str(&b, LOS_STR("0123456789"));
    code = los_buf_error(&b);
    los_buf_free(&b);
    return code;
}

static void
test_append(void)
{
    struct los_buf b;
    char *room;

    los_buf_init(&b, 1000);
    ok(los_buf_str(&b).n == 0 && los_buf_str(&b).p != NULL, "empty");
    los_buf_add(&b, "abc", 3);
    los_buf_add(&b, NULL, 0);
    los_buf_add_char(&b, '-');
    los_buf_add_u64(&b, 0);
    los_buf_add_char(&b, '-');
    los_buf_add_u64(&b, UINT64_MAX);
    room = los_buf_extend(&b, 2);
    ok(room != NULL, "room");
    memcpy(room, "xy", 2);
    is_str(los_buf_str(&b), "abc-0-18446744073709551615xy", "content");
    los_buf_truncate(&b, 4);
    los_buf_truncate(&b, 40);
    is_str(los_buf_str(&b), "abc-", "truncated");
    is_int(los_buf_error(&b), LOS_OK, "no error");
    los_buf_free(&b);
    ok(b.p == NULL && b.max == 1000, "usable after free");
    los_buf_add_char(&b, 'z');
    is_str(los_buf_str(&b), "z", "used after free");
    los_buf_free(&b);
}

static void
test_limit(void)
{
    struct los_buf b;
    char *before;

    los_buf_init(&b, 100);
    los_buf_add(&b, "0123456789", 10);
    ok(los_buf_extend(&b, 91) == NULL, "one too many");
    is_int(los_buf_error(&b), LOS_E_LIMIT, "is an error");
    los_buf_add_char(&b, 'x');
    is_str(los_buf_str(&b), "0123456789", "nothing is added after it");
    los_buf_reset(&b);
    ok(los_buf_extend(&b, SIZE_MAX) == NULL, "size overflow");
    los_buf_reset(&b);
    is_int(los_buf_error(&b), LOS_OK, "reset clears the error");
    ok(los_buf_extend(&b, 100) != NULL, "exactly the limit");
    ok(los_buf_extend(&b, 0) != NULL, "nothing more is allowed");
    before = b.p;
    los_buf_reset(&b);
    los_buf_add(&b, "0123456789", 10);
    ok(b.p == before, "reset keeps the storage");
    los_buf_free(&b);
}

static void
test_secrets(void)
{
    char secret[] = "secret";

    los_wipe(secret, sizeof(secret));
    ok(memcmp(secret, "\0\0\0\0\0\0\0", 7) == 0, "wiped");
    ok(los_equal_secret(LOS_STR("abc"), LOS_STR("abc")), "equal");
    ok(!los_equal_secret(LOS_STR("abc"), LOS_STR("abd")), "last differs");
    ok(!los_equal_secret(LOS_STR("abc"), LOS_STR("bbc")), "first differs");
    ok(!los_equal_secret(LOS_STR("abc"), LOS_STR("ab")), "length differs");
    ok(los_equal_secret(LOS_STR(""), LOS_STR("")), "both empty");
}

int
main(void)
{
    test_append();
    test_limit();
    test_secrets();
    torture("growing", scenario);
    return done();
}
