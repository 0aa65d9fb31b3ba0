/* service/ledger.h: the room's side of telling. Internal to core. Loop thread. */
#ifndef PLI_SERVICE_LEDGER_H
#define PLI_SERVICE_LEDGER_H

#include "loop/instance.h"

PliTellings *pli_tellings_new (PliInstance *instance);
/* Sends what has gathered. */
void pli_tellings_flush (PliTellings *tellings);
void pli_tellings_free (PliTellings *tellings);

#endif
