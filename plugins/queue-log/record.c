/* record.c: what a record's header says, written at submission and read back when a cold message is due or after a
 * restart. One `field: value` a line; renderings are fields too, so that the store need not be asked for them. */
#include "queue-log.h"

static void
add (PliBuffer *out, const char *name, const char *value)
{
  if (value)
    pli_record_field_add (out, name, pli_span_from (value));
}

void
record_write (const PliSubmitArgs *args, const char *granted, const char *cause, PliBuffer *out)
{
  const PliRenderings *r = &args->renderings;

  add (out, "id", args->id);
  pli_buffer_printf (out, "received-us: %" G_GINT64_FORMAT "\n", args->received_us);
  add (out, "from", args->sender);
  for (guint i = 0; args->rcpts[i]; i++)
    add (out, "to", args->rcpts[i]);
  add (out, "message-id", args->message_id);
  add (out, "peer", args->peer);
  add (out, "login", args->login);
  add (out, "role", args->role);
  add (out, "mailbox", args->mailbox);
  add (out, "granted", granted);
  add (out, "cause", cause);
  pli_buffer_printf (out, "header-bytes: %u\n", r->header_bytes);
  pli_record_field_add (out, "envelope", r->envelope);
  pli_record_field_add (out, "body", r->body);
  pli_record_field_add (out, "bodystructure", r->bodystructure);
  pli_record_field_add (out, "parts", r->parts);
  pli_record_field_add (out, "preview", r->preview);
}

/* Spans of the header's memory live shorter than the message: copies, all. */
gboolean
record_read (PliSpan header, PliArena *arena, Hot *hot, gint64 *out_received_us, const char **out_cause)
{
  struct
  {
    const char *name;
    const char **text;
    PliSpan *span;
  } fields[] = {
    { "id", &hot->id, NULL },
    { "from", &hot->sender, NULL },
    { "message-id", &hot->message_id, NULL },
    { "mailbox", &hot->mailbox, NULL },
    { "granted", &hot->granted, NULL },
    { "login", &hot->login, NULL },
    { "role", &hot->role, NULL },
    { "peer", &hot->peer, NULL },
    { "cause", out_cause, NULL },
    { "envelope", NULL, &hot->renderings.envelope },
    { "body", NULL, &hot->renderings.body },
    { "bodystructure", NULL, &hot->renderings.bodystructure },
    { "parts", NULL, &hot->renderings.parts },
    { "preview", NULL, &hot->renderings.preview },
  };
  g_autoptr (GPtrArray) rcpts = g_ptr_array_new ();
  PliSpan name, value;
  guint64 number;

  memset (hot, 0, sizeof *hot);
  hot->arena = arena;
  *out_cause = NULL;
  *out_received_us = 0;
  while (pli_record_field_next (&header, arena, &name, &value))
    {
      if (pli_span_is (name, "to"))
        g_ptr_array_add (rcpts, pli_arena_text (arena, value));
      else if (pli_span_is (name, "received-us") && pli_span_to_u64 (value, G_MAXINT64, &number))
        *out_received_us = (gint64) number;
      else if (pli_span_is (name, "header-bytes") && pli_span_to_u64 (value, G_MAXUINT32, &number))
        hot->renderings.header_bytes = (guint32) number;
      for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
        if (pli_span_is (name, fields[i].name))
          {
            PliSpan copy = pli_arena_span (arena, value);

            if (fields[i].text)
              *fields[i].text = copy.data;
            else
              *fields[i].span = copy;
          }
    }
  hot->n_rcpts = rcpts->len;
  hot->rcpts = pli_arena_array (arena, const char *, rcpts->len + 1);
  if (rcpts->len > 0)
    memcpy ((gpointer) hot->rcpts, rcpts->pdata, rcpts->len * sizeof (char *));
  return hot->id && hot->sender && rcpts->len > 0;
}
