/* read.c: the grammar of a settings file, one line at a time, and the groups that lines fill.
 *
 *   [group] or [group NAME]     NAME without blanks
 *   key = value                 the rest of the line, trimmed; or "…" with \" and \\ inside
 *   # or ;                      a comment, on a line of its own
 *
 * Text is UTF-8 without control characters; lines end in LF or CRLF. A key twice in one file is an error; in a later
 * file it wins. Called by load.c, set.c (which edits lines) and tests. No I/O. Any thread. */
#include "conf/internal.h"

gboolean
pli_ini_next (PliSpan *rest, PliSpan *out_line)
{
  gssize end = pli_span_find (*rest, '\n');

  if (rest->len == 0)
    return FALSE;
  *out_line = end < 0 ? *rest : pli_span_head (*rest, (gsize) end);
  *rest = pli_span_skip (*rest, end < 0 ? rest->len : (gsize) end + 1);
  if (out_line->len > 0 && out_line->data[out_line->len - 1] == '\r')
    out_line->len--;
  return TRUE;
}

static gboolean
is_name (PliSpan name)
{
  for (gsize i = 0; i < name.len; i++)
    {
      char c = name.data[i];

      if (!(g_ascii_islower (c) || g_ascii_isdigit (c) || c == '-' || c == '_'))
        return FALSE;
    }
  return name.len > 0;
}

static gssize
find_blank (PliSpan text)
{
  for (gsize i = 0; i < text.len; i++)
    if (text.data[i] == ' ' || text.data[i] == '\t')
      return (gssize) i;
  return -1;
}

static const char *
parse_group (PliSpan line, PliIniLine *out)
{
  PliSpan inside;
  gssize blank;

  if (line.data[line.len - 1] != ']')
    return "the group's name is not closed; write [group] or [group NAME] on a line of its own";
  inside = pli_span_trim (pli_span (line.data + 1, line.len - 2));
  blank = find_blank (inside);
  out->kind = PLI_INI_GROUP;
  out->name = blank < 0 ? inside : pli_span_head (inside, (gsize) blank);
  out->instance = blank < 0 ? pli_span (NULL, 0) : pli_span_trim (pli_span_skip (inside, (gsize) blank));
  if (!is_name (out->name))
    return "a group's name has lower-case letters, digits and '-'; write [group] or [group NAME]";
  for (gsize i = 0; i < out->instance.len; i++)
    if (strchr (" \t[]\"", out->instance.data[i]))
      return "NAME in [group NAME] cannot have blanks, brackets or quotes";
  return NULL;
}

static const char *
unquote (PliSpan text, PliArena *arena, PliSpan *out)
{
  char *copy = pli_arena_alloc (arena, text.len + 1);
  gsize len = 0;

  for (gsize i = 1; i < text.len; i++)
    {
      char c = text.data[i];

      if (c == '"')
        {
          *out = pli_span (copy, len);
          return i + 1 == text.len ? NULL : "text behind the closing quote; a comment needs a line of its own";
        }
      if (c == '\\' && i + 1 < text.len && (text.data[i + 1] == '"' || text.data[i + 1] == '\\'))
        c = text.data[++i];
      else if (c == '\\')
        return "inside quotes, write \\\\ for a backslash and \\\" for a quote";
      copy[len++] = c;
    }
  return "the quote is not closed";
}

static const char *
parse_entry (PliSpan line, PliArena *arena, PliIniLine *out)
{
  gssize equals = pli_span_find (line, '=');

  if (equals < 0)
    return "neither \"[group]\" nor \"key = value\"; a comment begins with '#'";
  out->kind = PLI_INI_ENTRY;
  out->name = pli_span_trim (pli_span_head (line, (gsize) equals));
  out->value = pli_span_trim (pli_span_skip (line, (gsize) equals + 1));
  if (!is_name (out->name))
    return "a key has lower-case letters, digits and '-'; write key = value";
  return pli_span_starts (out->value, "\"") ? unquote (out->value, arena, &out->value) : NULL;
}

const char *
pli_ini_parse (PliSpan line, PliArena *arena, PliIniLine *out)
{
  memset (out, 0, sizeof *out);
  if (line.len > PLI_CONFIG_LINE_MAX)
    return pli_arena_printf (arena, "the line is longer than %d bytes", PLI_CONFIG_LINE_MAX);
  for (gsize i = 0; i < line.len; i++)
    if ((guchar) line.data[i] == 0x7f || ((guchar) line.data[i] < 0x20 && line.data[i] != '\t'))
      return "the line has a control character; is this a text file?";
  if (!g_utf8_validate (line.data, (gssize) line.len, NULL))
    return "the line is not UTF-8; save the file as UTF-8";
  line = pli_span_trim (line);
  if (line.len == 0 || line.data[0] == '#' || line.data[0] == ';')
    return NULL;
  return line.data[0] == '[' ? parse_group (line, out) : parse_entry (line, arena, out);
}

/* Groups in memory */

static void
group_free (gpointer data)
{
  g_ptr_array_unref (((PliConfigGroup *) data)->entries);
}

PliConfig *
pli_config_new (void)
{
  PliConfig *config = g_new0 (PliConfig, 1);

  config->refs = 1;
  config->arena = pli_arena_new ();
  config->groups = g_ptr_array_new_with_free_func (group_free);
  config->by_title = g_hash_table_new (g_str_hash, g_str_equal);
  return config;
}

PliConfig *
pli_config_ref (PliConfig *config)
{
  g_atomic_int_inc (&config->refs);
  return config;
}

void
pli_config_unref (PliConfig *config)
{
  if (!config || !g_atomic_int_dec_and_test (&config->refs))
    return;
  g_hash_table_unref (config->by_title);
  g_ptr_array_unref (config->groups);
  pli_arena_free (config->arena);
  g_free (config);
}

PliConfigGroup *
pli_config_group (const PliConfig *config, const char *name, const char *instance)
{
  g_autofree char *title = instance ? g_strconcat (name, " ", instance, NULL) : NULL;

  return g_hash_table_lookup (config->by_title, title ? title : name);
}

PliConfigGroup *
pli_config_group_add (PliConfig *config, PliSpan name, PliSpan instance, const char *file, guint line)
{
  const char *name_text = pli_arena_text (config->arena, name);
  const char *instance_text = pli_arena_text (config->arena, instance);
  PliConfigGroup *group = pli_config_group (config, name_text, instance_text);

  if (group)
    return group;
  group = pli_arena_new0 (config->arena, PliConfigGroup);
  group->name = name_text;
  group->instance = instance_text;
  group->file = file;
  group->line = line;
  group->entries = g_ptr_array_new ();
  g_ptr_array_add (config->groups, group);
  g_hash_table_insert (
      config->by_title,
      instance_text ? pli_arena_printf (config->arena, "%s %s", name_text, instance_text) : (char *) name_text, group);
  return group;
}

PliConfigEntry *
pli_config_entry_add (PliConfig *config, PliConfigGroup *group, PliSpan key, PliSpan value, const char *file,
                      guint line)
{
  PliConfigEntry *entry;

  if (group->entries->len >= PLI_CONFIG_ENTRIES_MAX)
    return NULL;
  entry = pli_arena_new0 (config->arena, PliConfigEntry);
  entry->key = pli_arena_text (config->arena, key);
  entry->value = pli_arena_text (config->arena, value);
  entry->file = file;
  entry->line = line;
  g_ptr_array_add (group->entries, entry);
  return entry;
}

/* The line in this file that sets @key already, or NULL. */
static const PliConfigEntry *
find_double (const PliConfigGroup *group, PliSpan key, const char *file)
{
  for (guint i = group->entries->len; i > 0; i--)
    {
      const PliConfigEntry *entry = group->entries->pdata[i - 1];

      if (entry->file != file)
        return NULL; /* files come one after the other */
      if (pli_span_is (key, entry->key))
        return entry;
    }
  return NULL;
}

static const char *
add_entry (PliConfig *config, PliConfigGroup *group, const PliIniLine *ini, const char *file, guint line)
{
  const PliConfigEntry *before;

  if (!group)
    return "a key before the first [group]";
  before = find_double (group, ini->name, file);
  if (before)
    return pli_arena_printf (config->arena, "\"%s\" is set in line %u already; keep one of them", before->key,
                             before->line);
  if (!pli_config_entry_add (config, group, ini->name, ini->value, file, line))
    return pli_arena_printf (config->arena, "more than %d lines in one group", PLI_CONFIG_ENTRIES_MAX);
  return NULL;
}

gboolean
pli_config_add (PliConfig *config, PliSpan text, const char *file, GError **error)
{
  const char *name = pli_arena_strdup (config->arena, file);
  PliConfigGroup *group = NULL;
  PliSpan line;

  if (text.len > PLI_CONFIG_FILE_MAX)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s: larger than %d bytes; split it", file, PLI_CONFIG_FILE_MAX);
      return FALSE;
    }
  if (pli_span_starts (text, "\xef\xbb\xbf"))
    text = pli_span_skip (text, 3);
  for (guint number = 1; pli_ini_next (&text, &line); number++)
    {
      PliIniLine ini;
      const char *wrong = pli_ini_parse (line, config->arena, &ini);

      if (!wrong && ini.kind == PLI_INI_GROUP)
        group = pli_config_group_add (config, ini.name, ini.instance, name, number);
      else if (!wrong && ini.kind == PLI_INI_ENTRY)
        wrong = add_entry (config, group, &ini, name, number);
      if (wrong)
        {
          g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s:%u: %s", file, number, wrong);
          return FALSE;
        }
    }
  return TRUE;
}
