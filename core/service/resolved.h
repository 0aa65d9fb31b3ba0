/* resolved.h: what the directory said lately, so that mail to the same people does not ask auth each time. Internal to
 * core. Loop thread. */
#ifndef PLI_SERVICE_RESOLVED_H
#define PLI_SERVICE_RESOLVED_H

#include "service/method.h"

PliResolved *pli_resolved_new (void);
void pli_resolved_free (PliResolved *resolved);
/* Packed PliResolveResult, or {NULL, 0}. */
PliSpan pli_resolved_find (PliResolved *resolved, const char *address, gint64 now_us);
/* Keeps only answers that a change of the directory cannot turn from "no" to "yes". */
void pli_resolved_keep (PliResolved *resolved, const char *address, const PliResolveResult *result, gint64 now_us);
/* The directory has changed, or auth is another one. NULL is fine. */
void pli_resolved_forget (PliResolved *resolved);

#endif
