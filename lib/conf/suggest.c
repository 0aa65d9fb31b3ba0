/* suggest.c: the nearest word, by optimal string alignment (a swap of neighbours counts once). Words are short: what is
 * longer than 63 bytes gets no suggestion. Any thread. */
#include "conf/suggest.h"

#define WORD_MAX 63

static guint
distance (const char *a, const char *b)
{
  guint8 rows[3][WORD_MAX + 1];
  guint8 *before = rows[0], *above = rows[1], *row = rows[2];
  gsize a_len = strlen (a), b_len = strlen (b);

  if (a_len > WORD_MAX || b_len > WORD_MAX)
    return G_MAXUINT8;
  for (gsize j = 0; j <= b_len; j++)
    above[j] = (guint8) j;
  for (gsize i = 1; i <= a_len; i++)
    {
      guint8 *spare = before;

      row[0] = (guint8) i;
      for (gsize j = 1; j <= b_len; j++)
        {
          guint best = above[j - 1] + (a[i - 1] != b[j - 1]);

          best = MIN (best, MIN (above[j], row[j - 1]) + 1u);
          if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            best = MIN (best, before[j - 2] + 1u);
          row[j] = (guint8) best;
        }
      before = above;
      above = row;
      row = spare;
    }
  return above[b_len];
}

const char *
pli_suggest (const char *word, const char *const *candidates)
{
  /* A third of the letters may be wrong, at least one, at most four. */
  guint best_distance = CLAMP ((guint) strlen (word) / 3, 1, 4) + 1;
  const char *best = NULL;

  for (; *candidates; candidates++)
    {
      guint away = distance (word, *candidates);

      if (away < best_distance)
        {
          best_distance = away;
          best = *candidates;
        }
    }
  return best;
}
