/* error.c: the error domain that all of Pli shares; codes are in <pli/base.h>. Any thread. */
#include <pli/base.h>

GQuark
pli_error_quark (void)
{
  return g_quark_from_static_string ("pli-error");
}
