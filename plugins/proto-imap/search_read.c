/* search_read.c: SEARCH of bytes. Headers are read many at a time; of what they leave open, the text parts are read one
 * by one, decoded and looked through, until the message is decided. RFC 3501 6.4.4; RFC 2045 6; RFC 2047. */
#include "search.h"

#define BATCH_MAX 32
#define BATCH_BYTES (1024 * 1024)

static void
fail (ImapSearch *search, const GError *error)
{
  /* A message that has just gone is not found; that is no failure. */
  if (!search->error && !g_error_matches (error, PLI_ERROR, PLI_ERROR_NOT_FOUND))
    search->error = g_error_copy (error);
}

static void decide (ImapSearch *search);

static void
next_candidate (ImapSearch *search)
{
  pli_buffer_clear (&search->candidates[search->at].header);
  search->at++;
  decide (search);
}

/* Takes the next number off @line. */
static guint64
number (PliSpan *line)
{
  gssize space = pli_span_find (*line, ' ');
  guint64 value = 0;

  if (space < 0 || !pli_span_to_u64 (pli_span_head (*line, (gsize) space), G_MAXINT64, &value))
    {
      *line = pli_span (NULL, 0);
      return 0;
    }
  *line = pli_span_skip (*line, (gsize) space + 1);
  return value;
}

static gboolean
is_inner_message (PliSpan path)
{
  return path.len > 2 && path.data[path.len - 1] == '0' && path.data[path.len - 2] == '.';
}

/* The next part that may have text: an enclosed message's header, or a text part with its own header. */
static gboolean
next_part (ImapSearch *search, guint64 *out_offset, guint64 *out_length)
{
  while (search->parts.len > 0)
    {
      gssize lf = pli_span_find (search->parts, '\n');
      PliSpan line = lf < 0 ? search->parts : pli_span_head (search->parts, (gsize) lf), path;
      gssize space = pli_span_find (line, ' ');
      guint64 header_offset, body_bytes;
      gboolean inner;

      search->parts = pli_span_skip (search->parts, lf < 0 ? search->parts.len : (gsize) lf + 1);
      if (space < 0)
        continue;
      path = pli_span_head (line, (gsize) space);
      line = pli_span_skip (line, (gsize) space + 1);
      inner = is_inner_message (path);
      header_offset = number (&line);
      search->header_bytes = number (&line);
      number (&line); /* where the body begins: behind its header */
      body_bytes = number (&line);
      number (&line); /* lines */
      space = pli_span_find (line, ' ');
      if (space < 0 || pli_span_is (path, "0"))
        continue;
      search->encoding = pli_span_head (line, (gsize) space);
      search->type = inner ? pli_span (NULL, 0) : pli_span_skip (line, (gsize) space + 1);
      if (!inner && !pli_span_starts (search->type, "text/"))
        continue;
      *out_offset = header_offset;
      *out_length = MIN (search->header_bytes + (inner ? 0 : body_bytes), search->cmd->imap->set->search_part_max);
      if (*out_length > 0)
        return TRUE;
    }
  return FALSE;
}

static void
charset_of (PliSpan header, PliArena *arena, PliBuffer *out)
{
  const PliMimePart *part = pli_mime_scan (header, NULL, arena);

  if (!pli_mime_param (part, FALSE, "charset", out))
    pli_buffer_add_text (out, "us-ascii");
}

static void
look_at (ImapSearch *search, PliSpan bytes)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_auto (PliBuffer) charset = { 0 };
  g_auto (PliBuffer) decoded = { 0 };
  g_auto (PliBuffer) utf8 = { 0 };
  PliSpan header = pli_span_head (bytes, (gsize) MIN (search->header_bytes, bytes.len));
  PliDecoder decoder;

  if (search->type.len == 0)
    {
      imap_search_inner_header (search, header);
      return;
    }
  /* What cannot be decoded is searched as far as it goes: a damaged part is no reason to find nothing. */
  pli_decoder_init (&decoder, search->encoding);
  pli_decoder_feed (&decoder, pli_span_skip (bytes, header.len), &decoded);
  pli_decoder_end (&decoder, &decoded);
  charset_of (header, arena, &charset);
  pli_charset_to_utf8 (pli_buffer_span (&charset), pli_buffer_span (&decoded), &utf8);
  imap_search_text (search, pli_buffer_span (&utf8));
}

static void read_part (ImapSearch *search);

static void
got_part (gpointer user, const void *result, const GError *error)
{
  ImapSearch *search = user;
  const PliReadResult *read = result;
  const PliMessageRow *row = &search->candidates[search->at].row;

  if (error)
    {
      fail (search, error);
      next_candidate (search);
      return;
    }
  look_at (search, read->bytes);
  if (imap_search_row (search, row) == IMAP_UNKNOWN)
    {
      read_part (search);
      return;
    }
  if (imap_search_row (search, row) == IMAP_YES)
    imap_search_found (search, row);
  next_candidate (search);
}

static void
read_part (ImapSearch *search)
{
  const PliMessageRow *row = &search->candidates[search->at].row;
  PliReadArgs args = { .mailbox = search->cmd->imap->box->mailbox, .uid = row->uid };
  guint64 length;

  if (next_part (search, &args.offset, &length))
    {
      args.length = (guint32) length;
      pli_store_read (search->cmd->session, &args, got_part, search);
      return;
    }
  imap_search_end (search);
  if (imap_search_row (search, row) == IMAP_YES)
    imap_search_found (search, row);
  next_candidate (search);
}

/* Headers of the batch are there: decides one message after another, as long as that needs no more bytes. */
static void
decide (ImapSearch *search)
{
  for (; search->at < search->batch_end; search->at++)
    {
      ImapCandidate *candidate = &search->candidates[search->at];
      ImapTruth truth;

      if (candidate->failed)
        continue;
      imap_search_reset (search);
      if (search->reads_header)
        imap_search_header (search, pli_buffer_span (&candidate->header));
      truth = imap_search_row (search, &candidate->row);
      if (truth == IMAP_UNKNOWN)
        {
          search->parts = candidate->row.parts;
          read_part (search);
          return;
        }
      if (truth == IMAP_YES)
        imap_search_found (search, &candidate->row);
      pli_buffer_clear (&candidate->header);
    }
  imap_search_candidates (search->cmd);
}

static void
got_header (gpointer user, const void *result, const GError *error)
{
  ImapCandidate *candidate = user;
  ImapSearch *search = candidate->search;
  const PliReadResult *read = result;

  if (error)
    {
      candidate->failed = TRUE;
      fail (search, error);
    }
  else
    pli_buffer_add_span (&candidate->header, read->bytes);
  if (--search->pending == 0)
    decide (search);
}

static void
read_headers (ImapSearch *search)
{
  guint64 bytes = 0;
  guint i;

  search->pending = 1;
  for (i = search->at; i < search->n_candidates && i - search->at < BATCH_MAX && bytes < BATCH_BYTES; i++)
    {
      ImapCandidate *candidate = &search->candidates[i];
      PliReadArgs args = { .mailbox = search->cmd->imap->box->mailbox, .uid = candidate->row.uid };

      args.length = (guint32) MIN (candidate->row.header_bytes, search->cmd->imap->set->header_max);
      if (!search->reads_header || args.length == 0)
        continue;
      bytes += args.length;
      search->pending++;
      pli_store_read (search->cmd->session, &args, got_header, candidate);
    }
  search->batch_end = i;
  if (--search->pending == 0)
    decide (search);
}

void
imap_search_candidates (ImapCmd *cmd)
{
  ImapSearch *search = cmd->data;

  if (search->at == search->n_candidates)
    imap_search_next_page (cmd);
  else
    read_headers (search);
}
