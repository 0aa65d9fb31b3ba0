/* try.c: one stage without a server. See test.h. */
#include "test.h"

PliStep
policy_try (PolicyState *state, PolicyStage stage, const PolicyScene *scene, PliArena *arena, PolicyAnswer *out,
            const char **out_error)
{
  PolicyCall call = { .stage = stage, .scene = *scene, .arena = arena };
  PliStep step = policy_call_start (&call, state);

  g_assert (step != PLI_WAIT); /* a stand-in answers at once */
  *out = call.answer;
  *out_error = call.error;
  policy_call_clear (&call);
  return step;
}

PolicyStandIn *
policy_stand_in_new (void)
{
  PolicyStandIn *stand_in = g_new0 (PolicyStandIn, 1);

  stand_in->facts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  stand_in->answers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  stand_in->edits = g_string_new (NULL);
  return stand_in;
}

void
policy_stand_in_free (PolicyStandIn *stand_in)
{
  g_hash_table_unref (stand_in->facts);
  g_hash_table_unref (stand_in->answers);
  g_string_free (stand_in->edits, TRUE);
  g_free (stand_in);
}

char *
policy_message_lines (PliSpan text, gsize *out_len)
{
  GString *lines = g_string_sized_new (text.len + text.len / 16 + 16);

  for (gsize i = 0; i < text.len; i++)
    {
      if (text.data[i] == '\n' && (i == 0 || text.data[i - 1] != '\r'))
        g_string_append_c (lines, '\r');
      g_string_append_c (lines, text.data[i]);
    }
  *out_len = lines->len;
  return g_string_free (lines, FALSE);
}

char *
policy_message_read (const char *path, gsize *out_len, GError **error)
{
  g_autofree char *text = NULL;
  gsize len;

  return g_file_get_contents (path, &text, &len, error) ? policy_message_lines (pli_span (text, len), out_len) : NULL;
}

void
policy_scene_set_message (PolicyScene *scene, PliSpan message, PolicyStage stage)
{
  if (stage < POLICY_HEADERS)
    message = pli_span (NULL, 0);
  scene->bytes = message.len;
  scene->header = message.data ? pli_span_head (message, pli_header_end (message)) : message;
  scene->message = stage <= POLICY_MESSAGE ? message : pli_span (NULL, 0);
}
