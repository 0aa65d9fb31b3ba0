/* tools.h: settings for people and programs: where a value comes from, writing one back, and what is generated from rows
 * (conf.d templates, docs/settings, JSON). Called by the commands of `pli`, never by a room that serves. Any thread. */
#ifndef PLI_SETTINGS_TOOLS_H
#define PLI_SETTINGS_TOOLS_H

#include "conf/config.h"

#include <jansson.h>

/* Text of conf.d/NN-<name>.conf: every setting commented out, with its sentence, default, range and RFC. */
void pli_describe_conf (PliBuffer *out, const char *title, const char *summary, const PliConfigTable *tables,
                        gsize n_tables);
/* docs/settings/<name>.md. */
void pli_describe_markdown (PliBuffer *out, const char *title, const char *summary, const PliConfigTable *tables,
                            gsize n_tables);
/* (transfer full): array of groups with their settings, for `plugin describe --json`. */
json_t *pli_describe_json (const PliConfigTable *tables, gsize n_tables);

/* --- Explaining --- */

typedef struct
{
  char *value;                  /* in force; "***" for a secret; NULL: not set and no default */
  const PliConfigEntry *origin; /* NULL: the default */
  GPtrArray *overridden;        /* (element-type PliConfigEntry): earlier places, the latest first */
} PliConfigWhy;

/* Valid while @config lives. Errors: %PLI_ERROR_NOT_FOUND: no such key (with a suggestion). */
PliConfigWhy *pli_config_why (const PliConfig *config, const PliConfigTable *table, const char *instance,
                              const char *key, GError **error);
void pli_config_why_free (PliConfigWhy *why);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PliConfigWhy, pli_config_why_free)

/* --- Writing back --- */

/**
 * pli_config_set:
 * @table: what describes @key
 * @value: text as in a file, unquoted
 * @out_file: (out) (transfer full) (nullable): where it went
 *
 * Changes the line that wins, else adds one to the group in 90-local.conf. Comments and order stay. Atomic: the file
 * is replaced by a synced copy with the same mode and owner.
 *
 * Errors: %PLI_ERROR_CONFIG: bad value, conf.d has errors; %PLI_ERROR_NOT_FOUND: no such key; %PLI_ERROR_TRY_AGAIN:
 * cannot be written.
 */
gboolean pli_config_set (const char *folder, const PliConfigTable *table, const char *instance, const char *key,
                         const char *value, char **out_file, guint *out_line, GError **error);
/* Replaces @path by @text with @mode (unless the file exists: its mode and owner stay), durably. */
gboolean pli_config_write_file (const char *path, PliSpan text, guint mode, GError **error);

/* pli_config_row_find() with an error that suggests the nearest key. */
gboolean pli_config_row_need (const PliConfigTable *table, const char *key, PliSetting *out_row, GError **error);

#endif
