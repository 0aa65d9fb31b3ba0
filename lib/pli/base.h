/* base.h: the vocabulary that every other header uses: spans, buffers, arenas, errors, clocks.
 *
 * Knows no mail and does no I/O. A PliSpan borrows bytes, a PliBuffer owns bytes that grow, a PliArena owns
 * many small things that die together. None of them is locked: each belongs to one thread at a time.
 * Called by everything, plugins included. */
#ifndef PLI_BASE_H
#define PLI_BASE_H

#include <glib.h>
#include <string.h>

#define PLI_API __attribute__ ((visibility ("default")))

G_BEGIN_DECLS

#define PLI_ERROR (pli_error_quark ())
PLI_API GQuark pli_error_quark (void);

/**
 * PliErrorCode:
 * @PLI_ERROR_TRY_AGAIN: the world's fault, may work later (4xx, [UNAVAILABLE])
 * @PLI_ERROR_PERMANENT: will never work (5xx)
 * @PLI_ERROR_QUOTA: no room for this account (452 or 552, [OVERQUOTA])
 * @PLI_ERROR_NOT_FOUND: no such thing ([NONEXISTENT], [TRYCREATE])
 * @PLI_ERROR_EXISTS: there is one already ([ALREADYEXISTS])
 * @PLI_ERROR_DENIED: not allowed to this caller ([NOPERM])
 * @PLI_ERROR_CORRUPT: stored data fails its checksum or its grammar
 * @PLI_ERROR_CONFIG: a setting is wrong; the message names file and line
 * @PLI_ERROR_SYNTAX: input that its grammar refuses
 * @PLI_ERROR_LIMIT: input over a limit that is a setting
 */
typedef enum
{
  PLI_ERROR_TRY_AGAIN = 1,
  PLI_ERROR_PERMANENT,
  PLI_ERROR_QUOTA,
  PLI_ERROR_NOT_FOUND,
  PLI_ERROR_EXISTS,
  PLI_ERROR_DENIED,
  PLI_ERROR_CORRUPT,
  PLI_ERROR_CONFIG,
  PLI_ERROR_SYNTAX,
  PLI_ERROR_LIMIT,
} PliErrorCode;

/* Bytes that somebody else owns; not NUL-terminated, may hold NULs. {NULL, 0} means "not there", {"", 0} "empty". */
typedef struct
{
  const char *data;
  gsize len;
} PliSpan;

#define PLI_SPAN(lit) ((PliSpan){ "" lit, sizeof (lit) - 1 })

static inline PliSpan
pli_span (const char *data, gsize len)
{
  PliSpan s;

  s.data = data;
  s.len = len;
  return s;
}

static inline PliSpan
pli_span_from (const char *text)
{
  return pli_span (text, text ? strlen (text) : 0);
}

/* From @from (clamped) to the end. */
static inline PliSpan
pli_span_skip (PliSpan s, gsize from)
{
  return from >= s.len ? pli_span (s.data + s.len, 0) : pli_span (s.data + from, s.len - from);
}

static inline PliSpan
pli_span_head (PliSpan s, gsize len)
{
  return pli_span (s.data, len < s.len ? len : s.len);
}

PLI_API gboolean pli_span_equal (PliSpan a, PliSpan b);
PLI_API gboolean pli_span_is (PliSpan a, const char *text);
/* ASCII only, as mail's grammars ask; never the locale. */
PLI_API gboolean pli_span_is_nocase (PliSpan a, const char *text);
PLI_API gboolean pli_span_equal_nocase (PliSpan a, PliSpan b);
PLI_API gboolean pli_span_starts (PliSpan a, const char *prefix);
PLI_API gboolean pli_span_starts_nocase (PliSpan a, const char *prefix);
/* Offset of the first @c, or -1. */
PLI_API gssize pli_span_find (PliSpan a, char c);
/* Without SP, HTAB, CR and LF at both ends. */
PLI_API PliSpan pli_span_trim (PliSpan a);
/* Digits only, whole span, at most @max; FALSE on anything else, an empty span or overflow included. */
PLI_API gboolean pli_span_to_u64 (PliSpan a, guint64 max, guint64 *out);
/* (transfer full): NUL-terminated copy; NULL for {NULL, 0}. */
PLI_API char *pli_span_dup (PliSpan a);

/* Bytes that grow. Zero-initialise; pli_buffer_clear() frees. Allocation failure aborts, so compare lengths from the
 * wire with a setting first. */
typedef struct
{
  char *data;
  gsize len;
  gsize size;
} PliBuffer;

/* Room for @more bytes after len; returns where they go. The caller adds to len what it wrote. */
PLI_API char *pli_buffer_reserve (PliBuffer *b, gsize more);
PLI_API void pli_buffer_add (PliBuffer *b, const void *data, gsize len);
PLI_API void pli_buffer_add_span (PliBuffer *b, PliSpan s);
PLI_API void pli_buffer_add_text (PliBuffer *b, const char *text);
PLI_API void pli_buffer_add_char (PliBuffer *b, char c);
PLI_API void pli_buffer_add_u64 (PliBuffer *b, guint64 n);
PLI_API void pli_buffer_printf (PliBuffer *b, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Drops @n bytes from the front. */
PLI_API void pli_buffer_drop (PliBuffer *b, gsize n);
PLI_API void pli_buffer_clear (PliBuffer *b);

static inline PliSpan
pli_buffer_span (const PliBuffer *b)
{
  return pli_span (b->data, b->len);
}

/* Memory that dies together: a session's, a transaction's, a call's. */
typedef struct PliArena PliArena;

PLI_API PliArena *pli_arena_new (void);
/* NULL is fine. */
PLI_API void pli_arena_free (PliArena *a);
/* Forgets all that was allocated, keeps the first block. */
PLI_API void pli_arena_reset (PliArena *a);
/* Zeroed, aligned for any type, never NULL. */
PLI_API gpointer pli_arena_alloc (PliArena *a, gsize size);
PLI_API char *pli_arena_strdup (PliArena *a, const char *text);
/* NUL-terminated copy; NULL for {NULL, 0}. */
PLI_API char *pli_arena_text (PliArena *a, PliSpan s);
PLI_API PliSpan pli_arena_span (PliArena *a, PliSpan s);
PLI_API char *pli_arena_printf (PliArena *a, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Bytes taken from the system. */
PLI_API gsize pli_arena_bytes (const PliArena *a);

#define pli_arena_new0(arena, type) ((type *) pli_arena_alloc (arena, sizeof (type)))
#define pli_arena_array(arena, type, n) ((type *) pli_arena_alloc (arena, sizeof (type) * (gsize) (n)))

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PliArena, pli_arena_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PliBuffer, pli_buffer_clear)

/* 26 characters of Crockford's base 32: 48 bits of ms since 1970, then 80 random bits; sorts by time. */
#define PLI_ID_LEN 26
PLI_API void pli_id_new (char out[PLI_ID_LEN + 1], gint64 now_us);
PLI_API gboolean pli_id_valid (PliSpan s);

/* In place; ASCII letters only. */
PLI_API void pli_ascii_lower (char *text);

G_END_DECLS

#endif
