/* mime.c: the structure of a message: one pass, a tree in an arena, offsets into the message.
 *
 * Lines are found with memchr() and only those that begin with `--` are looked at, so that the cost is that of counting
 * lines. Depth, number of parts and bytes of text have limits; behind them bytes are a leaf's, or nobody's. Nothing is
 * decoded. Called by render.c, and by what wants to look into messages in the edge rooms.
 * RFC 2045, RFC 2046 5.1, RFC 2183, RFC 3282, RFC 6532. */
#include "mail/token.h"

#include <stddef.h>

/* The boundaries that may end a part, innermost first; they live in the frames of scan_multipart(). Functions tell by
 * its level which one they met, 0 being the end of the message. */
typedef struct Boundary Boundary;
struct Boundary
{
  PliSpan text;
  guint level;
  const Boundary *outer;
};

typedef struct
{
  const char *base;
  gsize len;
  gsize pos;         /* begins a line */
  gsize floor;       /* where the innermost body began: no part ends before */
  gsize end;         /* where the part that a boundary has ended ends: before that line's own line end */
  guint64 lines;     /* line feeds before pos */
  guint64 end_lines; /* line feeds before end */
  gboolean closed;   /* the boundary was a closing one */
  guint parts_left;
  guint depth_max;
  PliTexts texts;
} Scan;

typedef struct
{
  const char *name;
  gsize offset;
} Row;

/* Where the raw values go; the first of several fields counts. */
static const Row content_rows[] = {
  { "Content-Type", offsetof (PliMimePart, type) },
  { "Content-Transfer-Encoding", offsetof (PliMimePart, encoding) },
  { "Content-Disposition", offsetof (PliMimePart, disposition) },
  { "Content-ID", offsetof (PliMimePart, id) },
  { "Content-Description", offsetof (PliMimePart, description) },
  { "Content-MD5", offsetof (PliMimePart, md5) },
  { "Content-Language", offsetof (PliMimePart, language) },
  { "Content-Location", offsetof (PliMimePart, location) },
};

static const Row envelope_rows[] = {
  { "From", offsetof (PliEnvelope, from) },
  { "To", offsetof (PliEnvelope, to) },
  { "Subject", offsetof (PliEnvelope, subject) },
  { "Date", offsetof (PliEnvelope, date) },
  { "Message-ID", offsetof (PliEnvelope, message_id) },
  { "Cc", offsetof (PliEnvelope, cc) },
  { "In-Reply-To", offsetof (PliEnvelope, in_reply_to) },
  { "Reply-To", offsetof (PliEnvelope, reply_to) },
  { "Sender", offsetof (PliEnvelope, sender) },
  { "Bcc", offsetof (PliEnvelope, bcc) },
};

static void
keep (gpointer record, const Row *rows, guint n_rows, const PliHeaderField *field)
{
  for (guint i = 0; i < n_rows; i++)
    if (pli_span_is_nocase (field->name, rows[i].name))
      {
        PliSpan *place = (PliSpan *) ((char *) record + rows[i].offset);

        if (!place->data)
          *place = field->value;
        return;
      }
}

/**
 * match:
 * @at: a line that begins with `--`
 *
 * RFC 2046 5.1.1: "it is sufficient that the boundary appear in its entirety following the CRLF". A boundary may begin
 * with another one, so a whole line wins, innermost first, and else the longest beginning.
 */
static guint
match (const Boundary *stack, const char *at, const char *end, gboolean *out_closed, gsize *out_line_len)
{
  const char *lf = memchr (at, '\n', (gsize) (end - at));
  const Boundary *best = NULL;
  PliSpan line;

  *out_line_len = (gsize) ((lf ? lf + 1 : end) - at);
  line = pli_span (at + 2, *out_line_len - 2);
  while (line.len > 0 && pli_is (line.data[line.len - 1], PLI_CLASS_BLANK))
    line.len--;
  for (; stack; stack = stack->outer)
    {
      gsize len = stack->text.len;

      if (len > line.len || (best && len <= best->text.len) || memcmp (stack->text.data, line.data, len) != 0)
        continue;
      best = stack;
      if (len == line.len || (len + 2 == line.len && line.data[len] == '-' && line.data[len + 1] == '-'))
        break;
    }
  if (!best)
    return 0;
  *out_closed = line.len >= best->text.len + 2 && memcmp (line.data + best->text.len, "--", 2) == 0;
  return best->level;
}

/* Is there a boundary at pos? Then steps behind it, and the part before it ends. */
static guint
take_boundary (Scan *s, const Boundary *stack)
{
  const char *at = s->base + s->pos;
  guint hit;
  gsize line_len, end = s->pos;

  hit = match (stack, at, s->base + s->len, &s->closed, &line_len);
  if (hit == 0)
    return 0;
  /* RFC 2046 5.1.1: the line end before the boundary is the boundary's. */
  if (end > s->floor && s->base[end - 1] == '\n')
    end--;
  s->end_lines = s->lines - (end < s->pos);
  if (end < s->pos && end > s->floor && s->base[end - 1] == '\r')
    end--;
  s->end = end;
  s->pos += line_len;
  s->lines += at[line_len - 1] == '\n';
  return hit;
}

static gboolean
dashes (const Scan *s)
{
  return s->len - s->pos > 2 && s->base[s->pos] == '-' && s->base[s->pos + 1] == '-';
}

/* Skips lines up to the next boundary; 0 at the end of the message. */
static guint
scan_lines (Scan *s, const Boundary *stack)
{
  const char *end = s->base + s->len, *lf;

  while (s->pos < s->len)
    {
      if (stack && dashes (s))
        {
          guint hit = take_boundary (s, stack);

          if (hit)
            return hit;
        }
      lf = memchr (s->base + s->pos, '\n', (gsize) (end - s->base) - s->pos);
      if (!lf)
        break;
      s->lines++;
      s->pos = (gsize) (lf + 1 - s->base);
    }
  s->pos = s->end = s->len;
  s->end_lines = s->lines;
  return 0;
}

/* Reads the header at pos. A boundary that comes before the empty line is returned. */
static guint
scan_header (Scan *s, const Boundary *stack, PliMimePart *part, PliEnvelope *envelope)
{
  PliHeaderField field;

  s->floor = s->pos;
  while (s->pos < s->len)
    {
      PliSpan rest = pli_span (s->base + s->pos, s->len - s->pos);
      guint hit = stack && dashes (s) ? take_boundary (s, stack) : 0;
      gboolean more;

      if (hit)
        return hit;
      more = pli_header_next (&rest, &field);
      if (more && field.name.data)
        {
          if ((field.name.data[0] | 0x20) == 'c' && field.name.len > 8)
            keep (part, content_rows, G_N_ELEMENTS (content_rows), &field);
          else if (envelope)
            keep (envelope, envelope_rows, G_N_ELEMENTS (envelope_rows), &field);
        }
      for (const char *at = s->base + s->pos; (at = memchr (at, '\n', (gsize) (rest.data - at))) != NULL; at++)
        s->lines++;
      s->floor = s->pos = (gsize) (rest.data - s->base);
      if (!more)
        break;
    }
  return 0;
}

/* RFC 2045 5.2: what is no `type/subtype` is text/plain in US-ASCII. */
static void
read_type (Scan *s, PliMimePart *part, gboolean in_digest)
{
  PliCursor c = pli_cursor (part->type);

  part->type = in_digest ? PLI_SPAN ("message") : PLI_SPAN ("text");
  part->subtype = in_digest ? PLI_SPAN ("rfc822") : PLI_SPAN ("plain");
  if (c.at)
    {
      PliSpan type, subtype;

      pli_cursor_skip (&c, NULL);
      type = pli_cursor_run (&c, PLI_CLASS_TOKEN);
      pli_cursor_skip (&c, NULL);
      if (type.len == 0 || !pli_cursor_is (&c, '/'))
        return;
      c.at++;
      pli_cursor_skip (&c, NULL);
      subtype = pli_cursor_run (&c, PLI_CLASS_TOKEN);
      if (subtype.len == 0 || type.len + subtype.len > 255)
        return;
      part->type = type;
      part->subtype = subtype;
      part->params = pli_params_parse (&c, &s->texts, &part->n_params);
    }
  if (pli_span_is_nocase (part->type, "multipart"))
    part->kind = PLI_MIME_MULTIPART;
  else if (pli_span_is_nocase (part->type, "message")
           && (pli_span_is_nocase (part->subtype, "rfc822") || pli_span_is_nocase (part->subtype, "global")))
    part->kind = PLI_MIME_MESSAGE;
}

static PliSpan
read_token (PliSpan value)
{
  PliCursor c = pli_cursor (value);
  PliSpan token;

  pli_cursor_skip (&c, NULL);
  token = pli_span_head (pli_cursor_run (&c, PLI_CLASS_TOKEN), 255);
  return token.len > 0 ? token : pli_span (NULL, 0);
}

/* Makes texts of the raw values. */
static void
read_fields (Scan *s, PliMimePart *part, gboolean in_digest)
{
  PliSpan disposition = part->disposition;

  read_type (s, part, in_digest);
  part->encoding = read_token (part->encoding);
  part->disposition = read_token (disposition);
  if (part->disposition.data)
    {
      PliCursor c = pli_cursor (disposition);

      c.at = part->disposition.data + part->disposition.len;
      part->disposition_params = pli_params_parse (&c, &s->texts, &part->n_disposition_params);
    }
  part->id = pli_texts_take (&s->texts, part->id);
  part->description = pli_texts_take (&s->texts, part->description);
  part->md5 = pli_texts_take (&s->texts, part->md5);
  part->language = pli_texts_take (&s->texts, part->language);
  part->location = pli_texts_take (&s->texts, part->location);
}

static PliMimePart *
add_part (Scan *s, PliMimePart *parent, PliMimePart **last)
{
  PliMimePart *part = pli_arena_new0 (s->texts.arena, PliMimePart);

  part->parent = parent;
  part->header_offset = part->body_offset = s->pos;
  if (*last)
    (*last)->next = part;
  else
    parent->children = part;
  *last = part;
  if (s->parts_left > 0)
    s->parts_left--;
  return part;
}

/* A multipart must have a part: RFC 3501's grammar says so. */
static void
add_empty_part (Scan *s, PliMimePart *parent)
{
  PliMimePart *last = NULL, *part = add_part (s, parent, &last);

  part->type = PLI_SPAN ("text");
  part->subtype = PLI_SPAN ("plain");
  part->header_offset = part->body_offset = s->end;
}

static guint
scan_entity (Scan *s, const Boundary *stack, guint depth, gboolean is_message, gboolean in_digest, PliMimePart *part);

static guint
scan_multipart (Scan *s, const Boundary *stack, guint depth, PliMimePart *part)
{
  Boundary own = { { NULL, 0 }, stack ? stack->level + 1 : 1, stack };
  guint hit;
  PliMimePart *last = NULL;
  gboolean digest = pli_span_is_nocase (part->subtype, "digest");

  for (guint i = 0; i < part->n_params && !own.text.data; i++)
    if (pli_span_is_nocase (part->params[i].name, "boundary"))
      own.text = part->params[i].value;
  while (own.text.len > 0 && own.text.data[own.text.len - 1] == ' ')
    own.text.len--;
  hit = scan_lines (s, own.text.len > 0 ? &own : stack);
  while (hit == own.level && !s->closed && s->parts_left > 0)
    hit = scan_entity (s, &own, depth + 1, FALSE, digest, add_part (s, part, &last));
  if (hit == own.level)
    hit = scan_lines (s, stack);
  if (!last)
    add_empty_part (s, part);
  return hit;
}

/* Reads header and body at pos. Returns the boundary that ended the body, which may be one further out; 0 at the end
 * of the message. Recursion is bounded by depth_max. */
static guint
scan_entity (Scan *s, const Boundary *stack, guint depth, gboolean is_message, gboolean in_digest, PliMimePart *part)
{
  PliEnvelope *envelope = is_message ? pli_arena_new0 (s->texts.arena, PliEnvelope) : NULL;
  guint hit;
  guint64 lines;

  hit = scan_header (s, stack, part, envelope);
  part->envelope = envelope;
  part->body_offset = s->floor;
  part->header_len = s->floor - part->header_offset;
  lines = s->lines;
  read_fields (s, part, in_digest);
  if (part->kind != PLI_MIME_LEAF && (depth >= s->depth_max || s->parts_left == 0))
    {
      part->kind = PLI_MIME_LEAF;
      part->type = PLI_SPAN ("application");
      part->subtype = PLI_SPAN ("octet-stream");
      part->n_params = 0;
    }
  if (hit)
    {
      PliMimePart *last = NULL;

      if (part->kind == PLI_MIME_MULTIPART)
        add_empty_part (s, part);
      else if (part->kind == PLI_MIME_MESSAGE)
        {
          PliMimePart *child = add_part (s, part, &last);

          child->header_offset = child->body_offset = s->floor;
          child->envelope = pli_arena_new0 (s->texts.arena, PliEnvelope);
          read_fields (s, child, FALSE);
        }
      return hit;
    }
  if (part->kind == PLI_MIME_MULTIPART)
    hit = scan_multipart (s, stack, depth, part);
  else if (part->kind == PLI_MIME_MESSAGE)
    {
      PliMimePart *last = NULL;

      hit = scan_entity (s, stack, depth + 1, TRUE, FALSE, add_part (s, part, &last));
    }
  else
    hit = scan_lines (s, stack);
  part->body_len = s->end > part->body_offset ? s->end - part->body_offset : 0;
  part->lines = s->end_lines > lines ? s->end_lines - lines : 0;
  return hit;
}

PliMimePart *
pli_mime_scan (PliSpan message, const PliRenderLimits *limits, PliArena *arena)
{
  const PliRenderLimits standard = PLI_RENDER_LIMITS_DEFAULT;
  PliMimePart *root = pli_arena_new0 (arena, PliMimePart);
  Scan s = { 0 };

  limits = limits ? limits : &standard;
  s.base = message.len > 0 ? message.data : "";
  s.len = message.len;
  s.parts_left = limits->parts_max;
  s.depth_max = limits->depth_max;
  s.texts.arena = arena;
  s.texts.string_max = limits->string_max;
  s.texts.text_left = limits->text_max;
  scan_entity (&s, NULL, 0, TRUE, FALSE, root);
  return root;
}
