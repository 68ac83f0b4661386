#include "tap.h"
#include "core/encode.h"

static struct los_buf out;

static los_str
result(void)
{
    return los_buf_str(&out);
}

static los_str
fresh(const char *text, size_t n)
{
    los_buf_reset(&out);
    return guarded_str(los_str_of(text, n));
}

/* RFC 4648, section 10 */
static void
test_base64(void)
{
    static const char *const pairs[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xff\xfe\xfd>?", "//79Pj8="},
    };
    static const char *const broken[] = {
        "Z",
        "Zg",
        "Zg=",
        "Zg===",
        "=",
        "====",
        "Zg==Zg==",
        "Zh==",
        "Zm9=",
        "Z g=",
        "Zg=\n",
        "Zm9v\n",
        "Zm9-",
        "Zm9_",
        "Z===",
        "Zm=v",
        "\xff\xff\xff\xff",
        "Zm9vYg==\n",
        "Zm9vZg=A",
    };
    size_t i;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const char *raw = pairs[i][0], *coded = pairs[i][1];

        los_add_base64(&out, fresh(raw, strlen(raw)));
        is_str(result(), coded, "base64 of %d bytes", (int)strlen(raw));
        is_int(los_add_unbase64(&out, fresh(coded, strlen(coded))), LOS_OK,
               "decodes");
        is_str(result(), raw, "to the same");
    }
    for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        los_str in = fresh(broken[i], strlen(broken[i]));

        los_buf_add_char(&out, '!');
        is_int(los_add_unbase64(&out, in), LOS_E_ENCODING, "broken base64 %d",
               (int)i);
        is_str(result(), "!", "appends nothing");
    }
    is_int(los_add_unbase64(&out, fresh("Zm9\0", 4)), LOS_E_ENCODING, "NUL");
}

static void
test_every_byte(void)
{
    char all[256];
    int i;

    for (i = 0; i < 256; i++)
        all[i] = (char)i;
    los_add_hex(&out, fresh(all, 256));
    ok(result().n == 512 && memcmp(result().p, "000102", 6) == 0
           && memcmp(result().p + 506, "fdfeff", 6) == 0,
       "hex of every byte");
    for (i = 0; i < 2; i++) {
        los_str coded;

        los_add_percent(&out, fresh(all, 256), i);
        coded = guarded_str(result());
        is_int(coded.n, i ? 66 + 1 + 189 * 3 : 66 + 190 * 3,
               "only 66 bytes%s stay", i ? " and the slash" : "");
        los_buf_reset(&out);
        is_int(los_add_unpercent(&out, coded), LOS_OK, "decodes");
        ok(result().n == 256 && memcmp(result().p, all, 256) == 0,
           "to the same");
    }
}

static void
test_percent(void)
{
    static const char *const broken[] = {"%",   "a%",   "%4",    "%4g",
                                         "%g4", "%%41", "abc%2", "% 41"};
    size_t i;

    los_add_percent(&out, fresh("a b/c~+%", 8), 0);
    is_str(result(), "a%20b%2Fc~%2B%25", "percent");
    los_add_percent(&out, fresh("a b/c", 5), 1);
    is_str(result(), "a%20b/c", "slash kept");
    los_add_unpercent(&out, fresh("a+b%2b%2B%e4", 12));
    is_str(result(), "a+b++\xe4", "plus stays, either case");
    for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
        is_int(los_add_unpercent(&out, fresh(broken[i], strlen(broken[i]))),
               LOS_E_ENCODING, "broken escape \"%s\"", broken[i]);
    ok(result().n == 0, "appends nothing");
}

static void
test_utf8(void)
{
    static const char *const good[] = {
        "",
        "a",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "\xe5\x80\xbc a",
    };
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc2",
        "\xc2 ",
        "\xe0\x9f\xbf",
        "\xe0\xa0",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xf0\x90\x80",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "a\xe5\x80",
        "\xe5\x80\xc0",
    };
    size_t i;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        ok(los_is_utf8(fresh(good[i], strlen(good[i]))), "UTF-8 %d", (int)i);
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        los_str in = fresh(bad[i], strlen(bad[i]));

        ok(!los_is_utf8(in), "not UTF-8 %d", (int)i);
        is_int(los_add_json_string(&out, in), LOS_E_ENCODING, "nor JSON");
    }
    ok(result().n == 0, "appends nothing");
}

static void
test_json(void)
{
    is_int(los_add_json_string(
               &out, fresh("\"\\/&\b\f\n\r\t\x01\x1f\x7f\0\xe5\x80\xbc", 16)),
           LOS_OK, "JSON string");
    is_str(result(),
           "\"\\\"\\\\/&\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\\u0000\xe5\x80"
           "\xbc\"",
           "escapes what must be and keeps the rest");
}

static int
scenario(void)
{
    struct los_buf b;
    char text[300];
    int code;

    memset(text, '%', sizeof(text));
    los_buf_init(&b, 100000);
    los_add_percent(&b, los_str_of(text, sizeof(text)), 0);
    los_add_base64(&b, los_str_of(text, sizeof(text)));
    los_add_hex(&b, los_str_of(text, sizeof(text)));
    los_add_json_string(&b, los_str_of(text, sizeof(text)));
    code = los_buf_error(&b);
    los_buf_free(&b);
    return code;
}

int
main(void)
{
    los_buf_init(&out, 100000);
    test_base64();
    test_every_byte();
    test_percent();
    test_utf8();
    test_json();
    los_buf_free(&out);
    torture("encoding", scenario);
    return done();
}
