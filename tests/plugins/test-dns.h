/* test-dns.h: a DNS of the test's own, as a plugin that is linked in: it answers from a script, and tells what it was
 * asked. For filters that look names up. Thread: loop. */
#ifndef PLI_TEST_DNS_H
#define PLI_TEST_DNS_H

#include <pli/dns.h>
#include <pli/plugin.h>

extern const PliPluginInfo test_dns_LTX_pli_plugin;

/* "A 1.2.0.192.zen.test 127.0.0.2" a line; several values on one line, separated by spaces, or by `|` for TXT; "later"
 * fails, "never" does not answer; "slow" in front of the values: after a second. What is not there: NXDOMAIN. */
void test_dns_script (const char *lines);
/* Questions since the last test_dns_script(), "A 1.2.0.192.zen.test" a line, in order. */
const char *test_dns_asked (void);
/* Most questions that waited for an answer at the same time. */
guint test_dns_most (void);

#endif
