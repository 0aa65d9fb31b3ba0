/* rows.c: reads setting rows of any age: a plugin compiled against an older header has shorter rows, one against a
 * newer header longer ones. Any thread. */
#include "conf/internal.h"

gboolean
pli_config_row (const PliConfigTable *table, guint i, PliSetting *out_row)
{
  const char *at = (const char *) table->rows;

  memset (out_row, 0, sizeof *out_row);
  if (!at)
    return FALSE;
  memcpy (out_row, at + i * table->row_stride, MIN (table->row_stride, sizeof *out_row));
  return out_row->type != PLI_TYPE_END;
}

char *
pli_config_row_key (const PliSetting *row)
{
  return g_strdelimit (g_strdup (row->name), "_", '-');
}

/* Rows are named as the C field is, keys have '-' for '_'. */
static gboolean
is_key_of (const PliSetting *row, const char *key)
{
  const char *name = row->name;

  for (; *name && *key; name++, key++)
    if ((*name == '_' ? '-' : *name) != *key)
      return FALSE;
  return *name == *key;
}

gboolean
pli_config_row_find (const PliConfigTable *table, const char *key, PliSetting *out_row)
{
  for (guint i = 0; pli_config_row (table, i, out_row); i++)
    if (is_key_of (out_row, key))
      return TRUE;
  return FALSE;
}

gboolean
pli_row_has_max (const PliSetting *row)
{
  return row->max > row->min || (row->max == row->min && row->max != 0);
}

gboolean
pli_row_has_bounds (const PliSetting *row)
{
  return row->min != 0 || row->max != 0;
}
