/* arena.c: bump allocation in blocks that double up to 64 KiB. Nothing is freed alone. One thread at a time. */
#include <pli/base.h>
#include <stddef.h>
#include <stdio.h>

#define FIRST_BYTES 1000
#define MOST_BYTES (64 * 1024)

typedef struct Block Block;
struct Block
{
  Block *next;
  gsize size, used;
  _Alignas(max_align_t) char data[];
};

struct PliArena
{
  Block *block; /* the one in use, then the older ones */
  gsize bytes;
};

static void
add_block (PliArena *a, gsize size)
{
  Block *block = g_malloc (sizeof (Block) + size);

  block->next = a->block;
  block->size = size;
  block->used = 0;
  a->block = block;
  a->bytes += sizeof (Block) + size;
}

PliArena *
pli_arena_new (void)
{
  return g_new0 (PliArena, 1);
}

void
pli_arena_free (PliArena *a)
{
  if (!a)
    return;
  for (Block *block = a->block, *next; block; block = next)
    {
      next = block->next;
      g_free (block);
    }
  g_free (a);
}

void
pli_arena_reset (PliArena *a)
{
  while (a->block && a->block->next)
    {
      Block *next = a->block->next;

      a->bytes -= sizeof (Block) + a->block->size;
      g_free (a->block);
      a->block = next;
    }
  if (a->block)
    a->block->used = 0;
}

gpointer
pli_arena_alloc (PliArena *a, gsize size)
{
  char *at;

  g_assert (size <= G_MAXSIZE / 4);
  size = (size + 15) & ~(gsize) 15;
  if (!a->block || a->block->size - a->block->used < size)
    {
      gsize want = a->block ? MIN (a->block->size * 2, MOST_BYTES) : FIRST_BYTES;

      add_block (a, MAX (want & ~(gsize) 15, size));
    }
  at = a->block->data + a->block->used;
  a->block->used += size;
  memset (at, 0, size);
  return at;
}

char *
pli_arena_strdup (PliArena *a, const char *text)
{
  return text ? pli_arena_text (a, pli_span_from (text)) : NULL;
}

char *
pli_arena_text (PliArena *a, PliSpan s)
{
  char *copy;

  if (!s.data)
    return NULL;
  copy = pli_arena_alloc (a, s.len + 1);
  memcpy (copy, s.data, s.len);
  return copy;
}

PliSpan
pli_arena_span (PliArena *a, PliSpan s)
{
  return pli_span (pli_arena_text (a, s), s.len);
}

char *
pli_arena_printf (PliArena *a, const char *format, ...)
{
  va_list args, again;
  char *text;
  int len;

  va_start (args, format);
  va_copy (again, args);
  len = vsnprintf (NULL, 0, format, args);
  va_end (args);
  g_assert (len >= 0);
  text = pli_arena_alloc (a, (gsize) len + 1);
  vsnprintf (text, (gsize) len + 1, format, again);
  va_end (again);
  return text;
}

gsize
pli_arena_bytes (const PliArena *a)
{
  return a->bytes;
}
