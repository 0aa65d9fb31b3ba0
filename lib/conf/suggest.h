/* suggest.h: "did you mean…": the nearest of some words to one that is not known. Internal to core. Any thread. */
#ifndef PLI_CONF_SUGGEST_H
#define PLI_CONF_SUGGEST_H

#include <pli/base.h>

/* (transfer none): the candidate nearest to @word by Damerau-Levenshtein distance, NULL when none is near enough to be
 * a slip of the finger. @candidates: NULL-terminated. */
const char *pli_suggest (const char *word, const char *const *candidates);

#endif
