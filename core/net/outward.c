/* outward.c: see outward.h. */
#include "net/outward.h"

#include <pli/log.h>

struct PliOutward
{
  PliPool *pool;
  PliTrust *system; /* NULL: not read yet */
};

static PliOutward *
outward_of (PliInstance *instance)
{
  if (!instance->outward)
    {
      instance->outward = g_new0 (PliOutward, 1);
      instance->outward->pool = pli_pool_new ();
    }
  return instance->outward;
}

void
pli_outward_reload (PliOutward *outward)
{
  if (outward)
    pli_trust_unref (g_steal_pointer (&outward->system));
}

void
pli_outward_free (PliOutward *outward)
{
  if (!outward)
    return;
  pli_outward_reload (outward);
  pli_pool_free (outward->pool);
  g_free (outward);
}

PliPool *
pli_outward_pool (PliInstance *instance)
{
  return outward_of (instance)->pool;
}

PliTrust *
pli_outward_trust (PliInstance *instance)
{
  PliOutward *outward = outward_of (instance);
  int n = 1;

  if (!outward->system)
    outward->system = pli_trust_system (&n);
  if (n <= 0)
    pli_log (PLI_LOG_WARNING, "tls.no-authorities", "why", n < 0 ? gnutls_strerror (n) : "none is installed", NULL);
  return pli_trust_ref (outward->system);
}
