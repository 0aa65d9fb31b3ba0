/* state.h: small things that all rooms share and that expire: greylist keys, rates, counters; kept by `state-*` plugins in
 * the room `admin`.
 *
 * Keys live in a space, which is the name of the plugin that asks. One call is one step: nobody sees half of it. State
 * survives a restart of the server, but the last seconds may be lost in a power cut. A plugin that asks declares the
 * need "state". Thread: loop. */
#ifndef PLI_STATE_H
#define PLI_STATE_H

#include <pli/op.h>
#include <pli/plugin.h>

G_BEGIN_DECLS

typedef enum
{
  PLI_STATE_GET,
  PLI_STATE_PUT,     /* value, whatever was there; a new time to live */
  PLI_STATE_PUT_NEW, /* only when nothing is there; the result says what is there now */
  PLI_STATE_ADD,     /* adds to the count; what is new begins at 0 with the time to live, what is there keeps its own */
  PLI_STATE_DELETE,
} PliStateVerb;

typedef struct
{
  const char *space; /* set by the façade */
  guint32 verb;      /* PliStateVerb */
  const char *key;   /* at most 512 bytes */
  PliSpan value;     /* at most 4 KiB */
  gint64 add;
  gint64 ttl_us;
} PliStateArgs;

typedef struct
{
  gboolean found; /* it was there before this call */
  PliSpan value;  /* as it is after this call */
  gint64 count;
  gint64 made_us, expires_us; /* µs since 1970; 0 when nothing is there */
} PliStateResult;

typedef struct
{
  gsize size;
  /* PLI_ERROR_QUOTA: the space is full; PLI_ERROR_PERMANENT: key or value too long. */
  PliStep (*step) (PliOp *op, gpointer self, const PliStateArgs *args, PliStateResult *result);
} PliState;

PLI_API PliCall *pli_state_step (PliPlugin *plugin, const PliStateArgs *args, PliDone done, gpointer user);

G_END_DECLS

#endif
