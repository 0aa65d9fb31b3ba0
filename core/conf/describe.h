/* describe.h: what is generated from setting rows: conf.d templates, docs/settings, JSON. Internal to core. */
#ifndef PLI_CONF_DESCRIBE_H
#define PLI_CONF_DESCRIBE_H

#include "conf/config.h"

#include <jansson.h>

/* Text of conf.d/NN-<name>.conf: every setting commented out, with its sentence, default, range and RFC. */
void pli_describe_conf (PliBuffer *out, const char *title, const char *summary, const PliConfigTable *tables,
                        gsize n_tables);
/* docs/settings/<name>.md. */
void pli_describe_markdown (PliBuffer *out, const char *title, const char *summary, const PliConfigTable *tables,
                            gsize n_tables);
/* (transfer full): array of groups with their settings, for `plugin describe --json`. */
json_t *pli_describe_json (const PliConfigTable *tables, gsize n_tables);
/* "10 to 100", "yes or no", "one of a, b, c", "at least 1KiB"; appends what is allowed. */
void pli_describe_range (PliBuffer *out, const PliSetting *row);
/* Value in the field's unit as a person writes it: 4096 → "4KiB", 90000000 → "90s". */
void pli_describe_number (PliBuffer *out, PliType type, gint64 value);

#endif
