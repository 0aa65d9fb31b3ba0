/* buffer.c: bytes that grow by doubling. One owner, one thread at a time. */
#include <pli/base.h>
#include <stdio.h>

char *
pli_buffer_reserve (PliBuffer *b, gsize more)
{
  if (b->size - b->len < more || !b->data)
    {
      gsize size = MAX (b->size, 64);

      g_assert (more <= G_MAXSIZE / 4 && b->len <= G_MAXSIZE / 4);
      while (size - b->len < more)
        size *= 2;
      b->data = g_realloc (b->data, size);
      b->size = size;
    }
  return b->data + b->len;
}

void
pli_buffer_add (PliBuffer *b, const void *data, gsize len)
{
  if (len == 0)
    return;
  memcpy (pli_buffer_reserve (b, len), data, len);
  b->len += len;
}

void
pli_buffer_add_span (PliBuffer *b, PliSpan s)
{
  pli_buffer_add (b, s.data, s.len);
}

void
pli_buffer_add_text (PliBuffer *b, const char *text)
{
  pli_buffer_add (b, text, strlen (text));
}

void
pli_buffer_add_char (PliBuffer *b, char c)
{
  *pli_buffer_reserve (b, 1) = c;
  b->len++;
}

void
pli_buffer_add_u64 (PliBuffer *b, guint64 n)
{
  char digits[20];
  gsize at = sizeof digits;

  do
    digits[--at] = (char) ('0' + n % 10);
  while ((n /= 10) > 0);
  pli_buffer_add (b, digits + at, sizeof digits - at);
}

void
pli_buffer_printf (PliBuffer *b, const char *format, ...)
{
  va_list args, again;
  int len;

  va_start (args, format);
  va_copy (again, args);
  len = vsnprintf (NULL, 0, format, args);
  va_end (args);
  g_assert (len >= 0);
  vsnprintf (pli_buffer_reserve (b, (gsize) len + 1), (gsize) len + 1, format, again);
  va_end (again);
  b->len += (gsize) len;
}

void
pli_buffer_drop (PliBuffer *b, gsize n)
{
  g_assert (n <= b->len);
  b->len -= n;
  if (b->len > 0 && n > 0)
    memmove (b->data, b->data + n, b->len);
}

void
pli_buffer_clear (PliBuffer *b)
{
  g_free (b->data);
  b->data = NULL;
  b->len = b->size = 0;
}
