/* edits.c: applies the header edits that filters have asked for, all of them at once.
 *
 * The body is not touched, nor are fields that no edit names: signatures over them stay good. Values cannot begin
 * another field, see pli_header_write(). Called once a message, after its last filter. */
#include "mail/token.h"

static gboolean
edits_valid (const PliEdits *edits, GError **error)
{
  for (gsize i = 0; i < edits->n_items; i++)
    if (!pli_header_name_valid (edits->items[i].name))
      {
        g_set_error_literal (error, PLI_ERROR, PLI_ERROR_SYNTAX, "name of a header field not valid");
        return FALSE;
      }
  return TRUE;
}

static gboolean
by_name (const PliEdit *edit)
{
  return edit->kind == PLI_EDIT_REMOVE || edit->kind == PLI_EDIT_REPLACE;
}

/* How many fields each edit by name may hit. */
static void
count_fields (PliSpan header, const PliEdits *edits, int *counts)
{
  PliHeaderField field;

  while (pli_header_next (&header, &field))
    for (gsize i = 0; i < edits->n_items; i++)
      counts[i] += by_name (&edits->items[i]) && pli_span_equal_nocase (field.name, edits->items[i].name);
}

/* Writes the field as the last edit that hits it says. @seen: how many of its fields each edit has met. */
static void
edit_field (const PliHeaderField *field, const PliEdits *edits, const int *counts, int *seen, PliBuffer *out)
{
  const PliEdit *hit = NULL;
  gboolean first = FALSE;

  for (gsize i = 0; i < edits->n_items; i++)
    {
      const PliEdit *edit = &edits->items[i];
      int index = edit->index < 0 ? counts[i] + 1 + edit->index : edit->index;

      if (by_name (edit) && pli_span_equal_nocase (field->name, edit->name) && (++seen[i] == index || edit->index == 0))
        {
          hit = edit;
          first = seen[i] == 1 || edit->index != 0;
        }
    }
  if (hit && hit->kind == PLI_EDIT_REPLACE && first)
    pli_header_write (out, hit->name, hit->value);
  else if (!hit)
    {
      pli_buffer_add_span (out, field->whole);
      if (field->whole.data[field->whole.len - 1] != '\n')
        pli_buffer_add (out, "\r\n", 2);
    }
}

gboolean
pli_edits_apply (PliSpan message, const PliEdits *edits, PliBuffer *out_header, gsize *out_body_offset, GError **error)
{
  gsize end = pli_header_end (message);
  PliSpan header = pli_span_head (message, end);
  g_autofree int *counts = NULL, *seen = NULL;
  PliHeaderField field;

  if (!edits_valid (edits, error))
    return FALSE;
  counts = g_new0 (int, edits->n_items + 1);
  seen = g_new0 (int, edits->n_items + 1);
  count_fields (header, edits, counts);
  for (gsize i = edits->n_items; i-- > 0;)
    if (edits->items[i].kind == PLI_EDIT_ADD_TOP)
      pli_header_write (out_header, edits->items[i].name, edits->items[i].value);
  while (pli_header_next (&header, &field))
    edit_field (&field, edits, counts, seen, out_header);
  for (gsize i = 0; i < edits->n_items; i++)
    if (edits->items[i].kind == PLI_EDIT_ADD_END || (edits->items[i].kind == PLI_EDIT_REPLACE && counts[i] == 0))
      pli_header_write (out_header, edits->items[i].name, edits->items[i].value);
  pli_buffer_add (out_header, "\r\n", 2);
  *out_body_offset = end;
  return TRUE;
}
