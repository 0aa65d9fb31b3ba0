/* alias-import.c: `pli alias import FILE`: takes over /etc/aliases. A name without a domain gets --domain's; what is there
 * already stays; what cannot be an alias here (commands, files, includes) is said with its line, and makes the exit code 1. */
#include "cli/alias-import.h"

#include "cli/ask.h"
#include "mail/aliases.h"

#include <stdio.h>

#define FILE_MAX (16 * 1024 * 1024)

typedef struct
{
  PliCli *cli;
  const char *file, *domain;
  guint line, added, there, skipped;
} Import;

static void
skip (Import *import, PliSpan what, const char *why)
{
  fprintf (stderr, "%s:%u: %.*s: %s\n", import->file, import->line, (int) what.len, what.data, why);
  import->skipped++;
}

static char *
with_domain (Import *import, PliSpan name)
{
  gboolean whole = pli_span_find (name, '@') >= 0;

  return g_strdup_printf ("%.*s%s%s", (int) name.len, name.data, whole ? "" : "@", whole ? "" : import->domain);
}

static void
add (Import *import, const char *name, PliSpan target)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *to = NULL;
  PliChangeArgs args = { .verb = PLI_ALIAS_ADD, .name = name };
  PliChangeResult result = { 0 };

  if (strchr ("|/:", target.data[0]))
    {
      skip (import, target, "commands, files and includes are not supported; use a mailbox, a list or a script");
      return;
    }
  if (target.data[0] == '\\')
    target = pli_span_skip (target, 1); /* "no further expansion", which a mailbox of that name is */
  args.target = to = with_domain (import, target);
  if (g_ascii_strcasecmp (to, name) == 0)
    return;
  if (pli_ask (import->cli, PLI_METHOD_CHANGE, &args, arena, &result, &error))
    import->added++;
  else if (g_error_matches (error, PLI_ERROR, PLI_ERROR_EXISTS))
    import->there++;
  else
    skip (import, target, error->message);
}

int
pli_alias_import (PliCli *cli, const char *command, const char *file, const char *domain)
{
  Import import = { .cli = cli, .file = file, .domain = domain };
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  PliAliasEntry entry;
  PliSpan rest, target;
  guint line = 0;
  gsize len;

  if (!domain)
    return pli_cli_usage (command, "--domain DOMAIN is wanted: that of names without one");
  if (!g_file_get_contents (file, &text, &len, &error))
    return pli_cli_fail (command, error);
  if (len > FILE_MAX)
    return pli_cli_usage (command, "the file is too big");
  for (rest = pli_span (text, len); pli_aliases_next (&rest, &line, arena, &entry);)
    {
      g_autofree char *name = entry.bad ? NULL : with_domain (&import, entry.name);

      import.line = entry.line;
      if (entry.bad)
        skip (&import, entry.right, "not NAME: TARGET, …");
      while (!entry.bad && pli_aliases_target (&entry.right, arena, &target))
        add (&import, name, target);
    }
  printf (cli->json ? "{\"added\": %u, \"there\": %u, \"skipped\": %u}\n" : "%u added, %u there already, %u skipped\n",
          import.added, import.there, import.skipped);
  return import.skipped > 0 ? PLI_EXIT_FAILED : PLI_EXIT_OK;
}
