/* fake-clamd.h: something that listens where a clamd should be, in a thread of the test: it behaves, or it does not. Real
 * sockets, so that what the filter writes is what a clamd would get. */
#ifndef PLI_TEST_FAKE_CLAMD_H
#define PLI_TEST_FAKE_CLAMD_H

#include <glib.h>

typedef enum
{
  CLAMD_REPLY,       /* reads all, then says `reply` */
  CLAMD_EARLY,       /* says `reply`, and never reads */
  CLAMD_CLOSE,       /* closes at once */
  CLAMD_CLOSE_LATER, /* reads all, then closes without a word */
  CLAMD_SILENT,      /* reads all and never answers */
  CLAMD_DEAF,        /* never reads nor answers */
  CLAMD_MEGABYTE,    /* reads all, then says 1 MB without an end */
  CLAMD_BYTES,       /* reads all, then says `reply` a byte at a time */
} ClamdMode;

typedef struct
{
  guint16 port; /* of 127.0.0.1 */
  ClamdMode mode;
  const char *reply;
  gsize reply_len;
  /* What it was sent; when the client has been answered. */
  GString *command, *message;
  guint chunks, largest, connections;
  /* Its own. */
  int fd;
  gint stopping;
  GThread *thread;
} FakeClamd;

/* @reply: with a NUL at its end, which counts. */
#define fake_clamd_new(mode, reply) fake_clamd_start (mode, reply, sizeof reply)
FakeClamd *fake_clamd_start (ClamdMode mode, const char *reply, gsize reply_len);
/* Ends the thread and its connections. */
void fake_clamd_free (FakeClamd *clamd);

#endif
