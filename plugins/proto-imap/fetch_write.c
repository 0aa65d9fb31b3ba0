/* fetch_write.c: one untagged FETCH answer. Writes straight to the output buffer; no printf, no copy but of the bytes
 * that leave. RFC 3501 7.4.2. */
#include "fetch.h"

static PliBuffer *
out_of (ImapFetch *fetch)
{
  return pli_session_output (fetch->cmd->session);
}

gboolean
imap_fetch_place (const ImapFetch *fetch, const ImapItem *item, const PliMessageRow *row, guint64 *out_offset,
                  guint64 *out_length)
{
  guint64 offset = 0, length = row->bytes;
  PliPlace place;

  if (item->section.len == 0)
    ;
  else if (pli_span_starts_nocase (item->section, "HEADER"))
    length = row->header_bytes;
  else if (pli_span_is_nocase (item->section, "TEXT"))
    {
      offset = MIN (row->header_bytes, row->bytes);
      length = row->bytes - offset;
    }
  else if (pli_parts_find (row->parts, item->section, &place))
    {
      offset = place.offset;
      length = place.length;
    }
  else
    return FALSE;
  if (item->select)
    length = MIN (length, fetch->cmd->imap->set->header_max);
  else if (item->partial)
    {
      guint64 skip = MIN (item->offset, length);

      offset += skip;
      length = MIN (length - skip, item->length);
    }
  *out_offset = offset;
  *out_length = length;
  return TRUE;
}

void
imap_fetch_begin (ImapFetch *fetch, const PliMessageRow *row)
{
  PliBuffer *out = out_of (fetch);

  pli_buffer_add (out, "* ", 2);
  pli_buffer_add_u64 (out, imap_view_seq (&fetch->cmd->imap->box->view, row->uid));
  pli_buffer_add_text (out, " FETCH (");
}

void
imap_fetch_label (ImapFetch *fetch, const ImapItem *item)
{
  PliBuffer *out = out_of (fetch);

  if (item != fetch->args.items)
    pli_buffer_add_char (out, ' ');
  if (item->kind == IMAP_ITEM_FLAGS)
    return; /* imap_write_flags() names itself */
  pli_buffer_add_text (out, item->label);
  pli_buffer_add_char (out, ' ');
}

static void
write_date (PliBuffer *out, gint64 us)
{
  char text[PLI_DATE_SIZE];

  pli_date_format_imap (us, 0, text);
  pli_buffer_add_char (out, '"');
  pli_buffer_add_text (out, text);
  pli_buffer_add_char (out, '"');
}

static void
write_modseq (PliBuffer *out, guint64 modseq)
{
  pli_buffer_add_char (out, '(');
  pli_buffer_add_u64 (out, MAX (modseq, 1));
  pli_buffer_add_char (out, ')');
}

/* What a store that has no rendering left gives is NIL, which every client can read. */
static void
write_rendering (PliBuffer *out, PliSpan rendering)
{
  pli_buffer_add_span (out, rendering.len > 0 ? rendering : PLI_SPAN ("NIL"));
}

void
imap_fetch_value (ImapFetch *fetch, const ImapItem *item, const PliMessageRow *row)
{
  PliBuffer *out = out_of (fetch);

  switch (item->kind)
    {
    case IMAP_ITEM_UID:
      pli_buffer_add_u64 (out, row->uid);
      break;
    case IMAP_ITEM_FLAGS:
      imap_write_flags (out, fetch->cmd->imap->box, row);
      break;
    case IMAP_ITEM_INTERNALDATE:
      write_date (out, row->received_us);
      break;
    case IMAP_ITEM_SIZE:
      pli_buffer_add_u64 (out, row->bytes);
      break;
    case IMAP_ITEM_MODSEQ:
      write_modseq (out, row->modseq);
      break;
    case IMAP_ITEM_ENVELOPE:
      write_rendering (out, row->envelope);
      break;
    case IMAP_ITEM_BODY:
      write_rendering (out, row->body);
      break;
    case IMAP_ITEM_BODYSTRUCTURE:
      write_rendering (out, row->bodystructure);
      break;
    case IMAP_ITEM_SECTION:
      g_assert_not_reached ();
    }
}

void
imap_fetch_literal (ImapFetch *fetch, PliSpan bytes)
{
  PliBuffer *out = out_of (fetch);

  if (bytes.len == 0)
    {
      pli_buffer_add_text (out, "\"\"");
      return;
    }
  pli_buffer_add_char (out, '{');
  pli_buffer_add_u64 (out, bytes.len);
  pli_buffer_add_text (out, "}\r\n");
  pli_buffer_add_span (out, bytes);
}

void
imap_fetch_fields (ImapFetch *fetch, const ImapItem *item, PliSpan header)
{
  g_auto (PliBuffer) picked = { 0 };
  PliSpan text;

  pli_header_select (header, item->fields, item->n_fields, item->leave_out, &picked);
  text = pli_buffer_span (&picked);
  if (item->partial)
    text = pli_span_head (pli_span_skip (text, item->offset), item->length);
  imap_fetch_literal (fetch, text);
}

void
imap_fetch_end (ImapFetch *fetch, const PliMessageRow *row, gboolean marked)
{
  PliBuffer *out = out_of (fetch);

  /* RFC 3501 6.4.5: \Seen set by this FETCH SHOULD be shown in it. */
  if (marked && !fetch->has_flags)
    {
      pli_buffer_add_char (out, ' ');
      imap_write_flags (out, fetch->cmd->imap->box, row);
    }
  if (marked && fetch->cmd->imap->condstore)
    {
      pli_buffer_add_text (out, " MODSEQ ");
      write_modseq (out, row->modseq);
    }
  pli_buffer_add_text (out, ")\r\n");
}

void
imap_fetch_write (ImapFetch *fetch, const PliMessageRow *row, gboolean marked, guint64 from, PliSpan bytes)
{
  imap_fetch_begin (fetch, row);
  for (const ImapItem *item = fetch->args.items; item; item = item->next)
    {
      guint64 offset, length;

      imap_fetch_label (fetch, item);
      if (item->kind != IMAP_ITEM_SECTION)
        imap_fetch_value (fetch, item, row);
      else if (!imap_fetch_place (fetch, item, row, &offset, &length))
        pli_buffer_add_text (out_of (fetch), "NIL");
      else
        {
          PliSpan section = pli_span_head (pli_span_skip (bytes, offset - from), length);

          if (item->select)
            imap_fetch_fields (fetch, item, section);
          else
            imap_fetch_literal (fetch, section);
        }
    }
  imap_fetch_end (fetch, row, marked);
}
