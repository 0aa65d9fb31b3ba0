/* skeleton.cc: what plugins/skeleton does, in C++20: proves that the headers, and descriptors written without C's macros,
 * are enough. Built by tests/check/skeletons. */
#include <pli/filter.h>

#include <cstddef>

namespace {

struct Tarry
{
  gint64 wait; // µs
};

const PliSetting settings[] = {
  { .type = PLI_TYPE_DURATION,
    .name = "wait",
    .offset = offsetof (Tarry, wait),
    .value = "4s",
    .min = 0,
    .max = 60 * G_USEC_PER_SEC,
    .choices = nullptr,
    .flags = PLI_RELOAD,
    .doc = "Delay before each recipient is answered.",
    .rfc = nullptr },
  {},
};

PliStep
on_rcpt (PliOp *op, PliTxn *txn, const PliRcptArgs *, PliVerdict *)
{
  auto set = static_cast<const Tarry *> (pli_txn_settings (txn, PLI_SELF));

  if (set->wait == 0)
    return PLI_DONE;
  pli_op_done_after (pli_op_wait (op), set->wait);
  return PLI_WAIT;
}

const PliFilter filter = { .size = sizeof (PliFilter), .on_rcpt = on_rcpt };
const PliService services[] = { PLI_FILTER ("tarry", &filter), {} };

} // namespace

extern "C" {
PLI_API extern const PliPluginInfo skeleton_cc_LTX_pli_plugin;
const PliPluginInfo skeleton_cc_LTX_pli_plugin = {
  .magic = PLI_PLUGIN_MAGIC,
  .abi_major = PLI_ABI_MAJOR,
  .abi_minor = PLI_ABI_MINOR,
  .size = sizeof (PliPluginInfo),
  .setting_stride = sizeof (PliSetting),
  .service_stride = sizeof (PliService),
  .name = "skeleton-cc",
  .version = "1",
  .summary = "Delays recipients; in C++",
  .licence = "MIT",
  .settings = settings,
  .settings_size = sizeof (Tarry),
  .services = services,
};
}
