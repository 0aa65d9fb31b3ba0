/* list.h: the grammar of what lists are written as, and of the names that they are asked. No I/O. */
#ifndef DNSBL_LIST_H
#define DNSBL_LIST_H

#include <pli/base.h>

#define DNSBL_NAME_MAX 253

typedef struct
{
  const char *zone;  /* in lower case */
  guint32 low, high; /* answers that count, as numbers */
  gint weight;       /* not 0 */
} DnsblList;

/**
 * dnsbl_list_parse:
 * @word: "zen.example", "zen.example=2", "dnsbl.example:127.0.0.4=3", "dnsbl.example:127.0.0.2-127.0.0.5=-1"
 * @out: (out): texts in @arena
 *
 * Without answers those of 127.0.0.0/8 count that mean "listed": not 127.0.0.1, which a working list never says, and not
 * 127.255.255.0/24, by which lists say that they do not answer us. Without a weight: 1.
 *
 * RFC: 5782 section 2.1.
 */
gboolean dnsbl_list_parse (const char *word, PliArena *arena, DnsblList *out);
/* Whether the answer @address counts. */
gboolean dnsbl_list_matches (const DnsblList *list, const char *address);
/* Neither "listed" nor "not listed": outside 127.0.0.0/8, or an error code. */
gboolean dnsbl_answer_is_fault (const char *address);

/* The name to ask @zone for: (transfer none) in @arena, NULL when there is none. RFC 5782 2.1 and 2.4. */
const char *dnsbl_name_of_address (PliArena *arena, const char *address, const char *zone);
/* @domain: as a client wrote it; NULL for what is no domain. RFC 5782 2.2. */
const char *dnsbl_name_of_domain (PliArena *arena, const char *domain, const char *zone);

#endif
