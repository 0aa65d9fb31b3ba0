/* pack.c: groups as bytes, for a room that gets only its own. Records: 'g' name instance file line, then its entries,
 * 'e' key value file line; a text is its length + 1 in four bytes, little-endian (0: none), and its bytes. Unpacking
 * checks each length against what is there. Any thread. */
#include "conf/internal.h"

static void
add_u32 (PliBuffer *out, gsize n)
{
  guint32 little = GUINT32_TO_LE ((guint32) n);

  pli_buffer_add (out, &little, sizeof little);
}

static void
add_text (PliBuffer *out, const char *text)
{
  gsize len = text ? strlen (text) : 0;

  add_u32 (out, text ? len + 1 : 0);
  pli_buffer_add (out, text, len);
}

static void
pack_group (const PliConfigGroup *group, PliBuffer *out)
{
  pli_buffer_add_char (out, 'g');
  add_text (out, group->name);
  add_text (out, group->instance);
  add_text (out, group->file);
  add_u32 (out, group->line);
  for (guint i = 0; i < group->entries->len; i++)
    {
      const PliConfigEntry *entry = group->entries->pdata[i];

      pli_buffer_add_char (out, 'e');
      add_text (out, entry->key);
      add_text (out, entry->value);
      add_text (out, entry->file);
      add_u32 (out, entry->line);
    }
}

void
pli_config_pack (const PliConfig *config, const char *const *groups, PliBuffer *out)
{
  for (guint i = 0; i < config->groups->len; i++)
    {
      const PliConfigGroup *group = config->groups->pdata[i];

      if (g_strv_contains (groups, group->name))
        pack_group (group, out);
    }
}

typedef struct
{
  PliSpan rest;
  gboolean bad;
} Reader;

static guint32
take_u32 (Reader *reader)
{
  guint32 little = 0;

  if (reader->rest.len < sizeof little)
    reader->bad = TRUE;
  else
    {
      memcpy (&little, reader->rest.data, sizeof little);
      reader->rest = pli_span_skip (reader->rest, sizeof little);
    }
  return GUINT32_FROM_LE (little);
}

static PliSpan
take_text (Reader *reader)
{
  guint32 len = take_u32 (reader);
  PliSpan text = { NULL, 0 };

  if (len == 0 || reader->bad)
    return text;
  if (len - 1 > reader->rest.len || memchr (reader->rest.data, 0, len - 1))
    {
      reader->bad = TRUE;
      return text;
    }
  text = pli_span_head (reader->rest, len - 1);
  reader->rest = pli_span_skip (reader->rest, len - 1);
  return text;
}

/* Names of files are few: each is kept once, and compared by address later. */
static const char *
keep_file (PliConfig *config, GHashTable *files, PliSpan name)
{
  g_autofree char *key = pli_span_dup (name);
  char *kept = g_hash_table_lookup (files, key);

  if (!kept)
    {
      kept = pli_arena_text (config->arena, name);
      g_hash_table_add (files, kept);
    }
  return kept;
}

static PliConfigGroup *
unpack_record (PliConfig *config, GHashTable *files, Reader *reader, PliConfigGroup *group)
{
  char kind = reader->rest.data[0];
  PliSpan first, second, file;
  guint32 line;

  reader->rest = pli_span_skip (reader->rest, 1);
  first = take_text (reader);
  second = take_text (reader);
  file = take_text (reader);
  line = take_u32 (reader);
  reader->bad |= !first.data || !file.data || (kind != 'g' && (kind != 'e' || !group || !second.data));
  if (reader->bad)
    return NULL;
  if (kind == 'g')
    return pli_config_group_add (config, first, second, keep_file (config, files, file), line);
  reader->bad = !pli_config_entry_add (config, group, first, second, keep_file (config, files, file), line);
  return group;
}

PliConfig *
pli_config_unpack (PliSpan packed, GError **error)
{
  g_autoptr (PliConfig) config = pli_config_new ();
  g_autoptr (GHashTable) files = g_hash_table_new (g_str_hash, g_str_equal);
  Reader reader = { packed, FALSE };
  PliConfigGroup *group = NULL;

  while (reader.rest.len > 0 && !reader.bad)
    group = unpack_record (config, files, &reader, group);
  if (reader.bad)
    {
      g_set_error_literal (error, PLI_ERROR, PLI_ERROR_CORRUPT, "packed settings are damaged");
      return NULL;
    }
  return g_steal_pointer (&config);
}
