/* config.h: settings: read conf.d, say what is wrong with it, bind it to typed structs, send it to rooms.
 *
 * Files are INI, `[group]` or `[group NAME]`, read in order of name, later ones winning; each entry remembers its file
 * and line. What may stand in a group is said by tables of rows (<pli/settings.h>); several tables may describe one
 * group (core's rows for every filter beside the filter's own), so unknown groups and keys are the business of
 * pli_config_check(), which knows all tables, and bad values that of both check and bind.
 * A PliConfig is immutable once it is loaded. Internal to core. Any thread. */
#ifndef PLI_CONF_CONFIG_H
#define PLI_CONF_CONFIG_H

#include <pli/settings.h>

G_BEGIN_DECLS

typedef struct PliConfig PliConfig;

#define PLI_CONFIG_LINE_MAX (16 * 1024)
#define PLI_CONFIG_FILE_MAX (4 * 1024 * 1024)
#define PLI_CONFIG_FILES_MAX 1000
#define PLI_CONFIG_LOCAL "90-local.conf" /* where `pli config set` adds */

/* --- Tables: what may be written --- */

typedef enum
{
  PLI_GROUP_PLAIN, /* [proto-smtp] */
  PLI_GROUP_NAMED, /* [listener NAME], any number */
} PliGroupKind;

typedef struct
{
  const char *group; /* "proto-smtp", "listener" */
  PliGroupKind kind;
  const PliSetting *rows; /* ends with a zeroed row; may be NULL */
  gsize row_stride;       /* PliPluginInfo.setting_stride, or sizeof (PliSetting) */
  gsize struct_size;
  const char *summary; /* one line, for generated text; may be NULL */
} PliConfigTable;

/* Row @i of @table as this build knows rows: what an older plugin's row lacks is zero. FALSE behind the last. */
gboolean pli_config_row (const PliConfigTable *table, guint i, PliSetting *out_row);
/* The row called @key ("size-max"). FALSE when there is none. */
gboolean pli_config_row_find (const PliConfigTable *table, const char *key, PliSetting *out_row);
/* (transfer full): name of @row as files write it, "size-max". */
char *pli_config_row_key (const PliSetting *row);

/* --- Reading --- */

/**
 * pli_config_load:
 * @folder: holds *.conf; other names are ignored
 *
 * Errors: %PLI_ERROR_CONFIG: not readable, writable by others, too big, not in the grammar, a key twice in one file;
 * the text begins with file and line and names a remedy. %PLI_ERROR_NOT_FOUND: no such folder.
 */
PliConfig *pli_config_load (const char *folder, GError **error);
/* An empty one, and text added to it as a file called @file that is read after those before. For tests and unpack. */
PliConfig *pli_config_new (void);
gboolean pli_config_add (PliConfig *config, PliSpan text, const char *file, GError **error);
PliConfig *pli_config_ref (PliConfig *config);
void pli_config_unref (PliConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PliConfig, pli_config_unref)

/* --- Looking --- */

/* (transfer container): names of the instances of @group in order of first appearance; NULL-terminated, never NULL. */
const char **pli_config_instances (const PliConfig *config, const char *group);
/* Whether there is a `[group]` or `[group instance]`, be it empty. @instance: NULL for a plain group. */
gboolean pli_config_has (const PliConfig *config, const char *group, const char *instance);
/* The text that wins, NULL when no file says anything. (transfer none) */
const char *pli_config_text (const PliConfig *config, const char *group, const char *instance, const char *key);

/* Whether @value is, or is listed in, the text that wins for some key of `[group]`. */
gboolean pli_config_group_names (const PliConfig *config, const char *group, const char *value);
/* Whether an absolute path is, or is listed in, some text of a plain group whose name begins with @prefix. */
gboolean pli_config_lists_path (const PliConfig *config, const char *prefix);

typedef struct
{
  const char *key, *value;
  const char *file;
  guint line;
} PliConfigEntry;

/* (transfer container) (element-type PliConfigEntry): what was written for @key, first file first: the last wins. */
GPtrArray *pli_config_entries (const PliConfig *config, const char *group, const char *instance, const char *key);

/* --- Checking --- */

typedef struct
{
  char *file; /* NULL when nothing was written (a required setting) */
  guint line;
  gboolean warning; /* deprecated setting */
  char *text;       /* whole: "conf.d/20-x.conf:12: [proto-smtp] has no key "sizemax"; did you mean "size-max"?" */
} PliConfigProblem;

void pli_config_problem_free (PliConfigProblem *problem);
/**
 * pli_config_check:
 * @tables: all that is known
 * @problems: (element-type PliConfigProblem): gets every problem, in order of file and line; make it with
 *   g_ptr_array_new_with_free_func ((GDestroyNotify) pli_config_problem_free)
 *
 * Returns: FALSE when there is an error among them.
 */
gboolean pli_config_check (const PliConfig *config, const PliConfigTable *tables, gsize n_tables, GPtrArray *problems);
/* One value against its row: what `config set` asks before it writes. Errors: %PLI_ERROR_CONFIG. */
gboolean pli_config_value_valid (const PliSetting *row, const char *value, GError **error);
/* "10 to 100", "yes or no", "one of a, b, c", "at least 1KiB"; appends what is allowed. */
void pli_describe_range (PliBuffer *out, const PliSetting *row);
/* Value in the field's unit as a person writes it: 4096 → "4KiB", 90000000 → "90s". */
void pli_describe_number (PliBuffer *out, PliType type, gint64 value);

/* --- Binding --- */

/**
 * pli_config_bind:
 * @table: rows and size of the struct
 * @instance: (nullable): NAME of `[group NAME]`
 * @root: (nullable): what relative paths are below; NULL leaves them as they are
 *
 * Fills a struct of table->struct_size bytes from defaults and files. It owns all its text; TEXT and PATH are NULL when
 * the default is NULL and nothing is set; LIST is never NULL. A missing group means defaults.
 *
 * Returns: (transfer full): free with pli_settings_unref(); NULL on error.
 * Errors: %PLI_ERROR_CONFIG: the first bad value or missing required setting of these rows.
 */
gpointer pli_config_bind (const PliConfig *config, const PliConfigTable *table, const char *instance, const char *root,
                          GError **error);
/* Counted atomically; NULL is fine. */
gpointer pli_settings_ref (gconstpointer settings);
void pli_settings_unref (gconstpointer settings);
/* Whether two structs bound by @table hold the same values in the rows that have PLI_RELOAD (@reloadable) or have it
 * not: when the latter differ, a reload is not enough. */
gboolean pli_settings_equal (const PliConfigTable *table, gconstpointer a, gconstpointer b, gboolean reloadable);

/* --- Sending to rooms --- */

/* Appends groups called @groups (NULL-terminated; "listener" means all its instances) with file and line. */
void pli_config_pack (const PliConfig *config, const char *const *groups, PliBuffer *out);
/* Safe on any bytes. Errors: %PLI_ERROR_CORRUPT. */
PliConfig *pli_config_unpack (PliSpan packed, GError **error);

G_END_DECLS

#endif
