/* starttls.c: STARTTLS by the policy of the route (RFC 3207, RFC 7435): not at all, when it is offered, or always. */
#include "chat-private.h"

void
chat_secure (Chat *chat)
{
  if (chat->secure || chat->options.tls == PLI_ROUTE_TLS_NONE)
    chat_sign_in (chat);
  else if (chat->offers & CHAT_STARTTLS)
    {
      pli_buffer_add_text (&chat->out, "STARTTLS\r\n");
      chat->step = STEP_STARTTLS;
    }
  else if (chat->options.tls == PLI_ROUTE_TLS_REQUIRE)
    {
      static const PliSent why = { PLI_SEND_LATER, 0, "4.7.4", "TLS is required, and the host does not offer it" };

      chat_fail (chat, &why);
    }
  else
    chat_sign_in (chat);
}

void
chat_on_starttls (Chat *chat, const PliReply *reply)
{
  if (reply->code / 100 == 2)
    {
      chat->step = STEP_HANDSHAKE;
      chat->funcs->start_tls (chat->user);
    }
  else if (chat->options.tls == PLI_ROUTE_TLS_REQUIRE)
    chat_fail_reply (chat, reply, "TLS is required, and STARTTLS was answered");
  else
    chat_sign_in (chat);
}
