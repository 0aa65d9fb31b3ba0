/* render.c: what readers will ask for, made once when a message arrives: ENVELOPE, BODY, BODYSTRUCTURE, parts, preview.
 *
 * The texts are sent as they are, so their syntax is IMAP's to the letter; where it leaves a choice it is Dovecot's.
 * Called by the edge rooms and by stores that read foreign mail. RFC 3501 7.4.2 and 9, RFC 8970. */
#include "mail/token.h"

typedef struct
{
  gsize string_max;
  gsize left;
  gboolean extended;
  PliArena *arena;
  PliBuffer *out;
} Writer;

static void
add (Writer *w, const char *text)
{
  pli_buffer_add_text (w->out, text);
}

static void
add_string (Writer *w, PliSpan text)
{
  pli_render_nstring (text, w->string_max, w->out);
}

static void
add_params (Writer *w, const PliMimeParam *params, guint n, gboolean is_text)
{
  gboolean charset = FALSE;

  if (n == 0 && !is_text)
    {
      add (w, " NIL");
      return;
    }
  add (w, " (");
  for (guint i = 0; i < n; i++)
    {
      if (i > 0)
        add (w, " ");
      add_string (w, params[i].name);
      add (w, " ");
      add_string (w, params[i].value);
      charset |= pli_span_is_nocase (params[i].name, "charset");
    }
  /* RFC 2045 5.2: the default for text. */
  if (is_text && !charset)
    add (w, n > 0 ? " \"charset\" \"us-ascii\"" : "\"charset\" \"us-ascii\"");
  add (w, ")");
}

/* `de, en`: a list, always in parentheses. */
static void
add_languages (Writer *w, PliSpan value)
{
  PliCursor c = pli_cursor (value);
  guint n = 0;

  while (c.at < c.end)
    {
      PliSpan tag;

      pli_cursor_skip (&c, NULL);
      tag = pli_cursor_run (&c, PLI_CLASS_TOKEN);
      if (tag.len > 0)
        {
          add (w, n++ == 0 ? " (" : " ");
          add_string (w, tag);
        }
      else if (c.at < c.end)
        c.at++;
    }
  add (w, n > 0 ? ")" : " NIL");
}

/* body-ext: disposition, language, location */
static void
add_extension (Writer *w, const PliMimePart *part)
{
  if (part->disposition.data)
    {
      add (w, " (");
      add_string (w, part->disposition);
      add_params (w, part->disposition_params, part->n_disposition_params, FALSE);
      add (w, ")");
    }
  else
    add (w, " NIL");
  add_languages (w, part->language);
  add (w, " ");
  add_string (w, part->location);
}

static void add_body (Writer *w, const PliMimePart *part);

static void
add_multipart (Writer *w, const PliMimePart *part)
{
  for (const PliMimePart *child = part->children; child; child = child->next)
    add_body (w, child);
  add (w, " ");
  add_string (w, part->subtype);
  if (!w->extended)
    return;
  add_params (w, part->params, part->n_params, FALSE);
  add_extension (w, part);
}

static void
add_leaf (Writer *w, const PliMimePart *part)
{
  gboolean is_text = pli_span_is_nocase (part->type, "text");

  add_string (w, part->type);
  add (w, " ");
  add_string (w, part->subtype);
  add_params (w, part->params, part->n_params, is_text);
  add (w, " ");
  add_string (w, part->id);
  add (w, " ");
  add_string (w, part->description);
  add (w, " ");
  add_string (w, part->encoding.data ? part->encoding : PLI_SPAN ("7bit"));
  add (w, " ");
  pli_buffer_add_u64 (w->out, part->body_len);
  if (part->kind == PLI_MIME_MESSAGE)
    {
      add (w, " ");
      pli_envelope_write (part->children->envelope, w->string_max, &w->left, w->arena, w->out);
      add (w, " ");
      add_body (w, part->children);
    }
  if (is_text || part->kind == PLI_MIME_MESSAGE)
    {
      add (w, " ");
      pli_buffer_add_u64 (w->out, part->lines);
    }
  if (!w->extended)
    return;
  add (w, " ");
  add_string (w, part->md5);
  add_extension (w, part);
}

/* Recursion is bounded by the depth of the tree. */
static void
add_body (Writer *w, const PliMimePart *part)
{
  add (w, "(");
  if (part->kind == PLI_MIME_MULTIPART)
    add_multipart (w, part);
  else
    add_leaf (w, part);
  add (w, ")");
}

static void
write_body (const PliMimePart *root, gboolean extended, const PliRenderLimits *limits, PliArena *arena, PliBuffer *out)
{
  Writer w = { limits->string_max, limits->text_max, extended, arena, out };

  add_body (&w, root);
}

void
pli_render_envelope (PliSpan header, const PliRenderLimits *limits, PliArena *arena, PliBuffer *out)
{
  const PliRenderLimits standard = PLI_RENDER_LIMITS_DEFAULT;
  const PliMimePart *root = pli_mime_scan (header, limits, arena);
  gsize left = limits ? limits->text_max : standard.text_max;

  pli_envelope_write (root->envelope, limits ? limits->string_max : standard.string_max, &left, arena, out);
}

gboolean
pli_render (PliSpan message, const PliRenderLimits *limits, PliArena *arena, PliRenderings *out_renderings)
{
  const PliRenderLimits standard = PLI_RENDER_LIMITS_DEFAULT;
  g_auto (PliBuffer) out = { 0 };
  PliSpan *places[] = { &out_renderings->envelope, &out_renderings->body, &out_renderings->bodystructure,
                        &out_renderings->parts };
  gsize ends[G_N_ELEMENTS (places)], start = 0, left;
  const PliMimePart *root;
  PliSpan all;

  limits = limits ? limits : &standard;
  root = pli_mime_scan (message, limits, arena);
  if (root->header_len > G_MAXUINT32)
    return FALSE;
  pli_buffer_reserve (&out, 2048);
  left = limits->text_max;
  pli_envelope_write (root->envelope, limits->string_max, &left, arena, &out);
  ends[0] = out.len;
  write_body (root, FALSE, limits, arena, &out);
  ends[1] = out.len;
  write_body (root, TRUE, limits, arena, &out);
  ends[2] = out.len;
  pli_parts_write (root, &out);
  ends[3] = out.len;
  all = pli_arena_span (arena, pli_buffer_span (&out));
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      *places[i] = pli_span (all.data + start, ends[i] - start);
      start = ends[i];
    }
  out_renderings->header_bytes = (guint32) root->header_len;
  out_renderings->size = message.len;
  out_renderings->preview = pli_preview (message, root, arena);
  return TRUE;
}
