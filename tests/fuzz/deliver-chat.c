/* Fuzzes plugins/deliver's chat: the first byte says what the route wants, the second in which pieces the rest comes, and
 * the rest is what the remote host says. Whatever it is, each mail that was begun is told exactly once, a recipient is
 * settled once, and every line written ends with CRLF. */
#include "../../plugins/deliver/chat.h"

#define N_MAILS 3

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

typedef struct
{
  Mail mails[N_MAILS];
  guint n_begun, n_told;
  gboolean ready, over, more;
  char last; /* byte written */
  gboolean secured;
} World;

static void
on_write (gpointer user, PliSpan bytes)
{
  World *world = user;

  g_assert (bytes.len > 0 && !world->over);
  world->last = bytes.data[bytes.len - 1];
}

static void
on_start_tls (gpointer user)
{
  ((World *) user)->secured = TRUE;
}

static void
on_wait (gpointer user, gint64 us)
{
  (void) user;
  g_assert (us >= 0);
}

static void
on_ready (gpointer user)
{
  ((World *) user)->ready = TRUE;
}

static Mail *
on_more (gpointer user)
{
  World *world = user;

  return world->more && world->n_begun < N_MAILS ? &world->mails[world->n_begun++] : NULL;
}

static void
on_sent (gpointer user, Mail *mail)
{
  g_assert (mail->n_unsettled == 0);
  for (guint i = 0; i < mail->n_rcpts; i++)
    g_assert (mail->sent[i].text && mail->sent[i].status && g_utf8_validate (mail->sent[i].text, -1, NULL));
  ((World *) user)->n_told++;
}

static void
on_unsent (gpointer user, Mail *mail, const PliSent *why)
{
  g_assert (mail->n_unsettled > 0 && why->outcome == PLI_SEND_LATER);
  mail_settle_rest (mail, why);
  ((World *) user)->n_told++;
}

static void
on_over (gpointer user, const PliSent *why)
{
  (void) why;
  ((World *) user)->over = TRUE;
}

static const ChatFuncs funcs = { on_write, on_start_tls, on_wait, on_ready, on_more, on_sent, on_unsent, on_over };

static void
after (World *world, Chat *chat)
{
  if (world->secured && !world->over)
    {
      world->secured = FALSE;
      chat_secured (chat);
    }
  chat_drained (chat);
  while (world->ready && !world->over && world->n_begun < N_MAILS)
    {
      world->ready = FALSE;
      chat_send (chat, &world->mails[world->n_begun++]);
    }
}

static void
talk (World *world, Chat *chat, PliSpan said, gsize piece)
{
  gsize taken = 0, shown = 0;

  while (!world->over && shown < said.len)
    {
      shown = MIN (said.len, shown + piece);
      taken += chat_input (chat, pli_span (said.data + taken, shown - taken));
      g_assert (taken <= shown);
      g_assert (world->over || world->last == 0 || world->last == '\n');
      after (world, chat);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const char *const rcpts[] = { "a@x", "\xc3\xa4@x", "b@x", "c@x", NULL };
  DeliverSettings set = { .recipients_max = 3, .reply_line_max = 512, .reply_lines_max = 16, .end_wait = 1 };
  ChatOptions options = { .set = &set, .helo = "me.test", .password = "secret" };
  PliSendArgs args = { .sender = "s@x", .rcpts = rcpts, .message = PLI_SPAN ("Subject: x\r\n\r\n.\n.\r\n") };
  g_autoptr (PliArena) arena = pli_arena_new ();
  World world = { 0 };
  Chat *chat;

  if (size < 2)
    return 0;
  options.tls = (data[0] & 3) % 3;
  options.lmtp = (data[0] & 4) != 0;
  options.login = data[0] & 8 ? "ann" : NULL;
  options.private = (data[0] & 16) != 0;
  set.pipelining = (data[0] & 32) == 0;
  world.more = (data[0] & 64) != 0;
  for (guint i = 0; i < N_MAILS; i++)
    mail_init (&world.mails[i], arena, &args);
  chat = chat_new (&funcs, &world, &options);
  talk (&world, chat, pli_span ((const char *) data + 2, size - 2), data[1] == 0 ? size : data[1]);
  chat_lost (chat, "the end");
  g_assert (world.n_told == world.n_begun);
  chat_free (chat);
  return 0;
}
