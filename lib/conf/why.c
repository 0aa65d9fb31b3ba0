/* why.c: where the value of a setting comes from, for `pli config show|why`. Secrets are never given out. */
#include "conf/tools.h"

#include "conf/internal.h"
#include "conf/suggest.h"

static gboolean
not_found (const PliConfigTable *table, const char *key, GError **error)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  const char *near;
  PliSetting row;

  for (guint i = 0; pli_config_row (table, i, &row); i++)
    g_ptr_array_add (keys, pli_config_row_key (&row));
  g_ptr_array_add (keys, NULL);
  near = pli_suggest (key, (const char *const *) keys->pdata);
  g_set_error (error, PLI_ERROR, PLI_ERROR_NOT_FOUND, "[%s] has no key \"%s\"%s%s%s", table->group, key,
               near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
  return FALSE;
}

gboolean
pli_config_row_need (const PliConfigTable *table, const char *key, PliSetting *out_row, GError **error)
{
  return pli_config_row_find (table, key, out_row) || not_found (table, key, error);
}

PliConfigWhy *
pli_config_why (const PliConfig *config, const PliConfigTable *table, const char *instance, const char *key,
                GError **error)
{
  PliConfigWhy *why;
  GPtrArray *entries;
  PliSetting row;

  if (!pli_config_row_need (table, key, &row, error))
    return NULL;
  entries = pli_config_entries (config, table->group, instance, key);
  why = g_new0 (PliConfigWhy, 1);
  why->overridden = g_ptr_array_new ();
  if (entries->len > 0)
    why->origin = entries->pdata[entries->len - 1];
  for (guint i = entries->len; i > 1; i--)
    g_ptr_array_add (why->overridden, entries->pdata[i - 2]);
  why->value = g_strdup (why->origin ? why->origin->value : row.value);
  if ((row.flags & PLI_SECRET) && why->value)
    {
      g_free (why->value);
      why->value = g_strdup ("***");
    }
  g_ptr_array_unref (entries);
  return why;
}

void
pli_config_why_free (PliConfigWhy *why)
{
  if (!why)
    return;
  g_free (why->value);
  g_ptr_array_unref (why->overridden);
  g_free (why);
}
