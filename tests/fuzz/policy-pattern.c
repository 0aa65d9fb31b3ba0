/* Fuzzes the pattern matcher and the lists and words of policy-lua: the first byte says which; a pattern and its subject are
 * divided by a NUL. Steps are bounded, so it always ends. */
#include "../../plugins/policy-lua/lint.h"
#include "../../plugins/policy-lua/list.h"
#include "../../plugins/policy-lua/pattern.h"

static void
match (PliSpan text)
{
  const char *nul = memchr (text.data, 0, text.len);
  gsize split = nul ? (gsize) (nul - text.data) : text.len / 2;
  PolicyMatch m = { .pattern = pli_span_head (text, split),
                    .subject = pli_span_skip (text, split),
                    .steps_max = 100000 };
  gsize end;

  for (gsize from = 0; from <= m.subject.len && !m.problem; from++)
    if (policy_match (&m, from, &end))
      {
        g_assert (end >= from && end <= m.subject.len && !m.problem);
        for (guint i = 0; i < m.n_captures; i++)
          g_assert (m.captures[i].at >= m.subject.data
                    && m.captures[i].at + MAX (m.captures[i].len, 0) <= m.subject.data + m.subject.len);
      }
}

static void
list (const char *name, PliSpan text)
{
  PolicyList *list = policy_list_new (name, text, NULL);

  if (list)
    policy_list_has (list, text);
  policy_list_free (list);
}

static void
words (PliSpan text)
{
  g_autoptr (GArray) tokens = g_array_new (FALSE, FALSE, sizeof (PolicyToken));

  policy_tokens (text, tokens);
  for (guint i = 0; i < tokens->len; i++)
    {
      PliSpan token = g_array_index (tokens, PolicyToken, i).text;

      g_assert (token.len > 0 && token.data >= text.data && token.data + token.len <= text.data + text.len);
    }
}

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  PliSpan text = pli_span ((const char *) data + 1, size - 1);

  if (size == 0)
    return 0;
  switch (data[0] % 4)
    {
    case 0:
      match (text);
      break;
    case 1:
      list ("x.cidr", text);
      break;
    case 2:
      list ("x.domains", text);
      break;
    default:
      words (text);
      break;
    }
  return 0;
}
