/* search_args.c: see search_args.h. */
#include "search_args.h"
#include "search_fold.h"

typedef struct
{
  ImapLex *lex;
  ImapSearchArgs *out;
  guint depth, depth_max;
} Parser;

typedef enum
{
  ARG_NONE,
  ARG_TEXT,
  ARG_FIELD, /* the key names the field */
  ARG_NAME_TEXT,
  ARG_KEYWORD,
  ARG_DATE,
  ARG_NUMBER,
  ARG_MODSEQ,
  ARG_SET,
} Argument;

static const struct
{
  const char *word;
  ImapKeyKind kind;
  Argument argument;
  gboolean negated;
  guint32 flag;
} keys[] = {
  { "ALL", IMAP_KEY_ALL, ARG_NONE, FALSE, 0 },
  { "ANSWERED", IMAP_KEY_FLAG, ARG_NONE, FALSE, PLI_FLAG_ANSWERED },
  { "BCC", IMAP_KEY_HEADER, ARG_FIELD, FALSE, 0 },
  { "BEFORE", IMAP_KEY_BEFORE, ARG_DATE, FALSE, 0 },
  { "BODY", IMAP_KEY_BODY, ARG_TEXT, FALSE, 0 },
  { "CC", IMAP_KEY_HEADER, ARG_FIELD, FALSE, 0 },
  { "DELETED", IMAP_KEY_FLAG, ARG_NONE, FALSE, PLI_FLAG_DELETED },
  { "DRAFT", IMAP_KEY_FLAG, ARG_NONE, FALSE, PLI_FLAG_DRAFT },
  { "FLAGGED", IMAP_KEY_FLAG, ARG_NONE, FALSE, PLI_FLAG_FLAGGED },
  { "FROM", IMAP_KEY_HEADER, ARG_FIELD, FALSE, 0 },
  { "HEADER", IMAP_KEY_HEADER, ARG_NAME_TEXT, FALSE, 0 },
  { "KEYWORD", IMAP_KEY_KEYWORD, ARG_KEYWORD, FALSE, 0 },
  { "LARGER", IMAP_KEY_LARGER, ARG_NUMBER, FALSE, 0 },
  { "MODSEQ", IMAP_KEY_MODSEQ, ARG_MODSEQ, FALSE, 0 },
  { "OLD", IMAP_KEY_RECENT, ARG_NONE, TRUE, 0 },
  { "ON", IMAP_KEY_ON, ARG_DATE, FALSE, 0 },
  { "RECENT", IMAP_KEY_RECENT, ARG_NONE, FALSE, 0 },
  { "SEEN", IMAP_KEY_FLAG, ARG_NONE, FALSE, PLI_FLAG_SEEN },
  { "SENTBEFORE", IMAP_KEY_SENTBEFORE, ARG_DATE, FALSE, 0 },
  { "SENTON", IMAP_KEY_SENTON, ARG_DATE, FALSE, 0 },
  { "SENTSINCE", IMAP_KEY_SENTSINCE, ARG_DATE, FALSE, 0 },
  { "SINCE", IMAP_KEY_SINCE, ARG_DATE, FALSE, 0 },
  { "SMALLER", IMAP_KEY_SMALLER, ARG_NUMBER, FALSE, 0 },
  { "SUBJECT", IMAP_KEY_HEADER, ARG_FIELD, FALSE, 0 },
  { "TEXT", IMAP_KEY_TEXT, ARG_TEXT, FALSE, 0 },
  { "TO", IMAP_KEY_HEADER, ARG_FIELD, FALSE, 0 },
  { "UID", IMAP_KEY_UID, ARG_SET, FALSE, 0 },
  { "UNANSWERED", IMAP_KEY_FLAG, ARG_NONE, TRUE, PLI_FLAG_ANSWERED },
  { "UNDELETED", IMAP_KEY_FLAG, ARG_NONE, TRUE, PLI_FLAG_DELETED },
  { "UNDRAFT", IMAP_KEY_FLAG, ARG_NONE, TRUE, PLI_FLAG_DRAFT },
  { "UNFLAGGED", IMAP_KEY_FLAG, ARG_NONE, TRUE, PLI_FLAG_FLAGGED },
  { "UNKEYWORD", IMAP_KEY_KEYWORD, ARG_KEYWORD, TRUE, 0 },
  { "UNSEEN", IMAP_KEY_FLAG, ARG_NONE, TRUE, PLI_FLAG_SEEN },
};

static ImapKey *
new_key (Parser *parser, ImapKeyKind kind)
{
  ImapKey *key = pli_arena_new0 (parser->lex->arena, ImapKey);

  key->kind = kind;
  if (kind >= IMAP_KEY_SENTBEFORE)
    {
      key->next_read = parser->out->reading;
      parser->out->reading = key;
    }
  return key;
}

static ImapKey *
not_of (Parser *parser, ImapKey *child)
{
  ImapKey *key = new_key (parser, IMAP_KEY_NOT);

  key->child = child;
  return key;
}

static gboolean
folded_text (Parser *parser, PliSpan *out)
{
  g_auto (PliBuffer) folded = { 0 };
  PliSpan text;

  if (!imap_lex_astring (parser->lex, &text))
    return FALSE;
  imap_fold (text, &folded);
  *out = pli_arena_span (parser->lex->arena, pli_buffer_span (&folded));
  return TRUE;
}

static gboolean
date (Parser *parser, guint64 *out)
{
  gint64 us;
  PliSpan text;

  if (imap_lex_peek (parser->lex) == '"' ? !imap_lex_string (parser->lex, &text) : !imap_lex_atom (parser->lex, &text))
    return FALSE;
  if (!pli_date_parse_imap_day (text, &us))
    return FALSE;
  *out = (guint64) us;
  return TRUE;
}

/* RFC 7162 3.1.5: `MODSEQ ["/flags/\\draft" all] 620162338`; what is tracked is the message, whatever the entry. */
static gboolean
modseq (Parser *parser, guint64 *out)
{
  PliSpan entry;

  parser->out->has_modseq = TRUE;
  if (imap_lex_peek (parser->lex) == '"'
      && (!imap_lex_string (parser->lex, &entry) || !imap_lex_space (parser->lex)
          || !imap_lex_word (parser->lex, &entry) || !imap_lex_space (parser->lex)))
    return FALSE;
  return imap_lex_number (parser->lex, G_MAXINT64, out);
}

static gboolean
argument (Parser *parser, gsize i, ImapKey *key)
{
  ImapLex *lex = parser->lex;

  if (keys[i].argument == ARG_NONE)
    return TRUE;
  if (!imap_lex_space (lex))
    return FALSE;
  switch (keys[i].argument)
    {
    case ARG_FIELD:
      key->name = pli_span_from (keys[i].word);
      return folded_text (parser, &key->text);
    case ARG_TEXT:
      return folded_text (parser, &key->text);
    case ARG_NAME_TEXT:
      return imap_lex_astring (lex, &key->name) && imap_lex_space (lex) && folded_text (parser, &key->text);
    case ARG_KEYWORD:
      return imap_lex_atom (lex, &key->name);
    case ARG_DATE:
      return date (parser, &key->number);
    case ARG_NUMBER:
      return imap_lex_number (lex, G_MAXUINT32, &key->number);
    case ARG_MODSEQ:
      return modseq (parser, &key->number);
    default:
      return imap_lex_set (lex, &key->set);
    }
}

static ImapKey *parse_key (Parser *parser);

/* Keys up to the end, or to `)`. */
static ImapKey *
parse_list (Parser *parser)
{
  ImapKey *list = new_key (parser, IMAP_KEY_AND), **end = &list->child;

  do
    {
      if (list->child && (imap_lex_at_end (parser->lex) || imap_lex_peek (parser->lex) == ')'))
        break;
      *end = parse_key (parser);
      if (!*end)
        return NULL;
      end = &(*end)->next;
    }
  while (imap_lex_space (parser->lex));
  return list;
}

static ImapKey *
parse_or (Parser *parser)
{
  ImapKey *key = new_key (parser, IMAP_KEY_OR);

  if (!imap_lex_space (parser->lex))
    return NULL;
  key->child = parse_key (parser);
  if (!key->child || !imap_lex_space (parser->lex))
    return NULL;
  key->child->next = parse_key (parser);
  return key->child->next ? key : NULL;
}

static ImapKey *
parse_word (Parser *parser)
{
  PliSpan word;
  ImapKey *key;
  gsize i;

  if (!imap_lex_word (parser->lex, &word))
    return NULL;
  if (pli_span_is_nocase (word, "OR"))
    return parse_or (parser);
  if (pli_span_is_nocase (word, "NOT"))
    {
      ImapKey *child = imap_lex_space (parser->lex) ? parse_key (parser) : NULL;

      return child ? not_of (parser, child) : NULL;
    }
  if (pli_span_is_nocase (word, "NEW"))
    {
      /* RFC 3501 6.4.4: RECENT UNSEEN */
      ImapKey *seen = new_key (parser, IMAP_KEY_FLAG);

      seen->number = PLI_FLAG_SEEN;
      key = new_key (parser, IMAP_KEY_AND);
      key->child = new_key (parser, IMAP_KEY_RECENT);
      key->child->next = not_of (parser, seen);
      return key;
    }
  for (i = 0; i < G_N_ELEMENTS (keys) && !pli_span_is_nocase (word, keys[i].word); i++)
    ;
  if (i == G_N_ELEMENTS (keys))
    return NULL;
  key = new_key (parser, keys[i].kind);
  key->number = keys[i].flag;
  if (!argument (parser, i, key))
    return NULL;
  return keys[i].negated ? not_of (parser, key) : key;
}

/* NULL when it is wrong. */
static ImapKey *
parse_key (Parser *parser)
{
  char c = imap_lex_peek (parser->lex);
  ImapKey *key;

  if (parser->depth == parser->depth_max)
    return NULL;
  parser->depth++;
  if (imap_lex_char (parser->lex, '('))
    {
      key = parse_list (parser);
      if (key && !imap_lex_char (parser->lex, ')'))
        key = NULL;
    }
  else if (g_ascii_isdigit (c) || c == '*')
    {
      key = new_key (parser, IMAP_KEY_SEQUENCE);
      if (!imap_lex_set (parser->lex, &key->set))
        key = NULL;
    }
  else
    key = parse_word (parser);
  parser->depth--;
  return key;
}

gboolean
imap_lex_search (ImapLex *lex, guint nesting_max, ImapSearchArgs *out)
{
  Parser parser = { lex, out, 0, nesting_max };
  PliSpan charset;

  *out = (ImapSearchArgs){ 0 };
  if (imap_lex_is_word (lex, "CHARSET"))
    {
      if (!imap_lex_space (lex) || !imap_lex_astring (lex, &charset) || !imap_lex_space (lex))
        return FALSE;
      /* RFC 3501 6.4.4: US-ASCII must be known; it is a part of UTF-8. */
      if (!pli_span_is_nocase (charset, "UTF-8") && !pli_span_is_nocase (charset, "US-ASCII"))
        {
          out->bad_charset = TRUE;
          return FALSE;
        }
    }
  out->root = parse_list (&parser);
  return out->root && imap_lex_finish (lex);
}
