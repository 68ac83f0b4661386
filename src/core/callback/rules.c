#include "core/callback/rules.h"
#include "core/callback/callback.h"
#include "core/encode.h"

#define PIECE_MAX 60

static const struct los_callback_rule_info rules[] = {
#define RULE_ROW(constant, field, name, severity, text, cure)                 \
    {field, name, LOS_RULE_##severity, text, cure},
    LOS_CALLBACK_RULES(RULE_ROW)
#undef RULE_ROW
};

const struct los_callback_rule_info *
los_callback_rule_info(enum los_callback_rule rule)
{
    if (rule <= LOS_RULE_NONE || rule >= LOS_RULE_COUNT)
        return NULL;
    return &rules[rule - 1];
}

static void
add_text(struct los_buf *out, const char *text)
{
    los_buf_add(out, text, strlen(text));
}

/* Whatever the bytes are, one line of readable text comes out. */
static void
add_piece(struct los_buf *out, los_str piece)
{
    size_t n = piece.n > PIECE_MAX ? PIECE_MAX : piece.n;
    size_t i;
    int utf8;

    while (n < piece.n && n > 0 && ((unsigned char)piece.p[n] & 0xc0) == 0x80)
        n--; /* not in the middle of a character */
    utf8 = los_is_utf8(los_str_of(piece.p, n));
    for (i = 0; i < n; i++) {
        unsigned char c = (unsigned char)piece.p[i];

        if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8)) {
            add_text(out, "\\x");
            los_add_hex(out, los_str_of(piece.p + i, 1));
        } else {
            los_buf_add_char(out, (char)c);
        }
    }
    if (n < piece.n)
        add_text(out, "...");
}

/* The name in a piece: of a placeholder, or a variable's bare one. */
static los_str
name_in(los_str piece)
{
    if (piece.n > 3 && piece.p[0] == '$')
        return los_str_of(piece.p + 2, piece.n - 3);
    return los_var_bare(piece);
}

void
los_callback_cure_write(const struct los_callback_problem *problem,
                        struct los_buf *out)
{
    const struct los_callback_rule_info *rule =
        los_callback_rule_info(problem->rule);
    const char *p;

    for (p = rule != NULL ? rule->cure : ""; *p != '\0'; p++) {
        if (*p == '@')
            add_piece(out, name_in(problem->piece));
        else
            los_buf_add_char(out, *p);
    }
}

void
los_callback_problem_write(const struct los_callback_problem *problem,
                           struct los_buf *out)
{
    const struct los_callback_rule_info *rule =
        los_callback_rule_info(problem->rule);

    if (rule == NULL)
        return;
    add_text(out, "callback.");
    add_text(out, rule->field);
    if (problem->index != LOS_NO_INDEX) {
        los_buf_add_char(out, '[');
        los_buf_add_u64(out, (uint64_t)problem->index + 1);
        los_buf_add_char(out, ']');
    }
    add_text(out, ": ");
    add_text(out, rule->text);
    if (problem->piece.n > 0) {
        add_text(out, ": '");
        add_piece(out, problem->piece);
        add_text(out, "'");
    }
    if (problem->nearest.n > 0) {
        add_text(out, "; did you mean ${");
        add_text(out, problem->nearest_var ? "x:" : "");
        add_piece(out, problem->nearest);
        add_text(out, "}?");
    } else {
        add_text(out, "; ");
        los_callback_cure_write(problem, out);
    }
    add_text(out, " [");
    add_text(out, rule->name);
    add_text(out, "]");
}
