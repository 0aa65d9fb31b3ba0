/* mark.c: DELE, RSET, NOOP: nothing but marks in the snapshot. RFC 1939 5. */
#include "pop3.h"

void
pop3_dele (Pop3 *pop3, PliSpan args)
{
  guint n;

  if (!pop3_message (pop3, args, &n, NULL))
    return;
  pop3_nth (pop3, n)->deleted = TRUE;
  pop3_ok (pop3, "Will be deleted at QUIT");
}

void
pop3_rset (Pop3 *pop3, PliSpan args)
{
  if (args.len > 0)
    {
      pop3_refuse (pop3, "RSET takes no argument");
      return;
    }
  for (guint i = 0; i < pop3->messages->len; i++)
    pop3_nth (pop3, i)->deleted = FALSE;
  pop3_ok (pop3, "Nothing will be deleted");
}

void
pop3_noop (Pop3 *pop3, PliSpan args)
{
  if (args.len > 0)
    pop3_refuse (pop3, "NOOP takes no argument");
  else
    pop3_ok (pop3, "Still here");
}
