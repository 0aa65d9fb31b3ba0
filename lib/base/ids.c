/* ids.c: ids that sort by time and cannot be guessed: 48 bits of milliseconds and 80 random bits, in Crockford's
 * base 32, lower case. Randomness comes from the kernel. Any thread. */
#include <errno.h>
#include <pli/base.h>
#include <sys/random.h>

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

void
pli_id_new (char out[PLI_ID_LEN + 1], gint64 now_us)
{
  guint64 ms = (guint64) now_us / 1000;
  guint8 noise[10];
  gsize have = 0;
  guint64 bits = 0;
  guint n_bits = 0, at = 10;

  while (have < sizeof noise)
    {
      ssize_t got = getrandom (noise + have, sizeof noise - have, 0);

      if (got < 0)
        g_assert (errno == EINTR);
      else
        have += (gsize) got;
    }
  for (guint i = 0; i < 10; i++)
    out[i] = alphabet[(ms >> (45 - 5 * i)) & 31];
  for (guint i = 0; i < sizeof noise; i++)
    {
      bits = bits << 8 | noise[i];
      n_bits += 8;
      while (n_bits >= 5)
        {
          n_bits -= 5;
          out[at++] = alphabet[(bits >> n_bits) & 31];
        }
    }
  out[PLI_ID_LEN] = 0;
}

gboolean
pli_id_valid (PliSpan s)
{
  if (s.len != PLI_ID_LEN)
    return FALSE;
  for (gsize i = 0; i < s.len; i++)
    if (!s.data[i] || !strchr (alphabet, s.data[i]))
      return FALSE;
  return TRUE;
}
