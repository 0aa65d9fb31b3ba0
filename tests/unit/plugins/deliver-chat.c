/* deliver-chat.c: the client's side of SMTP and LMTP against scripted hosts, whole and split at every byte.
 *
 * A script's lines: "S: " the host says, "C: " it must get, "= " what the chat's owner must hear, "! " what happens to the
 * chat (secured, quit, lost, drained). Whatever was written or told and is not in the script fails the test. */
#include "../../../plugins/deliver/chat.h"

typedef struct
{
  const char *sender, *rcpts, *message; /* rcpts: with commas */
} Letter;

typedef struct
{
  const char *name;
  gboolean lmtp, no_password, private, more;
  gint tls;
  const char *login;
  gint64 recipients_max;
  gboolean no_pipelining;
  Letter letters[4];
  const char *script;
} Case;

typedef struct
{
  const Case *c;
  Chat *chat;
  DeliverSettings set;
  PliBuffer out, in;
  GString *told;
  gboolean ready;
  PliArena *arena;
  Mail mails[4];
  guint n_mails, at;
} Scene;

static void
tell (Scene *scene, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_string_append_vprintf (scene->told, format, args);
  g_string_append_c (scene->told, '\n');
  va_end (args);
}

static void
on_write (gpointer user, PliSpan bytes)
{
  pli_buffer_add_span (&((Scene *) user)->out, bytes);
}

static void
on_start_tls (gpointer user)
{
  tell (user, "tls");
}

static void
on_wait (gpointer user, gint64 us)
{
  (void) user;
  g_assert_cmpint (us, >=, 0);
}

static void
on_ready (gpointer user)
{
  ((Scene *) user)->ready = TRUE;
}

static Mail *
on_more (gpointer user)
{
  Scene *scene = user;

  return scene->c->more && scene->at < scene->n_mails ? &scene->mails[scene->at++] : NULL;
}

static void
on_sent (gpointer user, Mail *mail)
{
  static const char *const outcomes[] = { "taken", "later", "never" };
  Scene *scene = user;

  g_assert_cmpuint (mail->n_unsettled, ==, 0);
  for (guint i = 0; i < mail->n_rcpts; i++)
    tell (scene, "%s %s %u %s %s", mail->rcpts[i], outcomes[mail->sent[i].outcome], mail->sent[i].code,
          mail->sent[i].status, mail->sent[i].text);
}

static void
on_unsent (gpointer user, Mail *mail, const PliSent *why)
{
  Scene *scene = user;

  tell (scene, "unsent %u of %u: %s", mail->n_unsettled, mail->n_rcpts, why->text);
  mail_settle_rest (mail, why);
}

static void
on_over (gpointer user, const PliSent *why)
{
  if (why)
    tell (user, "over %s %s", why->status, why->text);
  else
    tell (user, "over");
}

static const ChatFuncs funcs = { on_write, on_start_tls, on_wait, on_ready, on_more, on_sent, on_unsent, on_over };

/* After each event, as a link does: the next mail goes when the chat is ready. */
static void
after (Scene *scene)
{
  while (scene->ready && scene->at < scene->n_mails)
    {
      scene->ready = FALSE;
      chat_send (scene->chat, &scene->mails[scene->at++]);
    }
}

static void
feed (Scene *scene, PliSpan bytes)
{
  gsize taken;

  pli_buffer_add_span (&scene->in, bytes);
  taken = chat_input (scene->chat, pli_buffer_span (&scene->in));
  pli_buffer_drop (&scene->in, taken);
  after (scene);
}

static void
expect (PliBuffer *got, const char *line, const char *line_end)
{
  g_autofree char *wanted = g_strconcat (line, line_end, NULL);
  g_autofree char *begins = g_strndup (got->data ? got->data : "", MIN (got->len, strlen (wanted)));

  g_assert_cmpstr (begins, ==, wanted);
  pli_buffer_drop (got, strlen (wanted));
}

static void
nothing_else (Scene *scene)
{
  g_autofree char *out = pli_span_dup (pli_buffer_span (&scene->out));

  g_assert_cmpstr (out && *out ? out : "", ==, "");
  g_assert_cmpstr (scene->told->str, ==, "");
}

static void
happen (Scene *scene, const char *what)
{
  if (g_str_equal (what, "secured"))
    chat_secured (scene->chat);
  else if (g_str_equal (what, "drained"))
    chat_drained (scene->chat);
  else if (g_str_equal (what, "quit"))
    chat_quit (scene->chat);
  else if (g_str_has_prefix (what, "lost "))
    chat_lost (scene->chat, what + 5);
  else
    g_assert_not_reached ();
  after (scene);
}

static void
play_line (Scene *scene, const char *line, gsize piece)
{
  if (g_str_has_prefix (line, "C: "))
    expect (&scene->out, line + 3, "\r\n");
  else if (g_str_has_prefix (line, "= "))
    {
      g_autofree char *told = g_strndup (scene->told->str, strlen (line) - 1);
      g_autofree char *wanted = g_strconcat (line + 2, "\n", NULL);

      g_assert_cmpstr (told, ==, wanted);
      g_string_erase (scene->told, 0, (gssize) strlen (line) - 1);
    }
  else
    {
      g_autofree char *said = g_strconcat (line + 3, "\r\n", NULL);

      nothing_else (scene);
      if (line[0] == '!')
        {
          happen (scene, line + 2);
          return;
        }
      g_assert_true (g_str_has_prefix (line, "S: "));
      for (gsize i = 0, len = strlen (said); i < len; i += piece)
        feed (scene, pli_span (said + i, MIN (piece, len - i)));
    }
}

static void
add_letter (Scene *scene, const Letter *letter)
{
  char **rcpts = g_strsplit (letter->rcpts, ",", 0);
  PliSendArgs *args = pli_arena_new0 (scene->arena, PliSendArgs);
  const char **copy = pli_arena_array (scene->arena, const char *, g_strv_length (rcpts) + 1);

  for (guint i = 0; rcpts[i]; i++)
    copy[i] = pli_arena_strdup (scene->arena, rcpts[i]);
  g_strfreev (rcpts);
  args->sender = letter->sender;
  args->rcpts = copy;
  args->message = pli_span_from (letter->message);
  mail_init (&scene->mails[scene->n_mails++], scene->arena, args);
}

static void
play (const Case *c, gsize piece)
{
  Scene scene = { .c = c, .told = g_string_new (NULL), .arena = pli_arena_new () };
  ChatOptions options = { .set = &scene.set,
                          .helo = "me.test",
                          .lmtp = c->lmtp,
                          .tls = c->tls,
                          .login = c->login,
                          .password = c->no_password ? NULL : "se:cret",
                          .private = c->private };
  g_auto (GStrv) lines = g_strsplit (c->script, "\n", 0);

  scene.set = (DeliverSettings){ .pipelining = !c->no_pipelining,
                                 .recipients_max = c->recipients_max ? c->recipients_max : 100,
                                 .reply_line_max = 512,
                                 .reply_lines_max = 16,
                                 .greeting_wait = 1,
                                 .hello_wait = 2,
                                 .mail_wait = 3,
                                 .end_wait = 4 };
  for (guint i = 0; i < G_N_ELEMENTS (c->letters) && c->letters[i].rcpts; i++)
    add_letter (&scene, &c->letters[i]);
  scene.chat = chat_new (&funcs, &scene, &options);
  for (guint i = 0; lines[i]; i++)
    if (*lines[i])
      play_line (&scene, lines[i], piece);
  nothing_else (&scene);
  chat_lost (scene.chat, "end of the test");
  chat_free (scene.chat);
  pli_buffer_clear (&scene.out);
  pli_buffer_clear (&scene.in);
  g_string_free (scene.told, TRUE);
  pli_arena_free (scene.arena);
}

static void
test_case (gconstpointer data)
{
  play (data, G_MAXSIZE / 2);
  for (gsize piece = 1; piece < 8; piece++)
    play (data, piece);
}

#define HELLO "S: 220 mx ready\nC: EHLO me.test\n"
#define PLAIN_HELLO HELLO "S: 250 mx\n"
#define PIPELINE HELLO "S: 250-mx\nS: 250 PIPELINING\n"
#define ONE                                                                                                            \
  {                                                                                                                    \
    "s@here", "a@there", "Subject: x\r\n\r\nhi\r\n"                                                                    \
  }
#define ONE_TEXT "C: Subject: x\nC: \nC: hi\nC: .\n"

static const Case cases[] = {
  { .name = "plain",
    .letters = { ONE },
    .script =
        PLAIN_HELLO "C: MAIL FROM:<s@here>\nS: 250 ok\nC: RCPT TO:<a@there>\nS: 250 ok\nC: DATA\nS: 354 go\n" ONE_TEXT
                    "S: 250 2.0.0 queued\n= a@there taken 250 2.0.0 queued\n! quit\nC: QUIT\nS: 221 bye\n= over\n" },
  { .name = "helo",
    .letters = { ONE },
    .script = HELLO "S: 502 what\nC: HELO me.test\nS: 250 mx\nC: MAIL FROM:<s@here>\nS: 250 ok\nC: RCPT TO:<a@there>\n"
                    "S: 550 5.1.1 no such user\n= a@there never 550 5.1.1 no such user\n" },
  { .name = "reset-after-refusal",
    .letters = { ONE, ONE },
    .script = PLAIN_HELLO
    "C: MAIL FROM:<s@here>\nS: 250 ok\nC: RCPT TO:<a@there>\nS: 550 no\n= a@there never 550 5.0.0 no\nC: RSET\n"
    "C: MAIL FROM:<s@here>\nS: 250 ok\nS: 450 later\n= a@there later 450 4.0.0 later\n" },
  { .name = "pipelined",
    .letters = { { "", "a@x,b@x,c@x", "Return-Path: <s@x>\r\n\tfolded\r\n..x\r\n.\r\n\r\nlast" } },
    .script = PIPELINE "C: MAIL FROM:<>\nC: RCPT TO:<a@x>\nC: RCPT TO:<b@x>\nC: RCPT TO:<c@x>\nC: DATA\nS: 250 ok\nS: "
                       "250 a\nS: 550-5.1.1 no\n"
                       "S: 550 5.1.1 b\nS: 450 4.2.1 c\nS: 354 go\nC: ...x\nC: ..\nC: \nC: last\nC: .\nS: 250 taken\n"
                       "= a@x taken 250 2.0.0 taken\n= b@x never 550 5.1.1 no b\n= c@x later 450 4.2.1 c\n" },
  { .name = "pipelined-none-accepted",
    .letters = { { "s@x", "a@x", "x\r\n" }, { "s@x", "b@x", "y\r\n" } },
    .script =
        PIPELINE "C: MAIL FROM:<s@x>\nC: RCPT TO:<a@x>\nC: DATA\nS: 250 ok\nS: 550 no\nS: 354 go\nC: .\nS: 554 nobody\n"
                 "= a@x never 550 5.0.0 no\nC: MAIL FROM:<s@x>\nC: RCPT TO:<b@x>\nC: DATA\nS: 250 ok\nS: 550 no\n"
                 "S: 554 no valid recipients\n= b@x never 550 5.0.0 no\n" },
  { .name = "pipelined-mail-refused",
    .letters = { { "s@x", "a@x,b@x", "x\r\n" }, ONE },
    .script =
        PIPELINE "C: MAIL FROM:<s@x>\nC: RCPT TO:<a@x>\nC: RCPT TO:<b@x>\nC: DATA\nS: 451 4.7.1 not now\nS: 503 what\n"
                 "S: 503 what\nS: 503 what\n= a@x later 451 4.7.1 not now\n= b@x later 451 4.7.1 not now\n"
                 "C: MAIL FROM:<s@here>\nC: RCPT TO:<a@there>\nC: DATA\n" },
  { .name = "data-refused",
    .letters = { { "s@x", "a@x,b@x", "x\r\n" }, ONE },
    .script =
        PIPELINE "C: MAIL FROM:<s@x>\nC: RCPT TO:<a@x>\nC: RCPT TO:<b@x>\nC: DATA\nS: 250 ok\nS: 250 ok\nS: 450 full\n"
                 "S: 451 no data\n= a@x later 451 4.0.0 no data\n= b@x later 450 4.0.0 full\n"
                 "C: RSET\nC: MAIL FROM:<s@here>\nC: RCPT TO:<a@there>\nC: DATA\n" },
  { .name = "next-with-the-end",
    .more = TRUE,
    .letters = { { "1@x", "a@x", "one\r\n" }, { "2@x", "b@x", "two\r\n" }, { "3@x", "c@x", "three\r\n" } },
    .script = PIPELINE "C: MAIL FROM:<1@x>\nC: RCPT TO:<a@x>\nC: DATA\nS: 250 ok\nS: 250 ok\nS: 354 go\nC: one\nC: .\n"
                       "C: MAIL FROM:<2@x>\nC: RCPT TO:<b@x>\nC: DATA\nS: 554 5.7.1 spam\n= a@x never 554 5.7.1 spam\n"
                       "S: 250 ok\nS: 250 ok\nS: 354 go\nC: two\nC: .\nC: MAIL FROM:<3@x>\nC: RCPT TO:<c@x>\nC: DATA\n"
                       "S: 250 two\n= b@x taken 250 2.0.0 two\nS: 421 too many\n"
                       "= unsent 1 of 1: the host has ended the session: too many\n"
                       "= over 4.3.0 the host has ended the session: too many\n" },
  { .name = "lost-at-the-end",
    .more = TRUE,
    .letters = { { "1@x", "a@x,z@x", "one\r\n" }, { "2@x", "b@x", "two\r\n" } },
    .script =
        PIPELINE "C: MAIL FROM:<1@x>\nC: RCPT TO:<a@x>\nC: RCPT TO:<z@x>\nC: DATA\nS: 250 ok\nS: 250 ok\nS: 550 no\n"
                 "S: 354 go\nC: one\nC: .\nC: MAIL FROM:<2@x>\nC: RCPT TO:<b@x>\nC: DATA\n! lost reset\n"
                 "= unsent 1 of 1: reset\n"
                 "= a@x later 0 4.4.2 no reply to the end of the message, so it may arrive twice: reset\n"
                 "= z@x never 550 5.0.0 no\n" },
  { .name = "lost-before",
    .letters = { ONE },
    .script = PIPELINE
    "C: MAIL FROM:<s@here>\nC: RCPT TO:<a@there>\nC: DATA\nS: 250 ok\n! lost reset\n= unsent 1 of 1: reset\n" },
  { .name = "too-many-recipients",
    .letters = { { "s@x", "a@x,b@x,c@x", "x\r\n" } },
    .script = PIPELINE
    "C: MAIL FROM:<s@x>\nC: RCPT TO:<a@x>\nC: RCPT TO:<b@x>\nC: RCPT TO:<c@x>\nC: DATA\nS: 250 ok\nS: 250 ok\n"
    "S: 452 4.5.3 enough\nS: 452 enough\nS: 354 go\nC: x\nC: .\nS: 250 1\nC: MAIL FROM:<s@x>\nC: RCPT TO:<b@x>\n"
    "C: RCPT TO:<c@x>\nC: DATA\nS: 250 ok\nS: 452 4.5.3 no\nS: 250 ok\nS: 354 go\nC: x\nC: .\nS: 250 2\n"
    "= a@x taken 250 2.0.0 1\n= b@x later 452 4.5.3 no\n= c@x taken 250 2.0.0 2\n" },
  { .name = "recipients-max",
    .recipients_max = 2,
    .more = TRUE,
    .letters = { { "s@x", "a@x,b@x,c@x", "x\r\n" }, ONE },
    .script = PIPELINE
    "C: MAIL FROM:<s@x>\nC: RCPT TO:<a@x>\nC: RCPT TO:<b@x>\nC: DATA\nS: 250 ok\nS: 250 ok\nS: 250 ok\n"
    "S: 354 go\nC: x\nC: .\nS: 250 1\nC: MAIL FROM:<s@x>\nC: RCPT TO:<c@x>\nC: DATA\nS: 250 ok\nS: 250 ok\n"
    "S: 354 go\nC: x\nC: .\nC: MAIL FROM:<s@here>\nC: RCPT TO:<a@there>\nC: DATA\nS: 250 2\n"
    "= a@x taken 250 2.0.0 1\n= b@x taken 250 2.0.0 1\n= c@x taken 250 2.0.0 2\n" },
  { .name = "bare-lf",
    .letters = { { "s@x", "a@x", "one\n.two\r\n.\n.\r\nend\r" } },
    .script = PIPELINE
    "C: MAIL FROM:<s@x>\nC: RCPT TO:<a@x>\nC: DATA\nS: 250 ok\nS: 250 ok\nS: 354 go\nC: one\nC: ..two\nC: ..\n"
    "C: ..\nC: end\nC: .\nS: 250 ok\n= a@x taken 250 2.0.0 ok\n" },
  { .name = "size",
    .letters = { { "s@x", "a@x", "123456789\r\n" }, { "s@x", "b@x", "1234567\r\n" } },
    .script =
        HELLO "S: 250-mx\nS: 250-SIZE 10\nS: 250-8BITMIME\nS: 250 SMTPUTF8\n"
              "= a@x never 0 5.3.4 the message has 11 bytes, and the host takes 10\nC: MAIL FROM:<s@x> SIZE=9\n" },
  { .name = "eight-bit",
    .letters = { { "s@x", "a@x", "Subject: x\r\n\r\n\xc3\xa4\r\n" },
                 { "s@x", "b@x", "Subject: \xc3\xa4\r\n\r\n\r\n" } },
    .script = HELLO "S: 250-mx\nS: 250-8bitmime\nS: 250 smtputf8\nC: MAIL FROM:<s@x> BODY=8BITMIME\nS: 450 later\n"
                    "= a@x later 450 4.0.0 later\nC: MAIL FROM:<s@x> BODY=8BITMIME SMTPUTF8\n" },
  { .name = "smtputf8-missing",
    .letters = { { "s@x", "\xc3\xa4@x,b@x", "x\r\n" } },
    .script = PIPELINE
    "C: MAIL FROM:<s@x>\nC: RCPT TO:<b@x>\nC: DATA\nS: 250 ok\nS: 250 ok\nS: 354 go\nC: x\nC: .\nS: 250 ok\n"
    "= \xc3\xa4@x never 0 5.6.7 the host does not take addresses that are not ASCII\n= b@x taken 250 2.0.0 ok\n" },
  { .name = "starttls",
    .tls = PLI_ROUTE_TLS_OPPORTUNISTIC,
    .letters = { ONE },
    .script = HELLO
    "S: 250-mx\nS: 250-PIPELINING\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\n= tls\n! secured\nC: EHLO me.test\n"
    "S: 250-mx\nS: 250 STARTTLS\nC: MAIL FROM:<s@here>\n" },
  { .name = "starttls-refused",
    .tls = PLI_ROUTE_TLS_OPPORTUNISTIC,
    .letters = { ONE },
    .script = HELLO "S: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\nS: 454 no\nC: MAIL FROM:<s@here>\n" },
  { .name = "tls-required",
    .tls = PLI_ROUTE_TLS_REQUIRE,
    .letters = { ONE },
    .script = PLAIN_HELLO "= over 4.7.4 TLS is required, and the host does not offer it\n" },
  { .name = "tls-required-refused",
    .tls = PLI_ROUTE_TLS_REQUIRE,
    .letters = { ONE },
    .script = HELLO "S: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\nS: 502 no\n"
                    "= over 4.3.0 TLS is required, and STARTTLS was answered: no\n" },
  { .name = "auth-plain",
    .login = "ann",
    .private = TRUE,
    .letters = { ONE },
    .script = HELLO
    "S: 250-mx\nS: 250 AUTH LOGIN PLAIN\nC: AUTH PLAIN AGFubgBzZTpjcmV0\nS: 235 welcome\nC: MAIL FROM:<s@here>\n" },
  { .name = "auth-login",
    .login = "ann",
    .private = TRUE,
    .letters = { ONE },
    .script = HELLO "S: 250-mx\nS: 250 AUTH=LOGIN\nC: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: YW5u\nS: 334 UGFzc3dvcmQ6\n"
                    "C: c2U6Y3JldA==\nS: 535 5.7.8 wrong\n= over 4.3.0 the host refused the route's login: wrong\n" },
  { .name = "auth-in-the-clear",
    .login = "ann",
    .script = HELLO "S: 250-mx\nS: 250 AUTH PLAIN\n= over 4.7.0 the password is not sent without TLS\n" },
  { .name = "auth-not-offered",
    .login = "ann",
    .private = TRUE,
    .script = PLAIN_HELLO "= over 4.7.0 the host offers no way to sign in: neither AUTH PLAIN nor LOGIN\n" },
  { .name = "greeted-with-554",
    .script = "S: 554-no\nS: 554 mail here\n= over 4.3.0 the host greets with: no mail here\n" },
  { .name = "not-smtp", .script = "S: HTTP/1.1 400 Bad Request\n= over 4.5.0 what the host says is not SMTP\n" },
  { .name = "idle-421",
    .script = PLAIN_HELLO "S: 421 4.4.2 timeout\n= over 4.4.2 the host has ended the session: timeout\n" },
  { .name = "lmtp",
    .lmtp = TRUE,
    .letters = { { "s@x", "a@x,b@x,c@x", "x\r\n" }, ONE },
    .script = "S: 220 lmtp\nC: LHLO me.test\nS: 250-mx\nS: 250 PIPELINING\nC: MAIL FROM:<s@x>\nC: RCPT TO:<a@x>\n"
              "C: RCPT TO:<b@x>\nC: RCPT TO:<c@x>\nC: DATA\nS: 250 ok\nS: 250 ok\nS: 550 no\nS: 250 ok\nS: 354 go\nC: "
              "x\nC: .\n"
              "S: 250 2.1.5 a\nS: 452 4.2.2 over quota\n= a@x taken 250 2.1.5 a\n= b@x never 550 5.0.0 no\n"
              "= c@x later 452 4.2.2 over quota\nC: MAIL FROM:<s@here>\nC: RCPT TO:<a@there>\nC: DATA\n" },
  { .name = "lmtp-refuses-lhlo",
    .lmtp = TRUE,
    .script = "S: 220 smtp\nC: LHLO me.test\nS: 502 what\n= over 4.3.0 LHLO was answered: what\n" },
  { .name = "lmtp-lost-halfway",
    .lmtp = TRUE,
    .letters = { { "s@x", "a@x,b@x", "x\r\n" } },
    .script =
        "S: 220 lmtp\nC: LHLO me.test\nS: 250 PIPELINING\nC: MAIL FROM:<s@x>\nS: 250 ok\nC: RCPT TO:<a@x>\nS: 250 ok\n"
        "C: RCPT TO:<b@x>\nS: 250 ok\nC: DATA\nS: 354 go\nC: x\nC: .\nS: 250 a\n! lost reset\n= a@x taken 250 2.0.0 a\n"
        "= b@x later 0 4.4.2 no reply to the end of the message, so it may arrive twice: reset\n" },
  { .name = "hostile-address",
    .letters = { { "s@x", "a@x>\rDATA,b@x", "x\r\n" } },
    .script = PLAIN_HELLO "C: MAIL FROM:<s@x>\nS: 250 ok\nC: RCPT TO:<b@x>\nS: 500 no\n"
                          "= a@x>\rDATA never 0 5.1.3 the address cannot be sent\n= b@x never 500 5.0.0 no\n" },
  { .name = "pipelining-off", .no_pipelining = TRUE, .letters = { ONE }, .script = PIPELINE "C: MAIL FROM:<s@here>\n" },
};

/* A message of many pieces, with a dot at the first byte of one, and nothing lost where pieces meet. */
static void
test_big (void)
{
  static const DeliverSettings set = {
    .pipelining = TRUE, .recipients_max = 1, .reply_line_max = 512, .reply_lines_max = 16
  };
  ChatOptions options = { .set = &set, .helo = "me.test" };
  Scene scene = { .told = g_string_new (NULL), .arena = pli_arena_new () };
  const Case c = { .name = "big" };
  g_autoptr (GString) message = g_string_new (NULL), wanted = g_string_new (NULL);
  Letter letter = { "s@x", "a@x", NULL };

  for (guint i = 0; i < 40000; i++)
    {
      g_string_append (message, i % 10000 == 9000 ? ".\r\n" : "a line\r\n");
      g_string_append (wanted, i % 10000 == 9000 ? "..\r\n" : "a line\r\n");
    }
  /* 65536 is a multiple of 8: pieces begin at lines until the first dot, so put one there. */
  memcpy (message->str + 65536, ". line", 6);
  memcpy (wanted->str + 65536, ". line", 6);
  g_string_insert_c (wanted, 65536, '.');
  letter.message = message->str;
  scene.c = &c;
  add_letter (&scene, &letter);
  scene.chat = chat_new (&funcs, &scene, &options);
  feed (&scene, PLI_SPAN ("220 x\r\n250-x\r\n250 PIPELINING\r\n"));
  feed (&scene, PLI_SPAN ("250 ok\r\n250 ok\r\n"));
  scene.out.len = 0;
  feed (&scene, PLI_SPAN ("354 go\r\n"));
  for (guint i = 0; i < 10; i++)
    chat_drained (scene.chat);
  g_string_append (wanted, ".\r\n");
  g_assert_cmpmem (scene.out.data, scene.out.len, wanted->str, wanted->len);
  feed (&scene, PLI_SPAN ("250 ok\r\n"));
  g_assert_cmpstr (scene.told->str, ==, "a@x taken 250 2.0.0 ok\n");
  chat_free (scene.chat);
  pli_buffer_clear (&scene.out);
  pli_buffer_clear (&scene.in);
  g_string_free (scene.told, TRUE);
  pli_arena_free (scene.arena);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/deliver/chat/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/deliver/chat/big", test_big);
  return g_test_run ();
}
