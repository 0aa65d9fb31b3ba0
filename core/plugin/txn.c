/* txn.c: the SMTP transaction as filters and engines see it; implements <pli/message.h>.
 *
 * The body holds what is so, a view what one filter call wishes (txn.h). Lists grow by doubling in an arena. The body
 * ends with the last view; the session may be gone before that, and pli_txn_session() is NULL from then on.
 * Called by engines and filters. Thread: loop. */
#include "plugin/txn.h"

#include "plugin/filters.h"

typedef struct Kept Kept;
struct Kept
{
  Kept *next;
  GDestroyNotify destroy;
  gpointer data;
};

struct PliTxnBody
{
  guint refs;
  PliSession *session; /* NULL when the engine has freed its view */
  PliInstance *instance;
  PliArena *arena;
  char id[PLI_ID_LEN + 1];
  const char *sender, *helo;
  guint64 announced;
  gint64 received_us;
  PliSpan message;
  gsize header_bytes; /* of message; 0: not looked for yet */
  PliTxnEdits edits;
  PliEdits public_edits;
  PliTxnFacts facts;
  const char *facts_text; /* NULL: make it anew */
  PliTxnRcpts rcpts;
  Kept *kept;
  PliTxn own; /* the engine's view */
};

/* Makes room for @n elements of @width bytes in a list of @size that lives in @arena. */
static gpointer
grow (PliArena *arena, gpointer items, guint n, guint *size, gsize width)
{
  guint before = *size;
  gpointer larger;

  if (n <= before)
    return items;
  *size = MAX (before * 2, 4);
  larger = pli_arena_alloc (arena, *size * width);
  if (before > 0)
    memcpy (larger, items, before * width);
  return larger;
}

static void
edits_add (PliArena *arena, PliTxnEdits *edits, const PliEdit *edit)
{
  edits->items = grow (arena, edits->items, edits->n + 1, &edits->size, sizeof *edits->items);
  edits->items[edits->n++] =
      (PliEdit){ edit->kind, edit->index, pli_arena_span (arena, edit->name), pli_arena_span (arena, edit->value) };
}

static void
facts_set (PliArena *arena, PliTxnFacts *facts, const char *name, const char *value)
{
  guint at = 0;

  while (at < facts->n && strcmp (facts->items[at].name, name) != 0)
    at++;
  if (at == facts->n)
    {
      facts->items = grow (arena, facts->items, facts->n + 1, &facts->size, sizeof *facts->items);
      facts->items[facts->n++].name = pli_arena_strdup (arena, name);
    }
  facts->items[at].value = pli_arena_strdup (arena, value);
}

static void
rcpts_add (PliArena *arena, PliTxnRcpts *rcpts, const char *address)
{
  rcpts->items = grow (arena, rcpts->items, rcpts->n + 2, &rcpts->size, sizeof *rcpts->items);
  rcpts->items[rcpts->n++] = pli_arena_strdup (arena, address);
  rcpts->items[rcpts->n] = NULL;
}

PliTxn *
pli_txn_new (PliSession *session, const char *sender)
{
  PliArena *arena = pli_arena_new ();
  PliTxnBody *body = pli_arena_new0 (arena, PliTxnBody);

  body->refs = 1;
  body->session = session;
  body->instance = pli_session_instance (session);
  body->arena = arena;
  body->sender = pli_arena_strdup (arena, sender);
  body->helo = "";
  body->received_us = pli_now_us (body->instance);
  pli_id_new (body->id, body->received_us);
  body->own.body = body;
  body->own.arena = arena;
  return &body->own;
}

static void
body_unref (PliTxnBody *body)
{
  if (--body->refs > 0)
    return;
  for (Kept *kept = body->kept; kept; kept = kept->next)
    kept->destroy (kept->data);
  pli_arena_free (body->arena); /* body and all */
}

void
pli_txn_free (PliTxn *txn)
{
  if (!txn)
    return;
  g_assert (!txn->plugin);
  txn->body->session = NULL;
  body_unref (txn->body);
}

void
pli_txn_view_open (PliTxn *view, PliTxn *engine, PliPlugin *plugin, PliArena *arena)
{
  memset (view, 0, sizeof *view);
  view->body = engine->body;
  view->body->refs++;
  view->plugin = plugin;
  view->arena = arena;
}

void
pli_txn_view_commit (PliTxn *view)
{
  PliTxnBody *body = view->body;

  for (guint i = 0; i < view->edits.n; i++)
    edits_add (body->arena, &body->edits, &view->edits.items[i]);
  for (guint i = 0; i < view->facts.n; i++)
    facts_set (body->arena, &body->facts, view->facts.items[i].name, view->facts.items[i].value);
  for (guint i = 0; i < view->rcpts.n; i++)
    rcpts_add (body->arena, &body->rcpts, view->rcpts.items[i]);
  if (view->facts.n > 0)
    body->facts_text = NULL;
  view->closed = TRUE;
}

void
pli_txn_view_release (PliTxn *view)
{
  view->closed = TRUE;
  body_unref (view->body);
  view->body = NULL;
}

void
pli_txn_mirror (PliTxn *txn, const char *id, gint64 received_us)
{
  g_strlcpy (txn->body->id, id, sizeof txn->body->id);
  txn->body->received_us = received_us;
}

const PliTxnFact *
pli_txn_facts (PliTxn *txn, guint32 *out_n)
{
  *out_n = txn->body->facts.n;
  return txn->body->facts.items;
}

PliSession *
pli_txn_session (PliTxn *txn)
{
  return txn->body->session;
}

PliPlugin *
pli_txn_plugin (PliTxn *txn)
{
  return txn->plugin;
}

PliArena *
pli_txn_arena (PliTxn *txn)
{
  return txn->body->arena;
}

const char *
pli_txn_id (PliTxn *txn)
{
  return txn->body->id;
}

const char *
pli_txn_sender (PliTxn *txn)
{
  return txn->body->sender;
}

void
pli_txn_set_announced (PliTxn *txn, guint64 bytes)
{
  g_assert (!txn->plugin);
  txn->body->announced = bytes;
}

guint64
pli_txn_announced_bytes (PliTxn *txn)
{
  return txn->body->announced;
}

const char *
pli_txn_helo (PliTxn *txn)
{
  return txn->body->helo;
}

void
pli_txn_set_helo (PliTxn *txn, const char *helo)
{
  g_assert (!txn->plugin);
  txn->body->helo = pli_arena_strdup (txn->body->arena, helo);
}

gint64
pli_txn_received_us (PliTxn *txn)
{
  return txn->body->received_us;
}

void
pli_txn_set_message (PliTxn *txn, PliSpan message)
{
  g_assert (!txn->plugin);
  txn->body->message = message;
  txn->body->header_bytes = 0;
}

PliSpan
pli_txn_message (PliTxn *txn)
{
  PliTxnBody *body = txn->body;

  if (!txn->plugin || !body->message.data || pli_plugin_has_right (txn->plugin, "read-body"))
    return body->message;
  if (body->header_bytes == 0)
    body->header_bytes = pli_header_end (body->message);
  return pli_span_head (body->message, body->header_bytes);
}

gboolean
pli_txn_is_held (PliTxn *txn)
{
  return txn->body->refs > 1;
}

void
pli_txn_keep (PliTxn *txn, GDestroyNotify destroy, gpointer data)
{
  PliTxnBody *body = txn->body;
  Kept *kept = pli_arena_new0 (body->arena, Kept);

  *kept = (Kept){ body->kept, destroy, data };
  body->kept = kept;
}

/* Rights and wishes */

gboolean
pli_plugin_has_right (const PliPlugin *plugin, const char *right)
{
  const PliFilterSettings *set = plugin->filter_settings;

  return plugin->info.rights && g_strv_contains (plugin->info.rights, right)
         && (!set || g_strv_contains (set->rights, "all") || g_strv_contains (set->rights, right));
}

/* May the holder of @txn do what needs @right (NULL: nothing special) now? Logs when it may not. */
static gboolean
may (PliTxn *txn, const char *right, const char *what)
{
  const char *why = txn->closed ? "answered-already" : NULL;

  if (!txn->plugin)
    return TRUE;
  if (!why && right && !pli_plugin_has_right (txn->plugin, right))
    why = right;
  if (why)
    pli_log (PLI_LOG_WARNING, "filter.not-allowed", "plugin", txn->plugin->info.name, "what", what, "why", why, "id",
             txn->body->id, NULL);
  return !why;
}

void
pli_txn_add_rcpt (PliTxn *txn, const char *address)
{
  if (!may (txn, "recipients", "add-rcpt"))
    return;
  rcpts_add (txn->arena, txn->plugin ? &txn->rcpts : &txn->body->rcpts, address);
}

const char *const *
pli_txn_rcpts (PliTxn *txn)
{
  static const char *const none[] = { NULL };

  return txn->body->rcpts.n > 0 ? txn->body->rcpts.items : none;
}

guint
pli_txn_n_rcpts (PliTxn *txn)
{
  return txn->body->rcpts.n;
}

static void
wish_edit (PliTxn *txn, PliEditKind kind, const char *name, const char *value, const char *what)
{
  const PliEdit edit = { kind, 0, pli_span_from (name), pli_span_from (value) };

  if (!may (txn, "edit-headers", what))
    return;
  if (!pli_header_name_valid (edit.name) || (value && strpbrk (value, "\r\n")))
    {
      pli_log (PLI_LOG_WARNING, "filter.bad-edit", "plugin", txn->plugin ? txn->plugin->info.name : NULL, "what", what,
               "name", name, "id", txn->body->id, NULL);
      return;
    }
  edits_add (txn->arena, txn->plugin ? &txn->edits : &txn->body->edits, &edit);
}

void
pli_txn_add_header (PliTxn *txn, const char *name, const char *value)
{
  wish_edit (txn, PLI_EDIT_ADD_TOP, name, value, "add-header");
}

void
pli_txn_remove_header (PliTxn *txn, const char *name)
{
  wish_edit (txn, PLI_EDIT_REMOVE, name, NULL, "remove-header");
}

const PliEdits *
pli_txn_edits (PliTxn *txn)
{
  PliTxnBody *body = txn->body;

  body->public_edits = (PliEdits){ body->edits.items, body->edits.n };
  return &body->public_edits;
}

static gboolean
publishes (const PliPlugin *plugin, const char *name)
{
  for (const PliFactRow *row = plugin->info.facts; row && row->name; row++)
    if (strcmp (row->name, name) == 0)
      return TRUE;
  return FALSE;
}

void
pli_txn_set_fact (PliTxn *txn, const char *name, const char *value)
{
  if (!may (txn, NULL, "set-fact"))
    return;
  if (txn->plugin && !publishes (txn->plugin, name))
    {
      pli_log (PLI_LOG_WARNING, "filter.unknown-fact", "plugin", txn->plugin->info.name, "fact", name, NULL);
      return;
    }
  facts_set (txn->arena, txn->plugin ? &txn->facts : &txn->body->facts, name, value);
  if (!txn->plugin)
    txn->body->facts_text = NULL;
}

const char *
pli_txn_fact (PliTxn *txn, const char *name)
{
  const PliTxnFacts *lists[] = { &txn->facts, &txn->body->facts }; /* a filter sees what it has just set */

  for (guint l = 0; l < G_N_ELEMENTS (lists); l++)
    for (guint i = 0; i < lists[l]->n; i++)
      if (strcmp (lists[l]->items[i].name, name) == 0)
        return lists[l]->items[i].value;
  return NULL;
}

/* A value of the ledger's text: no control characters, no separator. */
static void
add_fact_value (PliBuffer *text, const char *value)
{
  for (const char *c = value ? value : ""; *c; c++)
    pli_buffer_add_char (text, *c == ';' ? ',' : g_ascii_iscntrl (*c) ? '?' : *c);
}

const char *
pli_txn_facts_text (PliTxn *txn)
{
  PliTxnBody *body = txn->body;
  g_auto (PliBuffer) text = { 0 };

  if (body->facts_text)
    return body->facts_text;
  for (guint i = 0; i < body->facts.n; i++)
    {
      if (i > 0)
        pli_buffer_add_text (&text, "; ");
      pli_buffer_add_text (&text, body->facts.items[i].name);
      pli_buffer_add_char (&text, '=');
      add_fact_value (&text, body->facts.items[i].value);
    }
  body->facts_text = text.len > 0 ? pli_arena_text (body->arena, pli_buffer_span (&text)) : "";
  return body->facts_text;
}

const void *
pli_txn_settings (PliTxn *txn, const char *plugin)
{
  PliPlugin *whose = plugin ? pli_registry_plugin (txn->body->instance->registry, plugin) : txn->plugin;

  if (whose)
    return pli_plugin_settings (whose);
  return plugin ? NULL : pli_session_settings (txn->body->session);
}
