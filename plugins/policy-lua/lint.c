/* lint.c: mistakes in scripts that can be seen before any mail comes: functions of `pli` that there are not, options that
 * an answer does not have, fields of a handler's arguments that there are not. Goes by the words of a text that compiles:
 * it looks at `pli.NAME`, at tables in calls of pli's answers, and at the parameters of functions that are given to
 * pli.on and pli.route, unless the function uses such a name for something else. */
#include "lint.h"

#include "policy.h"

typedef struct
{
  const char *file;
  const PolicyToken *tokens;
  guint n;
  GError **error;
} Lint;

static const char *const functions[] = { "on",      "route",      "now",    "time", "log",      "KiB",    "MiB",
                                         "dns",     "list",       "lookup", "test", "accept",   "reject", "defer",
                                         "discard", "quarantine", "to",     "file", "redirect", "copy",   NULL };
static const char *const dns_functions[] = { "a", "aaaa", "mx", "ptr", "txt", NULL };

static gboolean
is (const Lint *l, guint i, const char *text)
{
  return i < l->n && l->tokens[i].kind != POLICY_TOKEN_TEXT && pli_span_is (l->tokens[i].text, text);
}

static gboolean
is_name (const Lint *l, guint i)
{
  return i < l->n && l->tokens[i].kind == POLICY_TOKEN_NAME;
}

static gboolean
is_one_of (PliSpan name, const char *const *names)
{
  for (; *names; names++)
    if (pli_span_is (name, *names))
      return TRUE;
  return FALSE;
}

static gboolean
wrong (const Lint *l, guint i, const char *what)
{
  g_autofree char *name = pli_span_dup (pli_span_head (l->tokens[i].text, 60));

  g_set_error (l->error, PLI_ERROR, PLI_ERROR_CONFIG, "%s:%u: %s \"%s\"", l->file, l->tokens[i].line, what, name);
  return FALSE;
}

/* Is the name at @i one of its own, and not a field of something? */
static gboolean
is_free (const Lint *l, guint i)
{
  return i == 0 || !(is (l, i - 1, ".") || is (l, i - 1, ":")) || (i >= 2 && is (l, i - 2, "."));
}

/* Behind the bracket that fits the one at @i. */
static guint
behind (const Lint *l, guint i)
{
  guint depth = 0;

  for (; i < l->n; i++)
    {
      if (is (l, i, "(") || is (l, i, "{") || is (l, i, "["))
        depth++;
      else if ((is (l, i, ")") || is (l, i, "}") || is (l, i, "]")) && --depth == 0)
        return i + 1;
    }
  return l->n;
}

/* The keys of the table at @i. */
static gboolean
check_keys (const Lint *l, guint i, PolicyKind kind)
{
  guint end = behind (l, i);

  for (guint k = i + 1; k + 1 < end; k++)
    {
      if (is (l, k, "(") || is (l, k, "{") || is (l, k, "["))
        k = behind (l, k) - 1;
      else if (is_name (l, k) && is (l, k + 1, "=") && !is (l, k + 2, "=")
               && (is (l, k - 1, "{") || is (l, k - 1, ",") || is (l, k - 1, ";"))
               && !is_one_of (l->tokens[k].text, policy_option_names[kind]))
        return wrong (l, k, "this answer has no option");
    }
  return TRUE;
}

/* A call of pli's answer @kind; @i: behind its name. */
static gboolean
check_call (const Lint *l, guint i, PolicyKind kind)
{
  guint end;

  if (is (l, i, "{"))
    return check_keys (l, i, kind);
  if (!is (l, i, "("))
    return TRUE;
  end = behind (l, i);
  for (guint k = i + 1; k < end; k++)
    if (is (l, k, "{"))
      {
        if (!check_keys (l, k, kind))
          return FALSE;
        k = behind (l, k) - 1;
      }
    else if (is (l, k, "("))
      k = behind (l, k) - 1;
  return TRUE;
}

/* `pli.NAME` at @i. */
static gboolean
check_function (const Lint *l, guint i)
{
  PliSpan name = l->tokens[i + 2].text;

  if (!is_one_of (name, functions))
    return wrong (l, i + 2, "pli has no");
  if (pli_span_is (name, "dns") && is (l, i + 3, ".") && is_name (l, i + 4)
      && !is_one_of (l->tokens[i + 4].text, dns_functions))
    return wrong (l, i + 4, "pli.dns has no");
  for (guint kind = POLICY_ACCEPT; kind < POLICY_N_KINDS; kind++)
    if (pli_span_is (name, policy_kind_names[kind]))
      return check_call (l, i + 3, (PolicyKind) kind);
  return TRUE;
}

/* Behind the `end` of the function at @i. */
static guint
behind_function (const Lint *l, guint i)
{
  guint depth = 0;

  for (; i < l->n; i++)
    {
      if (is (l, i, "function") || is (l, i, "if") || is (l, i, "do") || is (l, i, "repeat"))
        depth++;
      else if ((is (l, i, "end") || is (l, i, "until")) && --depth == 0)
        return i + 1;
    }
  return l->n;
}

/* Does the body use @name for something else: a local, a parameter, an assignment, a loop's variable? */
static gboolean
is_reused (const Lint *l, guint from, guint to, PliSpan name)
{
  for (guint i = from; i < to; i++)
    if (pli_span_equal (l->tokens[i].text, name) && is_free (l, i)
        && (is (l, i - 1, "local") || is (l, i - 1, ",") || is (l, i - 1, "for") || is (l, i - 1, "(")
            || (is (l, i + 1, "=") && !is (l, i + 2, "=")))
        && !is (l, i + 1, ".") && !is (l, i + 1, ":"))
      return TRUE;
  return FALSE;
}

static gboolean
has_field (PolicyBound kind, PliSpan name)
{
  for (const PolicyField *field = policy_bound_fields (kind); field->name; field++)
    if (pli_span_is (name, field->name))
      return TRUE;
  return FALSE;
}

static gboolean
check_param (const Lint *l, guint from, guint to, PliSpan name, PolicyBound kind)
{
  static const char *const called[] = { "session has no field", "txn has no field", "rcpt has no field",
                                        "msg has no field" };

  if (is_reused (l, from, to, name))
    return TRUE;
  for (guint i = from; i < to; i++)
    if (is_name (l, i) && pli_span_equal (l->tokens[i].text, name) && is_free (l, i)
        && (is (l, i + 1, ".") || is (l, i + 1, ":")) && is_name (l, i + 2) && !has_field (kind, l->tokens[i + 2].text))
      return wrong (l, i + 2, called[kind]);
  return TRUE;
}

/* `pli.on ("stage", function (a, b)` or `pli.route (function (a, b)`; @i: at `function`. */
static gboolean
check_handler (const Lint *l, guint i, PolicyStage stage)
{
  PolicyBound kinds[2];
  guint n = policy_stage_args (stage, kinds), end = behind_function (l, i), body = behind (l, i + 1);

  for (guint k = 0; k < n && is_name (l, i + 2 + 2 * k); k++)
    if (!check_param (l, body, end, l->tokens[i + 2 + 2 * k].text, kinds[k]))
      return FALSE;
  return TRUE;
}

static gboolean
check_registration (const Lint *l, guint i)
{
  PliSpan stage;

  if (is (l, i + 2, "route") && is (l, i + 3, "(") && is (l, i + 4, "function"))
    return check_handler (l, i + 4, POLICY_ROUTE);
  if (!is (l, i + 2, "on") || !is (l, i + 3, "(") || i + 6 >= l->n || !is (l, i + 6, "function"))
    return TRUE;
  stage = l->tokens[i + 4].text;
  for (guint k = 0; k < POLICY_N_STAGES && stage.len > 2; k++)
    if (pli_span_is (pli_span (stage.data + 1, stage.len - 2), policy_stage_names[k]))
      return check_handler (l, i + 6, (PolicyStage) k);
  return TRUE;
}

gboolean
policy_lint (const char *name, PliSpan text, GError **error)
{
  g_autoptr (GArray) tokens = g_array_new (FALSE, FALSE, sizeof (PolicyToken));
  Lint l = { .file = name, .error = error };

  policy_tokens (text, tokens);
  l.tokens = (const PolicyToken *) tokens->data;
  l.n = tokens->len;
  for (guint i = 0; i + 2 < l.n; i++)
    if (is (&l, i, "pli") && is_free (&l, i) && is (&l, i + 1, ".") && is_name (&l, i + 2)
        && (!check_function (&l, i) || !check_registration (&l, i)))
      return FALSE;
  return TRUE;
}
