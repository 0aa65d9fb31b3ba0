/* answer.c: see answer.h. */
#include "answer.h"

#include <arpa/inet.h>

#define HEADER 12
#define POINTERS_MAX 128
#define TTL_MAX (24 * 3600)
#define TYPE_SOA 6
#define CLASS_IN 1
/* Each byte of a name may need three digits and a backslash. */
#define TEXT_SIZE (4 * 256)

/* Questions */

static char *
turn_around (const char *address)
{
  guint8 bytes[16];
  GString *name;

  if (inet_pton (AF_INET, address, bytes) == 1)
    return g_strdup_printf ("%u.%u.%u.%u.in-addr.arpa", bytes[3], bytes[2], bytes[1], bytes[0]);
  if (inet_pton (AF_INET6, address, bytes) != 1)
    return NULL;
  name = g_string_new (NULL);
  for (gint i = 15; i >= 0; i--)
    g_string_append_printf (name, "%x.%x.", bytes[i] & 15, bytes[i] >> 4);
  g_string_append (name, "ip6.arpa");
  return g_string_free (name, FALSE);
}

/* Printable ASCII but for what libunbound takes as an escape; underscores and more are in use. */
static gboolean
can_be_asked (const char *name)
{
  gsize label = 0, len = 0;

  for (; name[len]; len++)
    {
      if (len >= DNS_NAME_MAX || name[len] <= ' ' || name[len] >= 127 || strchr ("\\\"();@$", name[len]))
        return FALSE;
      label = name[len] == '.' ? 0 : label + 1;
      if (label > 63 || (label == 0 && (len == 0 || name[len - 1] == '.')))
        return FALSE;
    }
  return label > 0;
}

char *
dns_question (const char *name, guint32 type)
{
  switch (type)
    {
    case PLI_DNS_PTR:
      return turn_around (name);
    case PLI_DNS_A:
    case PLI_DNS_AAAA:
    case PLI_DNS_CNAME:
    case PLI_DNS_MX:
    case PLI_DNS_TXT:
    case PLI_DNS_TLSA:
      return can_be_asked (name) ? g_strdup (name) : NULL;
    default:
      return NULL;
    }
}

/* Answers */

const char *
dns_rcode_text (int rcode)
{
  static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED" };

  return rcode >= 0 && rcode < (int) G_N_ELEMENTS (names) ? names[rcode] : "an error";
}

typedef struct
{
  PliSpan packet;
  gsize at;
  gboolean bad;
} Reader;

static guint32
take (Reader *r, guint bytes)
{
  guint32 n = 0;

  if (r->bad || r->at > r->packet.len || r->packet.len - r->at < bytes)
    {
      r->bad = TRUE;
      return 0;
    }
  for (guint i = 0; i < bytes; i++)
    n = n << 8 | (guint8) r->packet.data[r->at++];
  return n;
}

static void
add_label (const guint8 *label, gsize len, char text[TEXT_SIZE], gsize *at)
{
  if (*at > 0)
    text[(*at)++] = '.';
  for (gsize i = 0; i < len; i++)
    {
      char c = g_ascii_tolower ((char) label[i]);

      if (c > ' ' && c < 127 && c != '.' && c != '\\')
        text[(*at)++] = c;
      else
        *at += (gsize) g_snprintf (text + *at, 5, "\\%03u", label[i]);
    }
}

/* RFC 1035 4.1.4. The length of all labels is bounded, and so is the number of jumps. */
static void
take_name (Reader *r, char text[TEXT_SIZE])
{
  const guint8 *bytes = (const guint8 *) r->packet.data;
  gsize at = r->at, sum = 0, written = 0;
  guint jumps = 0;

  while (!r->bad)
    {
      guint8 len;

      if (at >= r->packet.len)
        break;
      len = bytes[at++];
      if (len == 0)
        {
          text[written] = 0;
          if (jumps == 0)
            r->at = at;
          return;
        }
      if (len >= 0xc0 && at < r->packet.len && jumps < POINTERS_MAX)
        {
          if (jumps++ == 0)
            r->at = at + 1;
          at = (gsize) (len & 0x3f) << 8 | bytes[at];
          continue;
        }
      sum += len + 1u;
      if (len > 63 || sum > 254 || r->packet.len - at < len)
        break;
      add_label (bytes + at, len, text, &written);
      at += len;
    }
  text[0] = 0;
  r->bad = TRUE;
}

/* One resource record; its data is read by a reader of its own, which sees the whole packet for the sake of names. */
typedef struct
{
  char owner[TEXT_SIZE];
  guint32 type, class, ttl;
  gsize begin, end;
} Record;

static gboolean
take_record (Reader *r, Record *record)
{
  gsize len;

  take_name (r, record->owner);
  record->type = take (r, 2);
  record->class = take (r, 2);
  record->ttl = take (r, 4);
  len = take (r, 2);
  if (r->bad || r->packet.len - r->at < len)
    {
      r->bad = TRUE;
      return FALSE;
    }
  record->begin = r->at;
  record->end = r->at += len;
  return TRUE;
}

/* The strings of a TXT put together; a NUL would end the text, and nothing that mail reads has one. */
static gboolean
txt_text (PliSpan data, PliArena *arena, PliDnsRow *row)
{
  char *text = pli_arena_alloc (arena, data.len + 1);
  gsize at = 0, written = 0;

  while (at < data.len)
    {
      gsize len = (guint8) data.data[at++];

      if (len > data.len - at)
        return FALSE;
      for (gsize i = 0; i < len; i++, at++)
        text[written++] = data.data[at] ? data.data[at] : '?';
    }
  row->text = text;
  return TRUE;
}

static gboolean
name_text (Reader *r, PliSpan packet, const Record *record, gsize skip, PliArena *arena, PliDnsRow *row)
{
  char text[TEXT_SIZE];

  r->packet = pli_span_head (packet, record->end);
  r->at = record->begin + skip;
  take_name (r, text);
  row->text = pli_arena_strdup (arena, text);
  return !r->bad && r->at == record->end;
}

static gboolean
fill_row (PliSpan packet, const Record *record, PliArena *arena, PliDnsRow *row)
{
  PliSpan data = pli_span (packet.data + record->begin, record->end - record->begin);
  Reader r = { packet, record->begin, FALSE };
  char text[INET6_ADDRSTRLEN];

  row->data = pli_arena_span (arena, data);
  switch (record->type)
    {
    case PLI_DNS_A:
    case PLI_DNS_AAAA:
      if (data.len != (record->type == PLI_DNS_A ? 4 : 16))
        return FALSE;
      inet_ntop (record->type == PLI_DNS_A ? AF_INET : AF_INET6, data.data, text, sizeof text);
      row->text = pli_arena_strdup (arena, text);
      return TRUE;
    case PLI_DNS_MX:
      row->preference = take (&r, 2);
      return data.len > 2 && name_text (&r, packet, record, 2, arena, row);
    case PLI_DNS_TXT:
      return txt_text (data, arena, row);
    case PLI_DNS_CNAME:
    case PLI_DNS_PTR:
      return name_text (&r, packet, record, 0, arena, row);
    default:
      return TRUE;
    }
}

typedef struct
{
  PliSpan packet;
  guint32 type;
  guint records_max;
  PliArena *arena;
  GArray *rows;
  char wanted[TEXT_SIZE]; /* whose records count: the question's name, or where its CNAMEs lead */
  guint32 ttl;
} Collecting;

static gboolean
collect (Collecting *c, const Record *record, GError **error)
{
  PliDnsRow row = { 0 };

  if (record->class != CLASS_IN || strcmp (record->owner, c->wanted) != 0
      || (record->type != c->type && record->type != PLI_DNS_CNAME))
    return TRUE;
  if (!fill_row (c->packet, record, c->arena, &row))
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "the answer has a malformed record");
      return FALSE;
    }
  c->ttl = MIN (c->ttl, record->ttl);
  if (record->type != c->type)
    {
      g_strlcpy (c->wanted, row.text, sizeof c->wanted);
      return TRUE;
    }
  if (c->rows->len >= c->records_max)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_LIMIT, "the answer has more than %u records", c->records_max);
      return FALSE;
    }
  g_array_append_val (c->rows, row);
  return TRUE;
}

/* RFC 2308 5: what is not there may be remembered as long as the SOA beside it says. */
static guint32
negative_ttl (Reader *r, guint n)
{
  char name[TEXT_SIZE];
  Record record;
  guint32 minimum = 0;

  while (n-- > 0 && take_record (r, &record))
    if (record.type == TYPE_SOA)
      {
        Reader soa = { pli_span_head (r->packet, record.end), record.begin, FALSE };

        take_name (&soa, name);
        take_name (&soa, name);
        for (guint i = 0; i < 5; i++)
          minimum = take (&soa, 4);
        return MIN (minimum, record.ttl);
      }
  return 0;
}

gboolean
dns_answer_parse (PliSpan packet, guint32 type, guint records_max, PliArena *arena, PliDnsResult *out, GError **error)
{
  Reader r = { packet, 4, FALSE };
  guint questions = take (&r, 2), answers = take (&r, 2), authorities = take (&r, 2);
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (PliDnsRow));
  Collecting c = { packet, type, records_max, arena, rows, "", TTL_MAX };
  Record record;
  int rcode;

  r.at = HEADER;
  r.bad |= packet.len < HEADER || questions != 1;
  rcode = r.bad ? 0 : packet.data[3] & 15;
  if (rcode != 0 && rcode != DNS_RCODE_NXDOMAIN)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s", dns_rcode_text (rcode));
      return FALSE;
    }
  take_name (&r, c.wanted);
  take (&r, 4);
  for (guint i = 0; i < answers && take_record (&r, &record); i++)
    if (!collect (&c, &record, error))
      return FALSE;
  if (r.bad)
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "the answer is malformed");
      return FALSE;
    }
  out->status = rows->len > 0 ? PLI_DNS_FOUND : rcode == 0 ? PLI_DNS_NO_DATA : PLI_DNS_NO_NAME;
  if (rows->len == 0)
    {
      guint32 ttl = negative_ttl (&r, authorities);

      c.ttl = MIN (c.ttl, ttl);
    }
  out->rows = pli_arena_array (arena, PliDnsRow, rows->len + 1);
  if (rows->len > 0)
    memcpy ((PliDnsRow *) out->rows, rows->data, rows->len * sizeof (PliDnsRow));
  out->n_rows = rows->len;
  out->ttl_us = c.ttl * (gint64) G_USEC_PER_SEC;
  return TRUE;
}
