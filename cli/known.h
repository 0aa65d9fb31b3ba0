/* known.h: everything that settings may say: the tables of core and of all plugins that are installed. Internal to the
 * program. */
#ifndef PLI_CLI_KNOWN_H
#define PLI_CLI_KNOWN_H

#include "conf/config.h"
#include "plugin/registry.h"

typedef struct
{
  PliInstance *instance;
  PliRegistry *registry; /* plugins are opened, not loaded */
  GArray *tables;        /* PliConfigTable */
  guint n_broken;        /* plugins that cannot be opened; said on stderr */
} PliKnown;

PliKnown *pli_known_new (const char *root);
void pli_known_free (PliKnown *known);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PliKnown, pli_known_free)

/* The table of @group that has @key; or, @key NULL, its first. NULL and an error with a suggestion. */
const PliConfigTable *pli_known_find (const PliKnown *known, const char *group, const char *key, GError **error);

#endif
