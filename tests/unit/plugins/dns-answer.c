/* dns-answer.c: answers of name servers, made by hand: what is in them, cut at each place, and hostile ones. */
#include "../../../plugins/dns-unbound/answer.h"

#define HEADER(rcode, answers, authorities) "pl\x81" rcode "\0\1\0" answers "\0" authorities "\0\0"
#define QUESTION "\4mail\4TEST\0\0\x0f\0\1"
#define AT_QUESTION "\xc0\x0c"

typedef struct
{
  const char *bytes;
  gsize len;
  guint32 type;
  guint32 status;
  const char *text; /* of the rows, with commas; NULL: an error */
  gint64 ttl;
} Case;

#define CASE(bytes, ...)                                                                                               \
  {                                                                                                                    \
    bytes, sizeof (bytes) - 1, __VA_ARGS__                                                                             \
  }

static const Case cases[] = {
  CASE (HEADER ("\x80", "\1", "\0") QUESTION AT_QUESTION "\0\x0f\0\1\0\0\0\x3c\0\7\0\x0a\2MX" AT_QUESTION, PLI_DNS_MX,
        PLI_DNS_FOUND, "mx.mail.test", 60),
  CASE (HEADER ("\x80", "\1", "\0") QUESTION AT_QUESTION "\0\x0f\0\1\0\0\0\x3c\0\3\0\0\0", PLI_DNS_MX, PLI_DNS_FOUND,
        "", 60),
  CASE (HEADER ("\x80", "\1", "\0") QUESTION AT_QUESTION "\0\1\0\1\0\0\0\5\0\4\xc0\0\2\1", PLI_DNS_A, PLI_DNS_FOUND,
        "192.0.2.1", 5),
  CASE (HEADER ("\x80", "\1", "\0") QUESTION AT_QUESTION "\0\x10\0\1\0\0\0\5\0\6\2ab\2c\0", PLI_DNS_TXT, PLI_DNS_FOUND,
        "abc?", 5),
  /* A chain; the last record is of nobody who was asked for. */
  CASE (HEADER ("\x80", "\3", "\0") QUESTION AT_QUESTION "\0\5\0\1\0\0\0\2\0\4\1b" AT_QUESTION "\1b" AT_QUESTION
                                                         "\0\1\0\1\0\0\0\5\0\4\xc0\0\2\2"
                                                         "\1x" AT_QUESTION "\0\1\0\1\0\0\0\1\0\4\xc0\0\2\3",
        PLI_DNS_A, PLI_DNS_FOUND, "192.0.2.2", 2),
  /* What a name cannot have is written as people write it. */
  CASE (HEADER ("\x80", "\1", "\0") QUESTION AT_QUESTION "\0\5\0\1\0\0\0\2\0\6\4a.\xff \0", PLI_DNS_CNAME,
        PLI_DNS_FOUND, "a\\046\\255\\032", 2),
  /* Not there: the SOA says for how long, 7 s by its minimum. */
  CASE (HEADER ("\x80", "\0", "\1") QUESTION AT_QUESTION "\0\6\0\1\0\0\0\x3c\0\x18" AT_QUESTION AT_QUESTION
                                                         "\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\7",
        PLI_DNS_A, PLI_DNS_NO_DATA, "", 7),
  CASE (HEADER ("\x83", "\0", "\1") QUESTION AT_QUESTION "\0\6\0\1\0\0\0\x3c\0\x18" AT_QUESTION AT_QUESTION
                                                         "\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\7",
        PLI_DNS_A, PLI_DNS_NO_NAME, "", 7),
  CASE (HEADER ("\x83", "\0", "\0") QUESTION, PLI_DNS_A, PLI_DNS_NO_NAME, "", 0),
  /* Failures of the server, and of whoever wrote this. */
  CASE (HEADER ("\x82", "\0", "\0") QUESTION, PLI_DNS_A, 0, NULL, 0),
  CASE (HEADER ("\x85", "\0", "\0") QUESTION, PLI_DNS_A, 0, NULL, 0),
  CASE (HEADER ("\x80", "\1", "\0") QUESTION "\xc0\x1b\0\1\0\1\0\0\0\5\0\4\xc0\0\2\1", PLI_DNS_A, 0, NULL,
        0), /* itself */
  CASE (HEADER ("\x80", "\1", "\0") QUESTION "\xff\xff\0\1\0\1\0\0\0\5\0\4\xc0\0\2\1", PLI_DNS_A, 0, NULL, 0),
  CASE (HEADER ("\x80", "\1", "\0") QUESTION "\x81" AT_QUESTION "\0\1\0\1\0\0\0\5\0\4\xc0\0\2\1", PLI_DNS_A, 0, NULL,
        0),
  CASE (HEADER ("\x80", "\1", "\0") QUESTION AT_QUESTION "\0\1\0\1\0\0\0\5\0\5\xc0\0\2\1\1", PLI_DNS_A, 0, NULL, 0),
  CASE (HEADER ("\x80", "\1", "\0") QUESTION AT_QUESTION "\0\x10\0\1\0\0\0\5\0\3\3ab", PLI_DNS_TXT, 0, NULL, 0),
  CASE (HEADER ("\x80", "\1", "\0") QUESTION AT_QUESTION "\0\x0f\0\1\0\0\0\5\0\1\0", PLI_DNS_MX, 0, NULL, 0),
  /* Data behind the name. */
  CASE (HEADER ("\x80", "\1", "\0") QUESTION AT_QUESTION "\0\x0f\0\1\0\0\0\5\0\6\0\1\1a\0z", PLI_DNS_MX, 0, NULL, 0),
};

static char *
parse (const Case *c, gsize len, PliDnsResult *out, GError **error)
{
  /* On the heap, so that a byte too far is seen. */
  g_autofree char *packet = g_memdup2 (c->bytes, len);
  g_autoptr (PliArena) arena = pli_arena_new ();
  GString *text;

  memset (out, 0, sizeof *out);
  if (!dns_answer_parse (pli_span (packet, len), c->type, 10, arena, out, error))
    return NULL;
  text = g_string_new (NULL);
  for (guint i = 0; i < out->n_rows; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "," : "", out->rows[i].text);
  return g_string_free (text, FALSE);
}

static void
test_answers (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      PliDnsResult result;
      g_autofree char *text = parse (&cases[i], cases[i].len, &result, &error);

      g_test_message ("case %u", i);
      g_assert_cmpstr (text, ==, cases[i].text);
      if (!text)
        {
          g_assert_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN);
          continue;
        }
      g_assert_no_error (error);
      g_assert_cmpuint (result.status, ==, cases[i].status);
      g_assert_cmpint (result.ttl_us, ==, cases[i].ttl * (gint64) G_USEC_PER_SEC);
    }
}

/* What was cut off is never taken for an answer. */
static void
test_cut (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize len = 0; len < cases[i].len; len++)
      {
        g_autoptr (GError) error = NULL;
        PliDnsResult result;
        g_autofree char *text = parse (&cases[i], len, &result, &error);

        /* Only a SOA may be missing: that is what says how long nothing is there. */
        g_assert_true (text ? result.status != PLI_DNS_FOUND && result.ttl_us == 0 : error != NULL);
      }
}

static void
test_too_many (void)
{
  g_autoptr (GString) packet = g_string_new (NULL);
  static const char head[] = HEADER ("\x80", "\x0b", "\0") QUESTION;
  static const char row[] = AT_QUESTION "\0\1\0\1\0\0\0\5\0\4\xc0\0\2\1";
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autoptr (GError) error = NULL;
  PliDnsResult result;

  g_string_append_len (packet, head, sizeof head - 1);
  for (guint i = 0; i < 11; i++)
    g_string_append_len (packet, row, sizeof row - 1);
  g_assert_true (dns_answer_parse (pli_span (packet->str, packet->len), PLI_DNS_A, 11, arena, &result, NULL));
  g_assert_cmpuint (result.n_rows, ==, 11);
  g_assert_false (dns_answer_parse (pli_span (packet->str, packet->len), PLI_DNS_A, 10, arena, &result, &error));
  g_assert_error (error, PLI_ERROR, PLI_ERROR_LIMIT);
}

static void
test_questions (void)
{
  static const struct
  {
    const char *name;
    guint32 type;
    const char *asked;
  } questions[] = {
    { "a-b_c.example", PLI_DNS_A, "a-b_c.example" },
    { "*.example", PLI_DNS_TXT, "*.example" },
    { "192.0.2.1", PLI_DNS_PTR, "1.2.0.192.in-addr.arpa" },
    { "2001:db8::1", PLI_DNS_PTR, "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa" },
    { "", PLI_DNS_A, NULL },
    { ".", PLI_DNS_A, NULL },
    { "a.", PLI_DNS_A, NULL },
    { "a..b", PLI_DNS_A, NULL },
    { "a\\b", PLI_DNS_A, NULL },
    { "example", PLI_DNS_PTR, NULL },
    { "example", 6, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (questions); i++)
    {
      g_autofree char *asked = dns_question (questions[i].name, questions[i].type);

      g_assert_cmpstr (asked, ==, questions[i].asked);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dns-answer/answers", test_answers);
  g_test_add_func ("/dns-answer/cut", test_cut);
  g_test_add_func ("/dns-answer/too-many", test_too_many);
  g_test_add_func ("/dns-answer/questions", test_questions);
  return g_test_run ();
}
