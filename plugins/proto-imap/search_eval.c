/* search_eval.c: truth of search keys for one message. A key is unknown until what it needs has been read; the tree is
 * decided as soon as its known keys suffice, so that nothing is read in vain. No I/O. RFC 3501 6.4.4. */
#include "search.h"
#include "search_fold.h"

#define DAY_US (24 * 3600 * (gint64) G_USEC_PER_SEC)

static ImapTruth
truth (gboolean is_so)
{
  return is_so ? IMAP_YES : IMAP_FALSE;
}

static gint64
midnight (gint64 us)
{
  gint64 rest = us % DAY_US;

  return us - (rest < 0 ? rest + DAY_US : rest);
}

static gboolean
keyword_set (const ImapBox *box, PliSpan name, const PliMessageRow *row)
{
  int bit = imap_box_keyword (box, name);

  return bit >= 0 && row->keywords >> bit & 1;
}

static ImapTruth evaluate (const ImapSearch *search, const ImapKey *key, const PliMessageRow *row);

/* All of the list, or one of it if @any. */
static ImapTruth
evaluate_list (const ImapSearch *search, const ImapKey *key, gboolean any, const PliMessageRow *row)
{
  ImapTruth decisive = any ? IMAP_YES : IMAP_FALSE, all = any ? IMAP_FALSE : IMAP_YES;

  for (; key; key = key->next)
    {
      ImapTruth one = evaluate (search, key, row);

      if (one == decisive)
        return decisive;
      if (one == IMAP_UNKNOWN)
        all = IMAP_UNKNOWN;
    }
  return all;
}

static ImapTruth
evaluate (const ImapSearch *search, const ImapKey *key, const PliMessageRow *row)
{
  const ImapBox *box = search->cmd->imap->box;
  gint64 day = (gint64) key->number;
  ImapTruth inner;

  switch (key->kind)
    {
    case IMAP_KEY_AND:
      return evaluate_list (search, key->child, FALSE, row);
    case IMAP_KEY_OR:
      return evaluate_list (search, key->child, TRUE, row);
    case IMAP_KEY_NOT:
      inner = evaluate (search, key->child, row);
      return inner == IMAP_UNKNOWN ? IMAP_UNKNOWN : truth (inner == IMAP_FALSE);
    case IMAP_KEY_ALL:
      return IMAP_YES;
    case IMAP_KEY_SEQUENCE:
    case IMAP_KEY_UID:
      return truth (imap_ranges_has (key->set.items, key->set.n, row->uid));
    case IMAP_KEY_FLAG:
      return truth (row->flags & key->number);
    case IMAP_KEY_KEYWORD:
      return truth (keyword_set (box, key->name, row));
    case IMAP_KEY_RECENT:
      return truth (imap_box_is_recent (box, row->uid));
    case IMAP_KEY_BEFORE:
      return truth (midnight (row->received_us) < day);
    case IMAP_KEY_ON:
      return truth (midnight (row->received_us) == day);
    case IMAP_KEY_SINCE:
      return truth (midnight (row->received_us) >= day);
    case IMAP_KEY_LARGER:
      return truth (row->bytes > key->number);
    case IMAP_KEY_SMALLER:
      return truth (row->bytes < key->number);
    case IMAP_KEY_MODSEQ:
      return truth (row->modseq >= key->number);
    default:
      return key->truth;
    }
}

ImapTruth
imap_search_row (const ImapSearch *search, const PliMessageRow *row)
{
  return evaluate (search, search->args.root, row);
}

void
imap_search_reset (ImapSearch *search)
{
  for (ImapKey *key = search->args.reading; key; key = key->next_read)
    key->truth = IMAP_UNKNOWN;
}

static ImapTruth
sent (const ImapKey *key, PliSpan header)
{
  PliHeaderField field;
  gint64 us, day = (gint64) key->number;
  int zone;

  if (!pli_header_find (header, "Date", &field) || !pli_date_parse (field.value, &us, &zone))
    return IMAP_FALSE;
  /* RFC 3501 6.4.4: "disregarding time and timezone": the day that the sender wrote. */
  us = midnight (us + zone * 60 * (gint64) G_USEC_PER_SEC);
  return truth (key->kind == IMAP_KEY_SENTBEFORE ? us < day : key->kind == IMAP_KEY_SENTON ? us == day : us >= day);
}

/* Does the field have the text? @words, @folded: emptied and filled. */
static gboolean
field_has (const PliHeaderField *field, gboolean with_name, PliSpan text, PliBuffer *words, PliBuffer *folded)
{
  words->len = folded->len = 0;
  if (with_name)
    {
      pli_buffer_add_span (words, field->name);
      pli_buffer_add_text (words, ": ");
    }
  pli_words_decode (field->value, words);
  imap_fold (pli_buffer_span (words), folded);
  return imap_fold_has (pli_buffer_span (folded), text);
}

/* Any field of @header that is called @name, or any at all. */
static gboolean
header_has (PliSpan header, PliSpan name, PliSpan text)
{
  g_auto (PliBuffer) words = { 0 };
  g_auto (PliBuffer) folded = { 0 };
  PliHeaderField field;

  while (pli_header_next (&header, &field))
    {
      if (name.len > 0 && !pli_span_equal_nocase (field.name, name))
        continue;
      if (field_has (&field, name.len == 0, text, &words, &folded))
        return TRUE;
    }
  return FALSE;
}

void
imap_search_header (ImapSearch *search, PliSpan header)
{
  for (ImapKey *key = search->args.reading; key; key = key->next_read)
    if (key->kind == IMAP_KEY_HEADER)
      key->truth = truth (key->name.len > 0 && header_has (header, key->name, key->text));
    else if (key->kind < IMAP_KEY_HEADER)
      key->truth = sent (key, header);
    else if (key->kind == IMAP_KEY_TEXT && header_has (header, pli_span (NULL, 0), key->text))
      key->truth = IMAP_YES;
}

void
imap_search_inner_header (ImapSearch *search, PliSpan header)
{
  for (ImapKey *key = search->args.reading; key; key = key->next_read)
    if (key->kind >= IMAP_KEY_TEXT && key->truth == IMAP_UNKNOWN && header_has (header, pli_span (NULL, 0), key->text))
      key->truth = IMAP_YES;
}

void
imap_search_text (ImapSearch *search, PliSpan utf8)
{
  g_auto (PliBuffer) folded = { 0 };

  imap_fold (utf8, &folded);
  for (ImapKey *key = search->args.reading; key; key = key->next_read)
    if (key->kind >= IMAP_KEY_TEXT && key->truth == IMAP_UNKNOWN
        && imap_fold_has (pli_buffer_span (&folded), key->text))
      key->truth = IMAP_YES;
}

void
imap_search_end (ImapSearch *search)
{
  for (ImapKey *key = search->args.reading; key; key = key->next_read)
    if (key->truth == IMAP_UNKNOWN)
      key->truth = IMAP_FALSE;
}
