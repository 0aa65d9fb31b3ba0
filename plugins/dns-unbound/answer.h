/* answer.h: names as they are asked, and answers as they come (RFC 1035 4): pure, any thread. */
#ifndef DNS_UNBOUND_ANSWER_H
#define DNS_UNBOUND_ANSWER_H

#include <pli/dns.h>

#define DNS_NAME_MAX 253 /* characters, without a dot at the end */

/* (transfer full): the name to ask for: @name itself; for PTR the address turned around, below in-addr.arpa or ip6.arpa.
 * NULL when it cannot be asked. */
char *dns_question (const char *name, guint32 type);

#define DNS_RCODE_NXDOMAIN 3
const char *dns_rcode_text (int rcode);

/**
 * dns_answer_parse:
 * @packet: a message in wire format; trusted for nothing
 * @type: what was asked
 * @records_max: records of @type that may be in it
 * @out: status, rows and ttl_us are set; texts lie in @arena
 *
 * Follows CNAMEs from the question to the records wanted. Names come in lower case.
 *
 * Errors: %PLI_ERROR_TRY_AGAIN: malformed, or a failure of the server; %PLI_ERROR_LIMIT.
 * RFC: 1035 section 4.1; 2308 section 5 for the ttl of what is not there.
 */
gboolean
dns_answer_parse (PliSpan packet, guint32 type, guint records_max, PliArena *arena, PliDnsResult *out, GError **error);

#endif
