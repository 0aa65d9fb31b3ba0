/* bind.c: from rows and files to a filled struct. The struct sits behind a counter and an arena that owns its text, so
 * that a session can keep the generation it began with. Called in every room at start and at reload. Any thread. */
#include "conf/internal.h"

#include <stddef.h>

typedef struct
{
  gint refs; /* atomic */
  PliArena *arena;
  _Alignas(max_align_t) char data[];
} Holder;

#define HOLDER(settings) ((Holder *) ((char *) (settings) -offsetof (Holder, data)))

gpointer
pli_settings_ref (gconstpointer settings)
{
  if (settings)
    g_atomic_int_inc (&HOLDER (settings)->refs);
  return (gpointer) settings;
}

void
pli_settings_unref (gconstpointer settings)
{
  if (!settings || !g_atomic_int_dec_and_test (&HOLDER (settings)->refs))
    return;
  pli_arena_free (HOLDER (settings)->arena);
  g_free (HOLDER (settings));
}

void
pli_config_blame (GError **error, const PliConfigEntry *entry, const char *group, const char *instance, const char *key)
{
  if (entry)
    g_prefix_error (error, "%s:%u: [%s%s%s] %s: ", entry->file, entry->line, group, instance ? " " : "",
                    instance ? instance : "", key);
  else
    g_prefix_error (error, "[%s%s%s] %s: ", group, instance ? " " : "", instance ? instance : "", key);
}

static gsize
field_size (PliType type)
{
  switch (type)
    {
    case PLI_TYPE_BOOL:
    case PLI_TYPE_CHOICE:
      return sizeof (gint);
    case PLI_TYPE_INT:
    case PLI_TYPE_SIZE:
    case PLI_TYPE_DURATION:
      return sizeof (gint64);
    default:
      return sizeof (gpointer);
    }
}

static const char *
path_below (PliArena *arena, const char *root, const char *path)
{
  if (!root || *path == '/' || *path == 0)
    return pli_arena_strdup (arena, path);
  return pli_arena_printf (arena, "%s/%s", root, path);
}

static gboolean
fill (Holder *holder, const PliSetting *row, const char *text, const char *root, GError **error)
{
  gpointer field = holder->data + row->offset;
  gint64 number = 0;

  if (!text)
    {
      if (row->type == PLI_TYPE_LIST)
        *(const char *const **) field = pli_value_words (holder->arena, "");
      return TRUE;
    }
  if (!pli_value_read (row, text, &number, error))
    return FALSE;
  switch (row->type)
    {
    case PLI_TYPE_BOOL:
    case PLI_TYPE_CHOICE:
      *(gint *) field = (gint) number;
      break;
    case PLI_TYPE_TEXT:
      *(const char **) field = pli_arena_strdup (holder->arena, text);
      break;
    case PLI_TYPE_PATH:
      *(const char **) field = path_below (holder->arena, root, text);
      break;
    case PLI_TYPE_LIST:
      *(const char *const **) field = pli_value_words (holder->arena, text);
      break;
    default:
      *(gint64 *) field = number;
    }
  return TRUE;
}

static gboolean
bind_row (Holder *holder, const PliConfig *config, const PliConfigTable *table, const char *instance,
          const PliSetting *row, const char *root, GError **error)
{
  g_autofree char *key = pli_config_row_key (row);
  const PliConfigEntry *entry = pli_config_winner (config, table->group, instance, key);

  if (row->offset > table->struct_size || table->struct_size - row->offset < field_size (row->type))
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "[%s] %s: the plugin's row points outside its struct",
                   table->group, key);
      return FALSE;
    }
  if (!entry && (row->flags & PLI_REQUIRED))
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "[%s%s%s] needs \"%s\" (%s); set it in conf.d", table->group,
                   instance ? " " : "", instance ? instance : "", key, row->doc ? row->doc : "required");
      return FALSE;
    }
  if (fill (holder, row, entry ? entry->value : row->value, root, error))
    return TRUE;
  pli_config_blame (error, entry, table->group, instance, key);
  return FALSE;
}

gpointer
pli_config_bind (const PliConfig *config, const PliConfigTable *table, const char *instance, const char *root,
                 GError **error)
{
  Holder *holder = g_malloc0 (sizeof (Holder) + table->struct_size);
  PliSetting row;

  holder->refs = 1;
  holder->arena = pli_arena_new ();
  for (guint i = 0; pli_config_row (table, i, &row); i++)
    if (!bind_row (holder, config, table, instance, &row, root, error))
      {
        pli_settings_unref (holder->data);
        return NULL;
      }
  return holder->data;
}

static gboolean
same_field (PliType type, gconstpointer a, gconstpointer b)
{
  switch (type)
    {
    case PLI_TYPE_TEXT:
    case PLI_TYPE_PATH:
      return g_strcmp0 (*(const char *const *) a, *(const char *const *) b) == 0;
    case PLI_TYPE_LIST:
      return g_strv_equal (*(const char *const *const *) a, *(const char *const *const *) b);
    default:
      return memcmp (a, b, field_size (type)) == 0;
    }
}

gboolean
pli_settings_equal (const PliConfigTable *table, gconstpointer a, gconstpointer b, gboolean reloadable)
{
  PliSetting row;

  for (guint i = 0; pli_config_row (table, i, &row); i++)
    if (((row.flags & PLI_RELOAD) != 0) == reloadable
        && !same_field (row.type, (const char *) a + row.offset, (const char *) b + row.offset))
      return FALSE;
  return TRUE;
}
