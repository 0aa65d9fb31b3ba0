/* Fuzz target of the grammars of proto-imap: the first byte chooses one, the rest is a command's arguments. What a
 * grammar accepts must hold: ranges in order, items with labels, texts within the input or the arena. */
#include "../../plugins/proto-imap/fetch_args.h"
#include "../../plugins/proto-imap/imap.h"
#include "../../plugins/proto-imap/list_args.h"
#include "../../plugins/proto-imap/search_args.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
set (ImapLex *lex)
{
  ImapView view = { 0 };
  ImapSet written, found;

  imap_view_append (&view, 3, 7);
  imap_view_append (&view, 9, 9);
  imap_view_append (&view, 20, G_MAXUINT32);
  if (imap_lex_set (lex, &written))
    for (int by_uid = 0; by_uid < 2; by_uid++)
      if (imap_view_resolve (&view, &written, by_uid, lex->arena, &found))
        {
          g_assert (found.n <= written.n);
          for (guint32 i = 0; i < found.n; i++)
            {
              g_assert (found.items[i].first <= found.items[i].last);
              g_assert (i == 0 || found.items[i - 1].last < found.items[i].first);
              g_assert (imap_view_seq (&view, found.items[i].first) > 0
                        && imap_view_seq (&view, found.items[i].last) > 0);
            }
          imap_view_remove (&view, found.items, found.n);
          for (guint32 i = 0; i < found.n; i++)
            g_assert (imap_view_seq (&view, found.items[i].first) == 0);
        }
  imap_view_clear (&view);
}

static void
fetch (ImapLex *lex)
{
  ImapFetchArgs args;

  if (!imap_lex_fetch (lex, &args))
    return;
  g_assert (args.items);
  for (const ImapItem *item = args.items; item; item = item->next)
    g_assert (item->label && !strchr (item->label, '\n') && (!item->partial || item->length > 0));
}

static void
search (ImapLex *lex)
{
  ImapSearchArgs args;

  if (!imap_lex_search (lex, 20, &args))
    return;
  g_assert (args.root && args.root->child);
  for (const ImapKey *key = args.reading; key; key = key->next_read)
    g_assert (key->kind >= IMAP_KEY_SENTBEFORE);
}

static void
list (ImapLex *lex)
{
  ImapListArgs args;

  if (!imap_lex_list (lex, FALSE, &args))
    return;
  for (guint i = 0; i < args.n_patterns; i++)
    {
      /* A pattern without wildcards matches itself, and `*` behind it makes no difference. */
      PliSpan pattern = args.patterns[i];

      imap_list_matches (pattern, PLI_SPAN ("INBOX/a/b"));
      if (pli_span_find (pattern, '*') < 0 && pli_span_find (pattern, '%') < 0)
        g_assert (imap_list_matches (pattern, pattern));
      g_assert (imap_list_matches (PLI_SPAN ("*"), pattern));
    }
}

static void
texts (ImapLex *lex)
{
  g_auto (PliBuffer) out = { 0 };
  ImapFlags flags;
  ImapLex again = *lex;
  PliSpan text;
  guint32 items;

  if (imap_lex_astring (&again, &text) && !memchr (text.data, '\r', text.len) && !memchr (text.data, '\n', text.len))
    {
      PliSpan back;

      /* What is written is read again as the same. */
      imap_write_astring (&out, text);
      again = (ImapLex){ out.data, out.data + out.len, lex->arena };
      g_assert (imap_lex_astring (&again, &back) && pli_span_equal (text, back));
    }
  again = *lex;
  imap_lex_flags (&again, TRUE, &flags);
  again = *lex;
  imap_lex_status_items (&again, &items);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static void (*const grammars[]) (ImapLex * lex) = { set, fetch, search, list, texts };
  g_autoptr (PliArena) arena = pli_arena_new ();
  ImapLex lex;

  if (size == 0)
    return 0;
  lex = (ImapLex){ (const char *) data + 1, (const char *) data + size, arena };
  grammars[data[0] % G_N_ELEMENTS (grammars)](&lex);
  return 0;
}
