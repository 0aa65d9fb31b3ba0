/* value.c: text of a setting → value, with errors that say what is allowed. Nothing here depends on the locale.
 * Called by bind.c, check.c and set.c. Any thread. */
#include "conf/internal.h"

typedef struct
{
  const char *name;
  gint64 factor;
} Unit;

static const Unit size_units[] = { { "B", 1 },
                                   { "KiB", 1 << 10 },
                                   { "MiB", 1 << 20 },
                                   { "GiB", 1 << 30 },
                                   { "TiB", G_GINT64_CONSTANT (1) << 40 },
                                   { "KB", 1000 },
                                   { "MB", 1000000 },
                                   { "GB", 1000000000 },
                                   { "TB", G_GINT64_CONSTANT (1000000000000) },
                                   { NULL, 0 } };

static const Unit duration_units[] = { { "us", 1 },
                                       { "ms", 1000 },
                                       { "s", G_USEC_PER_SEC },
                                       { "min", 60 * G_USEC_PER_SEC },
                                       { "h", G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC },
                                       { "d", G_GINT64_CONSTANT (86400) * G_USEC_PER_SEC },
                                       { "w", G_GINT64_CONSTANT (604800) * G_USEC_PER_SEC },
                                       { NULL, 0 } };

static gboolean
refuse (GError **error, const char *text, const char *wanted)
{
  gboolean comment = strstr (text, " #") || strstr (text, " ;");

  g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "%s%s", wanted,
               comment ? "; a comment needs a line of its own" : "");
  return FALSE;
}

/* @text is digits, then blanks, then the name of a unit. */
static gboolean
read_with_unit (PliSpan text, const Unit *units, gboolean bare_allowed, gint64 *out)
{
  gsize digits = 0;
  guint64 number;
  PliSpan name;

  while (digits < text.len && g_ascii_isdigit (text.data[digits]))
    digits++;
  if (!pli_span_to_u64 (pli_span_head (text, digits), G_MAXINT64, &number))
    return FALSE;
  name = pli_span_trim (pli_span_skip (text, digits));
  if (name.len == 0)
    {
      *out = (gint64) number;
      return bare_allowed || number == 0;
    }
  for (; units->name; units++)
    if (pli_span_is_nocase (name, units->name))
      {
        *out = (gint64) number * (number <= (guint64) (G_MAXINT64 / units->factor) ? units->factor : 0);
        return number <= (guint64) (G_MAXINT64 / units->factor);
      }
  return FALSE;
}

static gboolean
read_int (PliSpan text, gint64 *out)
{
  gboolean negative = pli_span_starts (text, "-");
  guint64 number;

  if (!pli_span_to_u64 (pli_span_skip (text, negative), G_MAXINT64, &number))
    return FALSE;
  *out = negative ? -(gint64) number : (gint64) number;
  return TRUE;
}

static gboolean
read_bool (PliSpan text, gint64 *out)
{
  *out = pli_span_is_nocase (text, "yes") || pli_span_is_nocase (text, "true") || pli_span_is_nocase (text, "on");
  return *out || pli_span_is_nocase (text, "no") || pli_span_is_nocase (text, "false")
         || pli_span_is_nocase (text, "off");
}

static gboolean
read_choice (PliSpan text, const char *const *choices, gint64 *out)
{
  for (*out = 0; choices[*out]; (*out)++)
    if (pli_span_is (text, choices[*out]))
      return TRUE;
  return FALSE;
}

static gboolean
read_by_type (const PliSetting *row, const char *text, gint64 *out, GError **error)
{
  PliSpan span = pli_span_from (text);
  g_auto (PliBuffer) wanted = { 0 };

  switch (row->type)
    {
    case PLI_TYPE_BOOL:
      return read_bool (span, out) || refuse (error, text, "write yes or no");
    case PLI_TYPE_INT:
      return read_int (span, out) || refuse (error, text, "write a whole number");
    case PLI_TYPE_SIZE:
      return read_with_unit (span, size_units, TRUE, out)
             || refuse (error, text, "write a size: a number with B, KiB, MiB, GiB, TiB, KB, MB, GB or TB");
    case PLI_TYPE_DURATION:
      return read_with_unit (span, duration_units, FALSE, out)
             || refuse (error, text, "write a duration: a number with us, ms, s, min, h, d or w");
    case PLI_TYPE_CHOICE:
      if (read_choice (span, row->choices, out))
        return TRUE;
      pli_buffer_add_text (&wanted, "write ");
      pli_describe_range (&wanted, row);
      pli_buffer_add_char (&wanted, '\0');
      return refuse (error, text, wanted.data);
    case PLI_TYPE_TEXT:
    case PLI_TYPE_PATH:
      *out = (gint64) span.len;
      return TRUE;
    case PLI_TYPE_LIST:
      {
        g_autoptr (PliArena) arena = pli_arena_new ();

        *out = (gint64) g_strv_length ((char **) pli_value_words (arena, text));
        return TRUE;
      }
    case PLI_TYPE_END:
      break;
    }
  g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "the plugin's row has type %d, which this version does not know",
               (int) row->type);
  return FALSE;
}

/* The number of bytes or words is what the bounds of TEXT, PATH and LIST are about. */
gboolean
pli_value_read (const PliSetting *row, const char *text, gint64 *out, GError **error)
{
  gint64 value = 0;

  if (!read_by_type (row, text, &value, error))
    return FALSE;
  if (row->type != PLI_TYPE_BOOL && row->type != PLI_TYPE_CHOICE && pli_row_has_bounds (row)
      && (value < row->min || (pli_row_has_max (row) && value > row->max)))
    {
      g_auto (PliBuffer) wanted = { 0 };

      pli_buffer_add_text (&wanted, "write ");
      pli_describe_range (&wanted, row);
      pli_buffer_add_char (&wanted, '\0');
      return refuse (error, text, wanted.data);
    }
  if (row->type <= PLI_TYPE_DURATION || row->type == PLI_TYPE_CHOICE)
    *out = value;
  return TRUE;
}

gboolean
pli_config_value_valid (const PliSetting *row, const char *value, GError **error)
{
  gint64 number;

  return pli_value_read (row, value, &number, error);
}

static gboolean
is_between_words (char c)
{
  return c == ' ' || c == '\t' || c == ',';
}

const char *const *
pli_value_words (PliArena *arena, const char *text)
{
  gsize n_most = strlen (text) / 2 + 2, n = 0;
  const char **words = pli_arena_array (arena, const char *, n_most);

  while (*text)
    {
      gsize len = 0;

      while (text[len] && !is_between_words (text[len]))
        len++;
      if (len > 0)
        words[n++] = pli_arena_text (arena, pli_span (text, len));
      text += len + (text[len] != 0);
    }
  return words;
}

void
pli_describe_number (PliBuffer *out, PliType type, gint64 value)
{
  const Unit *units = type == PLI_TYPE_SIZE ? size_units : type == PLI_TYPE_DURATION ? duration_units : NULL;
  const Unit *best = units;

  for (const Unit *unit = units; value > 0 && unit && unit->name; unit++)
    if (value % unit->factor == 0 && unit->factor > best->factor
        && !(type == PLI_TYPE_SIZE && unit->factor % 1000 == 0))
      best = unit;
  pli_buffer_printf (out, "%" G_GINT64_FORMAT, best && value > 0 ? value / best->factor : value);
  if (best && value > 0 && (best->factor > 1 || type == PLI_TYPE_DURATION))
    pli_buffer_add_text (out, best->name);
}

void
pli_describe_range (PliBuffer *out, const PliSetting *row)
{
  const char *what = row->type == PLI_TYPE_LIST                                 ? " words"
                     : row->type == PLI_TYPE_TEXT || row->type == PLI_TYPE_PATH ? " bytes"
                                                                                : "";

  if (row->type == PLI_TYPE_BOOL)
    pli_buffer_add_text (out, "yes or no");
  else if (row->type == PLI_TYPE_CHOICE)
    for (guint i = 0; row->choices[i]; i++)
      {
        pli_buffer_add_text (out, i == 0 ? "" : row->choices[i + 1] ? ", " : " or ");
        pli_buffer_add_text (out, row->choices[i]);
      }
  else if (pli_row_has_bounds (row))
    {
      pli_buffer_add_text (out, pli_row_has_max (row) ? "" : "at least ");
      pli_describe_number (out, row->type, row->min);
      pli_buffer_add_text (out, pli_row_has_max (row) ? " to " : "");
      if (pli_row_has_max (row))
        pli_describe_number (out, row->type, row->max);
      pli_buffer_add_text (out, what);
    }
}
