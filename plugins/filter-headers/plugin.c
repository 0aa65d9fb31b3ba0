/* plugin.c: filter-headers, which completes and cleans the header of what our own users send. */
#include "headers.h"
#include <pli/plugin.h>

static const PliSetting settings[] = {
  PLI_BOOL (Headers, add_message_id, "yes", .flags = PLI_RELOAD,
            .doc = "Whether a message without Message-ID gets one.", .rfc = "RFC 6409 8.3"),
  PLI_BOOL (Headers, add_date, "yes", .flags = PLI_RELOAD, .doc = "Whether a message without Date gets one.",
            .rfc = "RFC 6409 8.2"),
  PLI_BOOL (Headers, remove_bcc, "yes", .flags = PLI_RELOAD,
            .doc = "Whether Bcc fields are removed before anybody reads them.", .rfc = "RFC 5322 3.6.3"),
  { 0 }
};

static const char *const rights[] = { "edit-headers", NULL };

static const PliFilter filter = { .size = sizeof (PliFilter), .on_message = headers_on_message };
static const PliService services[] = { PLI_FILTER ("headers", &filter), { 0 } };

PLI_PLUGIN (filter_headers, .name = "filter-headers", .version = "1",
            .summary = "Completes the header of submitted mail", .rights = rights, .settings = settings,
            .settings_size = sizeof (Headers), .services = services);
