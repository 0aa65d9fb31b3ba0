/* message.h: the SMTP transaction as filters, rules and the engine see it.
 *
 * The engine makes one with pli_txn_new() for each MAIL FROM and frees it at the end of the transaction. Filters read
 * it and add edits and facts. Everything lives in the transaction's arena. Thread: loop. */
#ifndef PLI_MESSAGE_H
#define PLI_MESSAGE_H

#include <pli/mail.h>
#include <pli/plugin.h>
#include <pli/protocol.h>

G_BEGIN_DECLS

typedef struct PliTxn PliTxn;

/* (transfer full): free with pli_txn_free(). @sender: canonical text, "" for the null sender. */
PLI_API PliTxn *pli_txn_new (PliSession *session, const char *sender);
PLI_API void pli_txn_free (PliTxn *txn);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PliTxn, pli_txn_free)

/* NULL once the client has gone, for a filter that holds its ticket still. */
PLI_API PliSession *pli_txn_session (PliTxn *txn);
/* The filter that is called now, for observers, which have no op; NULL for an engine. */
PLI_API PliPlugin *pli_txn_plugin (PliTxn *txn);
PLI_API PliArena *pli_txn_arena (PliTxn *txn);
/* The id that the message gets in queue and ledger. */
PLI_API const char *pli_txn_id (PliTxn *txn);
PLI_API const char *pli_txn_sender (PliTxn *txn);
PLI_API void pli_txn_set_announced (PliTxn *txn, guint64 bytes);
/* SIZE= of MAIL FROM, 0 when not given. */
PLI_API guint64 pli_txn_announced_bytes (PliTxn *txn);
PLI_API const char *pli_txn_helo (PliTxn *txn);
PLI_API void pli_txn_set_helo (PliTxn *txn, const char *helo);
PLI_API void pli_txn_add_rcpt (PliTxn *txn, const char *address);
/* NULL-terminated; (transfer none). */
PLI_API const char *const *pli_txn_rcpts (PliTxn *txn);
PLI_API guint pli_txn_n_rcpts (PliTxn *txn);
/* The message as received, from on_message on; not there in envelope stages. A filter without the right "read-body"
 * gets the header alone. What a filter was given stays until it lets go. */
PLI_API void pli_txn_set_message (PliTxn *txn, PliSpan message);
PLI_API PliSpan pli_txn_message (PliTxn *txn);
PLI_API gint64 pli_txn_received_us (PliTxn *txn);
/* For engines: does a filter that missed its deadline still hold the transaction? What pli_txn_set_message() was given
 * must then be left as it is, and be freed by pli_txn_keep(). */
PLI_API gboolean pli_txn_is_held (PliTxn *txn);
/* Calls @destroy when neither the engine nor any filter uses the transaction any more. */
PLI_API void pli_txn_keep (PliTxn *txn, GDestroyNotify destroy, gpointer data);

/* Header edits; collected, and committed together after the last filter; those of a filter that fails or is late are
 * forgotten. Refused (logged) without the right "edit-headers". @value: one line, CR and LF are refused. Fields are
 * added on top of the others. */
PLI_API void pli_txn_add_header (PliTxn *txn, const char *name, const char *value);
PLI_API void pli_txn_remove_header (PliTxn *txn, const char *name);
PLI_API const PliEdits *pli_txn_edits (PliTxn *txn);

/* Facts: text values; @name must be a row of the publishing plugin. */
PLI_API void pli_txn_set_fact (PliTxn *txn, const char *name, const char *value);
PLI_API const char *pli_txn_fact (PliTxn *txn, const char *name);
/* "a=1; b=2" for the ledger. (transfer none) */
PLI_API const char *pli_txn_facts_text (PliTxn *txn);

/* Settings of the plugin in the generation of the session; PLI_SELF is resolved by the filter that is called now. */
#define PLI_SELF NULL
PLI_API const void *pli_txn_settings (PliTxn *txn, const char *plugin);

G_END_DECLS

#endif
