/* describe.c: one row, told to people (conf.d templates, docs/settings) and to programs (JSON). What is generated here
 * is compared with the tree in CI. Any thread. */
#include "conf/tools.h"

static const char *const type_names[] = { "none", "yes or no", "number", "size", "duration",
                                          "text", "choice",    "list",   "path" };
static const char *const type_ids[] = { "none", "bool", "int", "size", "duration", "text", "choice", "list", "path" };

static guint
type_index (const PliSetting *row)
{
  return (guint) row->type < G_N_ELEMENTS (type_names) ? (guint) row->type : 0;
}

static gboolean
has_range (const PliSetting *row)
{
  return row->type == PLI_TYPE_CHOICE || (row->type != PLI_TYPE_BOOL && (row->min != 0 || row->max != 0));
}

/* "size, 1KiB to 10MiB; RFC 1870; needs a restart" */
static void
add_facts (PliBuffer *out, const PliSetting *row)
{
  pli_buffer_add_text (out, type_names[type_index (row)]);
  if (has_range (row))
    {
      pli_buffer_add_text (out, row->type == PLI_TYPE_CHOICE ? ": " : ", ");
      pli_describe_range (out, row);
    }
  if (row->rfc)
    pli_buffer_printf (out, "; %s", row->rfc);
  if (row->flags & PLI_REQUIRED)
    pli_buffer_add_text (out, "; required");
  if (row->flags & PLI_SECRET)
    pli_buffer_add_text (out, "; secret");
  if (row->flags & PLI_DEPRECATED)
    pli_buffer_add_text (out, "; deprecated");
  if (!(row->flags & PLI_RELOAD))
    pli_buffer_add_text (out, "; needs a restart");
}

/* Comment lines of at most 100 columns. */
static void
add_wrapped (PliBuffer *out, const char *text)
{
  gsize column = 0;

  while (*text)
    {
      gsize len = strcspn (text, " ");

      if (column == 0 || column + 1 + len > 100)
        {
          pli_buffer_add_text (out, column == 0 ? "# " : "\n# ");
          column = 2;
        }
      else
        {
          pli_buffer_add_char (out, ' ');
          column++;
        }
      pli_buffer_add (out, text, len);
      column += len;
      text += len + (text[len] != 0);
    }
  pli_buffer_add_char (out, '\n');
}

static void
conf_row (PliBuffer *out, const PliSetting *row)
{
  g_autofree char *key = pli_config_row_key (row);

  pli_buffer_add_char (out, '\n');
  add_wrapped (out, row->doc ? row->doc : key);
  pli_buffer_add_text (out, "# (");
  add_facts (out, row);
  pli_buffer_printf (out, ")\n#%s =%s%s\n", key, row->value && *row->value ? " " : "", row->value ? row->value : "");
}

/* Tables that follow each other may describe one group: a filter's own rows, and those of every filter. */
static gboolean
goes_on (const PliConfigTable *tables, gsize i)
{
  return i > 0 && g_str_equal (tables[i].group, tables[i - 1].group);
}

void
pli_describe_conf (PliBuffer *out, const char *heading, const char *summary, const PliConfigTable *tables,
                   gsize n_tables)
{
  PliSetting row;

  pli_buffer_printf (out, "# %s%s%s.\n", heading, summary ? ": " : "", summary ? summary : "");
  add_wrapped (out, "Every setting is here with its default, commented out. Generated; write your own values into "
                    "another file, such as " PLI_CONFIG_LOCAL " (`pli config set` does).");
  for (gsize i = 0; i < n_tables; i++)
    {
      gboolean named = tables[i].kind == PLI_GROUP_NAMED;

      if (!goes_on (tables, i))
        pli_buffer_printf (out, "\n%s[%s%s]\n", named ? "#" : "", tables[i].group, named ? " NAME" : "");
      if (tables[i].summary && g_strcmp0 (tables[i].summary, summary) != 0)
        add_wrapped (out, tables[i].summary);
      for (guint at = 0; pli_config_row (&tables[i], at, &row); at++)
        conf_row (out, &row);
    }
}

/* A cell of a table cannot hold a bar. */
static void
add_cell (PliBuffer *out, const char *text)
{
  for (; *text; text++)
    {
      if (*text == '|')
        pli_buffer_add_char (out, '\\');
      pli_buffer_add_char (out, *text);
    }
}

static void
markdown_row (PliBuffer *out, const PliSetting *row)
{
  g_autofree char *key = pli_config_row_key (row);
  g_auto (PliBuffer) facts = { 0 };

  add_facts (&facts, row);
  pli_buffer_add_char (&facts, '\0');
  pli_buffer_printf (out, "| `%s` | ", key);
  if (row->value && *row->value)
    {
      pli_buffer_add_char (out, '`');
      add_cell (out, row->value);
      pli_buffer_add_char (out, '`');
    }
  pli_buffer_add_text (out, " | ");
  add_cell (out, facts.data);
  pli_buffer_add_text (out, " | ");
  add_cell (out, row->doc ? row->doc : "");
  pli_buffer_add_text (out, " |\n");
}

static void
markdown_heading (PliBuffer *out, const PliConfigTable *table, const char *above)
{
  PliSetting row;

  pli_buffer_printf (out, "\n## [%s%s]\n\n", table->group, table->kind == PLI_GROUP_NAMED ? " NAME" : "");
  if (table->summary && g_strcmp0 (table->summary, above) != 0)
    pli_buffer_printf (out, "%s.\n\n", table->summary);
  pli_buffer_add_text (out, pli_config_row (table, 0, &row) ? "| Key | Default | Type | Meaning |\n|---|---|---|---|\n"
                                                            : "No settings.\n");
}

void
pli_describe_markdown (PliBuffer *out, const char *heading, const char *summary, const PliConfigTable *tables,
                       gsize n_tables)
{
  PliSetting row;

  pli_buffer_printf (out, "# %s\n\n%s%sGenerated from the setting rows.\n", heading, summary ? summary : "",
                     summary ? ". " : "");
  for (gsize i = 0; i < n_tables; i++)
    {
      if (!goes_on (tables, i))
        markdown_heading (out, &tables[i], summary);
      for (guint at = 0; pli_config_row (&tables[i], at, &row); at++)
        markdown_row (out, &row);
    }
}

static json_t *
json_choices (const PliSetting *row)
{
  json_t *choices = json_array ();

  for (guint i = 0; row->choices[i]; i++)
    json_array_append_new (choices, json_string (row->choices[i]));
  return choices;
}

static json_t *
json_row (const PliSetting *row)
{
  g_autofree char *key = pli_config_row_key (row);
  json_t *object =
      json_pack ("{s:s, s:s, s:s?, s:s?, s:s?, s:b, s:b, s:b, s:b}", "key", key, "type", type_ids[type_index (row)],
                 "default", row->value, "doc", row->doc, "rfc", row->rfc, "reload", (row->flags & PLI_RELOAD) != 0,
                 "required", (row->flags & PLI_REQUIRED) != 0, "secret", (row->flags & PLI_SECRET) != 0, "deprecated",
                 (row->flags & PLI_DEPRECATED) != 0);

  if (row->type == PLI_TYPE_CHOICE)
    json_object_set_new (object, "choices", json_choices (row));
  else if (has_range (row))
    {
      json_object_set_new (object, "min", json_integer (row->min));
      if (row->max >= row->min)
        json_object_set_new (object, "max", json_integer (row->max));
    }
  return object;
}

json_t *
pli_describe_json (const PliConfigTable *tables, gsize n_tables)
{
  json_t *groups = json_array (), *last = NULL; /* settings of the group before */
  PliSetting row;

  for (gsize i = 0; i < n_tables; i++)
    {
      json_t *settings = goes_on (tables, i) ? last : json_array ();

      for (guint at = 0; pli_config_row (&tables[i], at, &row); at++)
        json_array_append_new (settings, json_row (&row));
      if (!goes_on (tables, i))
        json_array_append_new (groups, json_pack ("{s:s, s:b, s:s?, s:o}", "group", tables[i].group, "named",
                                                  tables[i].kind == PLI_GROUP_NAMED, "summary", tables[i].summary,
                                                  "settings", settings));
      last = settings;
    }
  return groups;
}
