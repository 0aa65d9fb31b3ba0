/* settings.h: one row says all of a setting; parsing, errors, conf.d, docs and forms are made from the rows.
 *
 * A plugin (or a part of core) declares a struct and a row a field. Core fills a fresh copy of the struct at start and
 * at each reload; a session keeps the copy it began with. Text fields point into memory owned by that copy. */
#ifndef PLI_SETTINGS_H
#define PLI_SETTINGS_H

#include <pli/base.h>

G_BEGIN_DECLS

typedef enum
{
  PLI_TYPE_END,
  PLI_TYPE_BOOL,     /* gboolean; yes/no/true/false/on/off */
  PLI_TYPE_INT,      /* gint64 */
  PLI_TYPE_SIZE,     /* guint64 bytes; 10, 4KiB, 25MiB, 2GiB */
  PLI_TYPE_DURATION, /* gint64 µs; 250ms, 4s, 5min, 2h, 7d */
  PLI_TYPE_TEXT,     /* const char *, NULL when the default is NULL and nothing is set */
  PLI_TYPE_CHOICE,   /* gint index into choices */
  PLI_TYPE_LIST,     /* const char *const *, NULL-terminated; commas or white space between words */
  PLI_TYPE_PATH,     /* const char *; relative ones are below the root */
} PliType;

typedef enum
{
  PLI_RELOAD = 1,     /* takes effect at reload; without it a restart is needed and `pli reload` says so */
  PLI_REQUIRED = 2,   /* an error when not set */
  PLI_SECRET = 4,     /* never shown */
  PLI_DEPRECATED = 8, /* a warning with the doc text when set */
} PliSettingFlags;

typedef struct
{
  PliType type;
  const char *name;           /* as in the file, with '-' */
  gsize offset;               /* of the field in the settings struct */
  const char *value;          /* default as text, NULL for none */
  gint64 min, max;            /* in the field's unit; both 0: no bounds */
  const char *const *choices; /* PLI_TYPE_CHOICE: NULL-terminated */
  guint flags;                /* PliSettingFlags */
  const char *doc;            /* one sentence */
  const char *rfc;            /* "RFC 5321 4.5.3.1", or NULL */
} PliSetting;

/* A file of DIR/lua: "policy.lua", "lib/name.lua", "lists/name.cidr". */
typedef struct PliScript
{
  const char *name;
  PliSpan text;
} PliScript;

/* The C field name is the key with '_' for '-'; the check below breaks the build when type and field disagree. */
#define PLI_FIELD_CHECK(Struct, field, ctype)                                                                          \
  (offsetof (Struct, field)                                                                                            \
   + 0 * sizeof (char[__builtin_types_compatible_p (__typeof__ (((Struct *) 0)->field), ctype) ? 1 : -1]))

#ifndef __cplusplus
#include <stddef.h>
#define PLI_BOOL(S, f, def, ...)                                                                                       \
  {                                                                                                                    \
    .type = PLI_TYPE_BOOL, .name = #f, .offset = PLI_FIELD_CHECK (S, f, gboolean), .value = def, __VA_ARGS__           \
  }
#define PLI_INT(S, f, def, ...)                                                                                        \
  {                                                                                                                    \
    .type = PLI_TYPE_INT, .name = #f, .offset = PLI_FIELD_CHECK (S, f, gint64), .value = def, __VA_ARGS__              \
  }
#define PLI_SIZE(S, f, def, ...)                                                                                       \
  {                                                                                                                    \
    .type = PLI_TYPE_SIZE, .name = #f, .offset = PLI_FIELD_CHECK (S, f, guint64), .value = def, __VA_ARGS__            \
  }
#define PLI_DURATION(S, f, def, ...)                                                                                   \
  {                                                                                                                    \
    .type = PLI_TYPE_DURATION, .name = #f, .offset = PLI_FIELD_CHECK (S, f, gint64), .value = def, __VA_ARGS__         \
  }
#define PLI_TEXT(S, f, def, ...)                                                                                       \
  {                                                                                                                    \
    .type = PLI_TYPE_TEXT, .name = #f, .offset = PLI_FIELD_CHECK (S, f, const char *), .value = def, __VA_ARGS__       \
  }
#define PLI_CHOICE(S, f, def, ...)                                                                                     \
  {                                                                                                                    \
    .type = PLI_TYPE_CHOICE, .name = #f, .offset = PLI_FIELD_CHECK (S, f, gint), .value = def, __VA_ARGS__             \
  }
#define PLI_LIST(S, f, def, ...)                                                                                       \
  {                                                                                                                    \
    .type = PLI_TYPE_LIST, .name = #f, .offset = PLI_FIELD_CHECK (S, f, const char *const *), .value = def,            \
    __VA_ARGS__                                                                                                        \
  }
#define PLI_PATH(S, f, def, ...)                                                                                       \
  {                                                                                                                    \
    .type = PLI_TYPE_PATH, .name = #f, .offset = PLI_FIELD_CHECK (S, f, const char *), .value = def, __VA_ARGS__       \
  }
#endif

G_END_DECLS

#endif
