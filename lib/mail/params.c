/* params.c: `; name=value` lists of Content-Type and Content-Disposition, with RFC 2231 continuations joined.
 *
 * Joined, not decoded: IMAP passes `name*` on as it is, and pli_mime_param() (words.c) decodes for who wants text.
 * Values without quotes may have any bytes up to white space or `;`, as mailers write them. RFC 2045 5.1, RFC 2231 3. */
#include "mail/token.h"

#define PARAMS_MAX 64

/* One piece as written: `base*index*`. */
typedef struct
{
  PliSpan name;
  PliSpan base;
  PliSpan value;
  guint index;
  gboolean numbered;
  gboolean extended;
} Piece;

/* RFC 2231 7: "*" and then a number without leading zeros, "*" at the end for %XX. */
static void
split_name (Piece *piece)
{
  PliSpan name = piece->name;
  gssize star = pli_span_find (name, '*');
  guint64 index;

  piece->base = name;
  piece->numbered = piece->extended = FALSE;
  if (star <= 0)
    return;
  if (name.data[name.len - 1] == '*')
    {
      piece->extended = TRUE;
      name.len--;
    }
  if ((gsize) star < name.len)
    {
      PliSpan digits = pli_span_skip (name, (gsize) star + 1);

      if (!pli_span_to_u64 (digits, PARAMS_MAX, &index) || (digits.len > 1 && digits.data[0] == '0'))
        {
          piece->extended = FALSE;
          return;
        }
      piece->index = (guint) index;
      piece->numbered = TRUE;
    }
  piece->base = pli_span_head (name, (gsize) star);
}

/* Behind the name. FALSE when there is no `=`. */
static gboolean
parse_value (PliCursor *c, PliTexts *texts, PliSpan *out)
{
  const char *start;

  pli_cursor_skip (c, NULL);
  if (!pli_cursor_is (c, '='))
    return FALSE;
  c->at++;
  pli_cursor_skip (c, NULL);
  if (pli_cursor_is (c, '"'))
    {
      *out = pli_unquote (pli_span_head (pli_cursor_quoted (c), texts->string_max), texts->arena);
      return TRUE;
    }
  start = c->at;
  while (c->at < c->end && *c->at != ';' && !pli_is (*c->at, PLI_CLASS_BLANK))
    c->at++;
  *out = pli_span (start, (gsize) (c->at - start));
  return TRUE;
}

static guint
parse_pieces (PliCursor *c, PliTexts *texts, Piece *pieces)
{
  guint n = 0;

  while (c->at < c->end && n < PARAMS_MAX)
    {
      Piece *piece = &pieces[n];

      /* Whatever stands before the next semicolon is noise. */
      while (c->at < c->end && *c->at != ';')
        {
          if (*c->at == '"')
            pli_cursor_quoted (c);
          else if (*c->at == '(')
            pli_cursor_skip (c, NULL);
          else
            c->at++;
        }
      while (pli_cursor_is (c, ';'))
        {
          c->at++;
          pli_cursor_skip (c, NULL);
        }
      piece->name = pli_cursor_run (c, PLI_CLASS_TOKEN);
      if (piece->name.len == 0 || !parse_value (c, texts, &piece->value))
        continue;
      piece->name = pli_texts_take (texts, piece->name);
      piece->value = pli_texts_take (texts, piece->value);
      if (!piece->name.data || !piece->value.data)
        break;
      split_name (piece);
      n++;
    }
  return n;
}

static const Piece *
find_piece (const Piece *pieces, guint n, PliSpan base, guint index)
{
  for (guint i = 0; i < n; i++)
    if (pieces[i].numbered && pieces[i].index == index && pli_span_equal_nocase (pieces[i].base, base))
      return &pieces[i];
  return NULL;
}

/* RFC 2231 7: attribute-char, which stands for itself in an extended value. */
static gboolean
attribute_char (char c)
{
  return pli_is (c, PLI_CLASS_TOKEN) && c != '*' && c != '\'' && c != '%';
}

/* The pieces 0, 1, … of one parameter. If one of them is extended all are made so, and the name gets a `*`. */
static void
join (const Piece *pieces, guint n, PliSpan base, PliTexts *texts, PliMimeParam *out)
{
  static const char hex[] = "0123456789ABCDEF";
  gboolean extended = FALSE;
  gsize size = base.len + 1, len = 0;
  const Piece *piece;
  char *text;

  for (guint i = 0; (piece = find_piece (pieces, n, base, i)) != NULL; i++)
    {
      extended |= piece->extended;
      size += 3 * piece->value.len;
    }
  text = pli_arena_alloc (texts->arena, size);
  memcpy (text, base.data, base.len);
  text[base.len] = '*';
  out->name = pli_span (text, base.len + extended);
  text += base.len + 1;
  for (guint i = 0; (piece = find_piece (pieces, n, base, i)) != NULL; i++)
    for (gsize k = 0; k < piece->value.len; k++)
      {
        guint8 c = (guint8) piece->value.data[k];

        if (!extended || piece->extended || attribute_char ((char) c))
          text[len++] = (char) c;
        else
          {
            text[len++] = '%';
            text[len++] = hex[c >> 4];
            text[len++] = hex[c & 15];
          }
      }
  out->value = pli_span (text, len);
}

PliMimeParam *
pli_params_parse (PliCursor *c, PliTexts *texts, guint *out_n)
{
  Piece pieces[PARAMS_MAX];
  guint n = parse_pieces (c, texts, pieces), n_params = 0;
  PliMimeParam *params = n > 0 ? pli_arena_array (texts->arena, PliMimeParam, n) : NULL;

  for (guint i = 0; i < n; i++)
    {
      const Piece *first = pieces[i].numbered ? find_piece (pieces, n, pieces[i].base, 0) : NULL;

      if (first == &pieces[i])
        join (pieces, n, pieces[i].base, texts, &params[n_params++]);
      else if (!first)
        {
          params[n_params].name = pieces[i].name;
          params[n_params++].value = pieces[i].value;
        }
    }
  *out_n = n_params;
  return params;
}
