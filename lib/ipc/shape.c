/* shape.c: packs structs by their tables: numbers in host order (both ends are on one machine), lengths as 32 bits,
 * texts with their NUL, so that unpacking need not copy. */
#include "ipc/shape.h"

#define NOT_THERE G_MAXUINT32

static void
put_u32 (PliBuffer *out, guint32 n)
{
  pli_buffer_add (out, &n, sizeof n);
}

static void
put_bytes (PliBuffer *out, const char *data, gsize len, gboolean nul)
{
  if (!data)
    {
      put_u32 (out, NOT_THERE);
      return;
    }
  g_assert (len < NOT_THERE);
  put_u32 (out, (guint32) len);
  pli_buffer_add (out, data, len);
  if (nul)
    pli_buffer_add_char (out, 0);
}

static void
put_texts (PliBuffer *out, const char *const *texts)
{
  guint32 n = 0;

  if (!texts)
    {
      put_u32 (out, NOT_THERE);
      return;
    }
  while (texts[n])
    n++;
  put_u32 (out, n);
  for (guint32 i = 0; i < n; i++)
    put_bytes (out, texts[i], strlen (texts[i]), TRUE);
}

static void
put_field (const PliShapeField *field, const char *at, PliBuffer *out)
{
  const char *where = at + field->offset;

  switch (field->kind)
    {
    case PLI_SHAPE_U32:
      pli_buffer_add (out, where, 4);
      break;
    case PLI_SHAPE_U64:
      pli_buffer_add (out, where, 8);
      break;
    case PLI_SHAPE_TEXT:
      {
        const char *text = *(const char *const *) where;

        put_bytes (out, text, text ? strlen (text) : 0, TRUE);
        break;
      }
    case PLI_SHAPE_SPAN:
      {
        const PliSpan *span = (const PliSpan *) where;

        put_bytes (out, span->data, span->len, FALSE);
        break;
      }
    case PLI_SHAPE_TEXTS:
      put_texts (out, *(const char *const *const *) where);
      break;
    case PLI_SHAPE_ROWS:
      {
        const char *rows = *(const char *const *) where;
        guint32 n = *(const guint32 *) (at + field->count_offset);

        put_u32 (out, n);
        for (guint32 i = 0; i < n; i++)
          pli_shape_pack (field->inner, rows + i * field->inner->size, out);
        break;
      }
    case PLI_SHAPE_INNER:
      pli_shape_pack (field->inner, where, out);
      break;
    }
}

void
pli_shape_pack (const PliShape *shape, const void *value, PliBuffer *out)
{
  for (guint i = 0; i < shape->n_fields; i++)
    put_field (&shape->fields[i], value, out);
}

typedef struct
{
  const char *at, *end;
  PliArena *arena;
} Reader;

static gboolean
get (Reader *r, void *out, gsize len)
{
  if ((gsize) (r->end - r->at) < len)
    return FALSE;
  memcpy (out, r->at, len);
  r->at += len;
  return TRUE;
}

static gboolean
get_bytes (Reader *r, gboolean nul, PliSpan *out)
{
  guint32 len;

  if (!get (r, &len, sizeof len))
    return FALSE;
  if (len == NOT_THERE)
    {
      *out = pli_span (NULL, 0);
      return TRUE;
    }
  if ((gsize) (r->end - r->at) < (gsize) len + (nul ? 1 : 0))
    return FALSE;
  *out = pli_span (r->at, len);
  r->at += (gsize) len + (nul ? 1 : 0);
  return !nul || (out->data[len] == 0 && !memchr (out->data, 0, len));
}

static gboolean
get_texts (Reader *r, const char *const **out)
{
  guint32 n;
  const char **texts;

  if (!get (r, &n, sizeof n))
    return FALSE;
  *out = NULL;
  if (n == NOT_THERE)
    return TRUE;
  if (n > (gsize) (r->end - r->at) / 5)
    return FALSE;
  texts = pli_arena_array (r->arena, const char *, (gsize) n + 1);
  for (guint32 i = 0; i < n; i++)
    {
      PliSpan text;

      if (!get_bytes (r, TRUE, &text) || !text.data)
        return FALSE;
      texts[i] = text.data;
    }
  *out = texts;
  return TRUE;
}

static gboolean get_value (Reader *r, const PliShape *shape, char *out);

static gboolean
get_rows (Reader *r, const PliShapeField *field, char *out)
{
  guint32 n;
  char *rows = NULL;

  if (!get (r, &n, sizeof n) || n > (gsize) (r->end - r->at) / field->inner->least)
    return FALSE;
  if (n > 0)
    rows = pli_arena_alloc (r->arena, n * field->inner->size);
  for (guint32 i = 0; i < n; i++)
    if (!get_value (r, field->inner, rows + i * field->inner->size))
      return FALSE;
  *(char **) (out + field->offset) = rows;
  *(guint32 *) (out + field->count_offset) = n;
  return TRUE;
}

static gboolean
get_field (Reader *r, const PliShapeField *field, char *out)
{
  char *where = out + field->offset;
  PliSpan text;

  switch (field->kind)
    {
    case PLI_SHAPE_U32:
      return get (r, where, 4);
    case PLI_SHAPE_U64:
      return get (r, where, 8);
    case PLI_SHAPE_TEXT:
      if (!get_bytes (r, TRUE, &text))
        return FALSE;
      *(const char **) where = text.data;
      return TRUE;
    case PLI_SHAPE_SPAN:
      return get_bytes (r, FALSE, (PliSpan *) where);
    case PLI_SHAPE_TEXTS:
      return get_texts (r, (const char *const **) where);
    case PLI_SHAPE_ROWS:
      return get_rows (r, field, out);
    case PLI_SHAPE_INNER:
      return get_value (r, field->inner, where);
    }
  return FALSE;
}

static gboolean
get_value (Reader *r, const PliShape *shape, char *out)
{
  for (guint i = 0; i < shape->n_fields; i++)
    if (!get_field (r, &shape->fields[i], out))
      return FALSE;
  return TRUE;
}

gboolean
pli_shape_unpack (const PliShape *shape, PliSpan in, PliArena *arena, void *out)
{
  Reader r = { in.data, in.data + in.len, arena };

  return get_value (&r, shape, out) && r.at == r.end;
}
