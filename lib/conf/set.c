/* set.c: writes one setting back: changes the line that wins, or adds one to 90-local.conf; all other lines stay as
 * they are. Called by `pli config set` and `pli init`. Blocks on the disk. */
#include "conf/tools.h"

#include "conf/internal.h"

typedef struct
{
  const char *group, *instance, *key;
  char *line; /* "key = value" */
} Wanted;

static char *
format_line (const char *key, const char *value)
{
  gsize len = strlen (value);
  gboolean quote = len > 0 && (value[0] == '"' || strchr (" \t", value[0]) || strchr (" \t", value[len - 1]));
  g_autoptr (GString) line = g_string_new (key);

  g_string_append (line, quote ? " = \"" : " = ");
  for (; *value; value++)
    {
      if (quote && strchr ("\"\\", *value))
        g_string_append_c (line, '\\');
      g_string_append_c (line, *value);
    }
  if (quote)
    g_string_append_c (line, '"');
  return g_string_free (g_steal_pointer (&line), FALSE);
}

/* Line ends, which pli_ini_next() cuts off, are kept. */
static void
copy_line (PliBuffer *out, PliSpan before, PliSpan after)
{
  pli_buffer_add (out, before.data, (gsize) (after.data - before.data));
}

static void
end_line (PliBuffer *out)
{
  if (out->len > 0 && out->data[out->len - 1] != '\n')
    pli_buffer_add_char (out, '\n');
}

static void
replace_line (PliBuffer *out, PliSpan text, guint number, const char *line)
{
  PliSpan rest = text, before = text, old;

  for (guint at = 1; pli_ini_next (&rest, &old); at++, before = rest)
    {
      gsize indent = 0;

      if (at != number)
        {
          copy_line (out, before, rest);
          continue;
        }
      while (indent < old.len && strchr (" \t", old.data[indent]))
        indent++;
      pli_buffer_add (out, old.data, indent);
      pli_buffer_add_text (out, line);
      pli_buffer_add (out, old.data + old.len, (gsize) (rest.data - (old.data + old.len)));
    }
}

/* Number of the last line with content in the first such group of @text; 0 when it has none. */
static guint
find_group_end (PliSpan text, const Wanted *wanted)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  gboolean inside = FALSE;
  guint last = 0;
  PliSpan line;

  for (guint at = 1; pli_ini_next (&text, &line); at++)
    {
      PliIniLine ini;

      pli_ini_parse (line, arena, &ini);
      if (ini.kind == PLI_INI_GROUP && last > 0)
        break;
      if (ini.kind == PLI_INI_GROUP)
        inside = pli_span_is (ini.name, wanted->group)
                 && pli_span_is (ini.instance, wanted->instance ? wanted->instance : "")
                 && (ini.instance.data != NULL) == (wanted->instance != NULL);
      if (inside && ini.kind != PLI_INI_NOTHING)
        last = at;
    }
  return last;
}

/* Returns the number of the new line. */
static guint
add_line (PliBuffer *out, PliSpan text, const Wanted *wanted)
{
  guint after = find_group_end (text, wanted), number = 0;
  PliSpan rest = text, before = text, old;

  for (guint at = 1; pli_ini_next (&rest, &old); at++, before = rest)
    {
      copy_line (out, before, rest);
      number = at;
      if (at != after)
        continue;
      end_line (out);
      pli_buffer_printf (out, "%s\n", wanted->line);
    }
  if (after > 0)
    return after + 1;
  end_line (out);
  pli_buffer_printf (out, "%s[%s%s%s]\n%s\n", number > 0 ? "\n" : "", wanted->group, wanted->instance ? " " : "",
                     wanted->instance ? wanted->instance : "", wanted->line);
  return number > 0 ? number + 3 : 2;
}

static gboolean
is_plain (const char *value, const char *instance, GError **error)
{
  gboolean wrong = !g_utf8_validate (value, -1, NULL) || strlen (value) > PLI_CONFIG_LINE_MAX / 4;

  for (const guchar *c = (const guchar *) value; *c; c++)
    wrong |= (*c < 0x20 && *c != '\t') || *c == 0x7f;
  if (instance)
    wrong |= !*instance || strpbrk (instance, " \t\r\n[]\"") != NULL;
  if (wrong)
    g_set_error_literal (error, PLI_ERROR, PLI_ERROR_CONFIG,
                         "a value is one line of UTF-8 text, a NAME has no blanks, brackets or quotes");
  return !wrong;
}

gboolean
pli_config_set (const char *folder, const PliConfigTable *table, const char *instance, const char *key,
                const char *value, char **out_file, guint *out_line, GError **error)
{
  g_autoptr (PliConfig) config = NULL;
  g_auto (PliBuffer) old = { 0 }, new = { 0 };
  g_autofree char *line = format_line (key, value), *name = NULL, *path = NULL, *shown = NULL;
  g_autofree char *shown_folder = g_path_get_basename (folder);
  const Wanted wanted = { table->group, instance, key, line };
  const PliConfigEntry *winner;
  guint number;
  PliSetting row;

  if (!pli_config_row_need (table, key, &row, error) || !is_plain (value, instance, error))
    return FALSE;
  if (!pli_config_value_valid (&row, value, error))
    {
      pli_config_blame (error, NULL, table->group, instance, key);
      return FALSE;
    }
  if (!(config = pli_config_load (folder, error)))
    return FALSE;
  winner = pli_config_winner (config, table->group, instance, key);
  name = winner ? g_path_get_basename (winner->file) : g_strdup (PLI_CONFIG_LOCAL);
  path = g_build_filename (folder, name, NULL);
  shown = g_build_filename (shown_folder, name, NULL);
  if (g_file_test (path, G_FILE_TEST_EXISTS) && !pli_config_read_file (path, shown, &old, error))
    return FALSE;
  number = winner ? winner->line : 0;
  if (winner)
    replace_line (&new, pli_buffer_span (&old), number, line);
  else
    number = add_line (&new, pli_buffer_span (&old), &wanted);
  if (!pli_config_write_file (path, pli_buffer_span (&new), 0640, error))
    return FALSE;
  if (out_file)
    *out_file = g_steal_pointer (&shown);
  if (out_line)
    *out_line = number;
  return TRUE;
}
