/* auth.c: AUTH PLAIN (RFC 4616) or LOGIN, with name and password of the route (RFC 4954). A password goes out only under
 * TLS, or where nobody is in between. What goes wrong is our own settings' or the relay's fault: mail waits. */
#include "chat-private.h"

static void
add_base64 (Chat *chat, PliSpan secret)
{
  g_autofree char *text = g_base64_encode ((const guint8 *) (secret.data ? secret.data : ""), secret.len);

  pli_buffer_add_text (&chat->out, text);
  pli_buffer_add_text (&chat->out, "\r\n");
}

static void
say_plain (Chat *chat)
{
  g_auto (PliBuffer) secret = { 0 };

  pli_buffer_add_char (&secret, 0);
  pli_buffer_add_text (&secret, chat->options.login);
  pli_buffer_add_char (&secret, 0);
  pli_buffer_add_text (&secret, chat->options.password);
  pli_buffer_add_text (&chat->out, "AUTH PLAIN ");
  add_base64 (chat, pli_buffer_span (&secret));
}

/* What hinders signing in; NULL: nothing. */
static const char *
hindrance (const Chat *chat)
{
  if (!chat->secure && !chat->options.private)
    return "the password is not sent without TLS";
  if (!chat->options.password)
    return "the route has a login, and no password that could be read";
  if (!(chat->offers & (CHAT_AUTH_PLAIN | CHAT_AUTH_LOGIN)))
    return "the host offers no way to sign in: neither AUTH PLAIN nor LOGIN";
  return NULL;
}

void
chat_sign_in (Chat *chat)
{
  PliSent why = { .outcome = PLI_SEND_LATER, .status = "4.7.0" };

  if (!chat->options.login)
    {
      chat_be_ready (chat);
      return;
    }
  why.text = hindrance (chat);
  if (why.text)
    {
      chat_fail (chat, &why);
      return;
    }
  chat->step = STEP_AUTH;
  chat->auth_said = 0;
  if (chat->offers & CHAT_AUTH_PLAIN)
    say_plain (chat);
  else
    pli_buffer_add_text (&chat->out, "AUTH LOGIN\r\n");
}

void
chat_on_auth (Chat *chat, const PliReply *reply)
{
  if (reply->code / 100 == 2)
    chat_be_ready (chat);
  else if (reply->code == 334 && !(chat->offers & CHAT_AUTH_PLAIN) && chat->auth_said < 2)
    add_base64 (chat, pli_span_from (chat->auth_said++ == 0 ? chat->options.login : chat->options.password));
  else
    chat_fail_reply (chat, reply, "the host refused the route's login");
}
