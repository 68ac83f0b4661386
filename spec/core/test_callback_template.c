#include "tap.h"
#include "core/callback/callback.h"
#include "core/callback/json.h"
#include "core/callback/template.h"

#define MIXED "$a${object}$$(b)$(c d)${x:\xe4\xb8\xad}${}${ e}${size"

static void
test_parts(void)
{
    static const struct {
        enum los_part_type type;
        const char *text, *name;
    } want[] = {
        {LOS_PART_TEXT, "$a", ""},
        {LOS_PART_NAME, "${object}", "object"},
        {LOS_PART_TEXT, "$", ""},
        {LOS_PART_PARENTHESES, "$(b)", "b"},
        {LOS_PART_TEXT, "$(c d)", ""},
        {LOS_PART_NAME, "${x:\xe4\xb8\xad}", "x:\xe4\xb8\xad"},
        {LOS_PART_BROKEN, "${", ""},
        {LOS_PART_TEXT, "}", ""},
        {LOS_PART_BROKEN, "${", ""},
        {LOS_PART_TEXT, " e}", ""},
        {LOS_PART_BROKEN, "${", ""},
        {LOS_PART_TEXT, "size", ""},
    };
    los_str rest = guarded_str(LOS_STR(MIXED));
    struct los_part part;
    size_t i;

    for (i = 0; i < sizeof(want) / sizeof(*want); i++) {
        ok(los_template_next(&rest, &part), "part %d", (int)i);
        is_int(part.type, want[i].type, "part %d: type", (int)i);
        is_str(part.text, want[i].text, "part %d: text", (int)i);
        is_str(part.name, want[i].name, "part %d: name", (int)i);
    }
    ok(!los_template_next(&rest, &part), "no more parts");
}

/* Whatever the text: its parts are the text, and there is an end. */
static void
test_truncated_parts(void)
{
    size_t n, wrong = 0;

    for (n = 0; n <= sizeof(MIXED) - 1; n++) {
        los_str text = guarded_str(los_str_of(MIXED, n)), rest = text;
        struct los_part part;
        size_t sum = 0;

        while (los_template_next(&rest, &part)) {
            wrong += part.text.n == 0 || part.text.p != text.p + sum;
            sum += part.text.n;
        }
        wrong += sum != n;
    }
    is_int(wrong, 0, "parts of every beginning");
}

static void
test_names(void)
{
    size_t i, n = 0;

    for (i = 0; los_value_name(i).n > 0; i++)
        n += los_value_kind(los_value_name(i)) != LOS_VALUE_UNKNOWN;
    is_int(n, 14, "system variables");
    is_int(los_value_kind(LOS_STR("size")), LOS_VALUE_NUMBER, "size");
    is_int(los_value_kind(LOS_STR("imageInfo.width")), LOS_VALUE_IMAGE_SIZE,
           "imageInfo.width");
    is_int(los_value_kind(LOS_STR("crc64")), LOS_VALUE_STRING, "crc64");
    is_int(los_value_kind(LOS_STR("x:size")), LOS_VALUE_STRING, "x:size");
    is_int(los_value_kind(LOS_STR("x:")), LOS_VALUE_UNKNOWN, "x:");
    is_int(los_value_kind(LOS_STR("Size")), LOS_VALUE_UNKNOWN, "Size");
    is_int(los_value_kind(LOS_STR("")), LOS_VALUE_UNKNOWN, "no name");
}

static const struct los_callback_var values[] = {
    {{"object", 6}, {"a/\"\xe4\xb8\xad ~", 8}},
    {{"size", 4}, {"42", 2}},
    {{"x:v", 3}, {"${size}\n", 8}},
    {{"etag", 4}, {"\xff", 1}},
};

static void
test_expand(void)
{
    static const struct {
        int json, code;
        const char *body, *want;
    } cases[] = {
        {0, LOS_OK, "o=${object}&s=${size}&v=${x:v}&w=${x:w}",
         "o=a%2F%22%E4%B8%AD%20~&s=42&v=%24%7Bsize%7D%0A&w="},
        {1, LOS_OK, "[${object},${size},${x:v},${x:w}]",
         "[\"a/\\\"\xe4\xb8\xad ~\",42,\"${size}\\n\",\"\"]"},
        {1, LOS_OK, "\"${imageInfo.width}${size}\"", "\"42\""},
        {1, LOS_OK, "${imageInfo.format}", "\"\""},
        {0, LOS_OK, "${etag}", "%FF"},
        {1, LOS_E_ENCODING, "${size}${etag}", ""},
        {0, LOS_E_ARGUMENT, "a${sze}", ""},
        {0, LOS_E_ARGUMENT, "a$(size)", ""},
        {1, LOS_E_ARGUMENT, "a${size", ""},
        {0, LOS_OK, "", ""},
    };
    struct los_buf out;
    char want[200];
    size_t i;

    los_buf_init(&out, 1000);
    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        los_buf_reset(&out);
        los_buf_add_char(&out, '>');
        is_int(los_template_expand(guarded_str(str(cases[i].body)),
                                   cases[i].json, values, 4, &out),
               cases[i].code, "expand %s", cases[i].body);
        snprintf(want, sizeof(want), ">%s", cases[i].want);
        is_str(los_buf_str(&out), want, "expand %s: text", cases[i].body);
    }
    los_buf_free(&out);
    los_buf_init(&out, 4);
    is_int(los_template_expand(LOS_STR("12345"), 0, NULL, 0, &out),
           LOS_E_LIMIT, "no room");
    is_int(out.n, 0, "no room: nothing appended");
    los_buf_free(&out);
}

static void
test_json(void)
{
    static const struct {
        const char *text;
        int valid;
        size_t where;
    } cases[] = {
        {"{}", 1, 0},
        {" [ ] ", 1, 0},
        {"[{\"a\":[1,-0.5e-7,2E+3,true,false,null,\"\\u00ff\\/\"]}]", 1, 0},
        {"\"\xe4\xb8\xad\"", 1, 0},
        {"", 0, 0},
        {" ", 0, 1},
        {"{", 0, 1},
        {"{\"a\"}", 0, 4},
        {"{\"a\":}", 0, 5},
        {"{\"a\":1,}", 0, 7},
        {"{1:2}", 0, 1},
        {"[1 2]", 0, 3},
        {"[1]]", 0, 3},
        {"[1", 0, 2},
        {"01", 0, 1},
        {"-", 0, 1},
        {"1.", 0, 2},
        {"1e", 0, 2},
        {".5", 0, 0},
        {"tru", 0, 3},
        {"nulll", 0, 4},
        {"\"", 0, 1},
        {"\"\\", 0, 2},
        {"\"\\u12g4\"", 0, 5},
        {"\"a\nb\"", 0, 2},
        {"NaN", 0, 0},
        {"'a'", 0, 0},
    };
    char deep[2 * LOS_JSON_DEPTH + 2];
    size_t i, where;

    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        los_str text = guarded_str(str(cases[i].text));
        int valid = los_json_is_valid(text, &where);

        is_int(valid, cases[i].valid, "json %s", cases[i].text);
        is_int(where, valid ? text.n : cases[i].where, "json %s: where",
               cases[i].text);
    }
    memset(deep, '[', LOS_JSON_DEPTH);
    memset(deep + LOS_JSON_DEPTH, ']', LOS_JSON_DEPTH);
    ok(los_json_is_valid(los_str_of(deep, 2 * LOS_JSON_DEPTH), &where),
       "deep");
    memset(deep, '[', LOS_JSON_DEPTH + 1);
    memset(deep + LOS_JSON_DEPTH + 1, ']', LOS_JSON_DEPTH + 1);
    ok(!los_json_is_valid(los_str_of(deep, sizeof(deep)), &where), "too deep");
}

static int
expand_scenario(void)
{
    struct los_buf out;
    int code;

    los_buf_init(&out, 10000);
    code = los_template_expand(
        LOS_STR("[${object},${size},${x:v},\"some constant text, long enough "
                "for a second allocation while it grows\"]"),
        1, values, 4, &out);
    los_buf_free(&out);
    return code;
}

int
main(void)
{
    test_parts();
    test_truncated_parts();
    test_names();
    test_expand();
    test_json();
    torture("expand", expand_scenario);
    return done();
}
