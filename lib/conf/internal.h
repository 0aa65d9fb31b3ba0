/* internal.h: what the files of lib/conf share: groups in memory, lines of a file, values of a row. */
#ifndef PLI_CONF_INTERNAL_H
#define PLI_CONF_INTERNAL_H

#include "conf/config.h"

#define PLI_CONFIG_ENTRIES_MAX 1000 /* in one group, all files together */

typedef struct
{
  const char *name, *instance; /* instance NULL for [name] */
  const char *file;            /* where it appeared first */
  guint line;
  GPtrArray *entries; /* PliConfigEntry, in order of reading */
} PliConfigGroup;

struct PliConfig
{
  gint refs;
  PliArena *arena;
  GPtrArray *groups;    /* PliConfigGroup, in order of first appearance */
  GHashTable *by_title; /* "name" or "name instance" → PliConfigGroup */
};

PliConfigGroup *pli_config_group (const PliConfig *config, const char *name, const char *instance);
/* Finds or adds. @file: lives as long as @config. */
PliConfigGroup *pli_config_group_add (PliConfig *config, PliSpan name, PliSpan instance, const char *file, guint line);
/* NULL when the group is full. @file: lives as long as @config. */
PliConfigEntry *pli_config_entry_add (PliConfig *config, PliConfigGroup *group, PliSpan key, PliSpan value,
                                      const char *file, guint line);
/* The last entry for @key, NULL when there is none. */
const PliConfigEntry *
pli_config_winner (const PliConfig *config, const char *group, const char *instance, const char *key);
/* Reads a whole file with the checks of pli_config_load(). @shown: its name in errors. */
gboolean pli_config_read_file (const char *path, const char *shown, PliBuffer *out, GError **error);

typedef enum
{
  PLI_INI_NOTHING, /* blank, or a comment */
  PLI_INI_GROUP,
  PLI_INI_ENTRY,
} PliIniKind;

typedef struct
{
  PliIniKind kind;
  PliSpan name;     /* of the group, or the key */
  PliSpan instance; /* {NULL, 0} without */
  PliSpan value;    /* unquoted, in the arena when it had to be copied */
} PliIniLine;

/* Cuts the next line off @rest, without its line end. FALSE at the end. */
gboolean pli_ini_next (PliSpan *rest, PliSpan *out_line);
/* NULL when all is well, else what is wrong and what to do (in @arena or static). */
const char *pli_ini_parse (PliSpan line, PliArena *arena, PliIniLine *out);

/* A value that is a number: BOOL, INT, SIZE, DURATION, CHOICE. Other types: checks bounds, leaves @out alone. The error
 * says what is allowed, and neither file nor key. */
gboolean pli_value_read (const PliSetting *row, const char *text, gint64 *out, GError **error);
/* Whether @row has an upper bound: max below min means there is none. */
gboolean pli_row_has_max (const PliSetting *row);
gboolean pli_row_has_bounds (const PliSetting *row);
/* (transfer container): words of a LIST, NULL-terminated, in @arena. */
const char *const *pli_value_words (PliArena *arena, const char *text);

/* Puts "file:line: [group instance] key: " in front of @error. */
void pli_config_blame (GError **error, const PliConfigEntry *entry, const char *group, const char *instance,
                       const char *key);

#endif
