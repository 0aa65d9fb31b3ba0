/* walls.c: see walls.h. Landlock limits files by path, seccomp limits system calls by room; unknown calls get ENOSYS, so
 * that libraries fall back instead of dying. */
#include "sys/walls.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than Debian 12's headers. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define READ_FILE (LANDLOCK_ACCESS_FS_READ_FILE)
#define READ_TREE (READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define LIBRARIES (READ_TREE | LANDLOCK_ACCESS_FS_EXECUTE)
#define WRITE_TREE                                                                                                     \
  (READ_TREE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE          \
   | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER                              \
   | LANDLOCK_ACCESS_FS_TRUNCATE)
#define ALL_ABI_1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

static gboolean
fail (GError **error, const char *what)
{
  g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "wall %s: %s", what, g_strerror (errno));
  return FALSE;
}

static guint64
handled_by (int abi)
{
  guint64 all = ALL_ABI_1;

  if (abi >= 2)
    all |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3)
    all |= LANDLOCK_ACCESS_FS_TRUNCATE;
  return all;
}

static gboolean
allow (int ruleset, const char *path, guint64 access, guint64 handled, GError **error)
{
  struct landlock_path_beneath_attr rule = { 0 };
  struct stat st;
  gboolean ok;

  rule.parent_fd = open (path, O_PATH | O_CLOEXEC);
  if (rule.parent_fd < 0)
    return errno == ENOENT || fail (error, path);
  if (fstat (rule.parent_fd, &st) < 0)
    g_error ("fstat: %s", g_strerror (errno));
  if (!S_ISDIR (st.st_mode))
    access &= READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;
  rule.allowed_access = access & handled;
  ok = syscall (SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
  if (!ok)
    fail (error, path);
  close (rule.parent_fd);
  return ok;
}

/* Libraries, locale and charset tables, time zones, name look-ups; and what the room was given. */
static const char *const library_paths[] = { "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", NULL };
static const char *const common_paths[] = { "/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo", "/etc/gnutls",
                                            "/etc/ssl/certs",   "/dev/urandom",   "/proc/self",          NULL };

static gboolean
raise_landlock (const PliWallSpec *spec, PliWalls *out, GError **error)
{
  int abi = (int) syscall (SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  struct landlock_ruleset_attr attr = { .handled_access_fs = handled_by (abi) };
  gboolean ok = TRUE;
  int ruleset;

  if (abi < 1)
    return TRUE; /* a kernel without it: said in the status */
  ruleset = (int) syscall (SYS_landlock_create_ruleset, &attr, sizeof attr.handled_access_fs, 0);
  if (ruleset < 0)
    return fail (error, "landlock");
  for (guint i = 0; ok && library_paths[i]; i++)
    ok = allow (ruleset, library_paths[i], LIBRARIES, attr.handled_access_fs, error);
  for (guint i = 0; ok && common_paths[i]; i++)
    ok = allow (ruleset, common_paths[i], READ_TREE, attr.handled_access_fs, error);
  ok = ok && allow (ruleset, "/dev/null", READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE, attr.handled_access_fs, error);
  for (guint i = 0; ok && spec->read_paths && spec->read_paths[i]; i++)
    ok = allow (ruleset, spec->read_paths[i], LIBRARIES, attr.handled_access_fs, error);
  for (guint i = 0; ok && spec->write_paths && spec->write_paths[i]; i++)
    ok = allow (ruleset, spec->write_paths[i], WRITE_TREE, attr.handled_access_fs, error);
  if (ok && syscall (SYS_landlock_restrict_self, ruleset, 0) < 0)
    ok = fail (error, "landlock");
  close (ruleset);
  out->landlock = ok;
  return ok;
}

/* A second set of rules, without a rule: what is open stays open, nothing else opens. */
static gboolean
forbid_files (GError **error)
{
  int abi = (int) syscall (SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  struct landlock_ruleset_attr attr = { .handled_access_fs = handled_by (abi) };
  int ruleset = (int) syscall (SYS_landlock_create_ruleset, &attr, sizeof attr.handled_access_fs, 0);
  gboolean ok = ruleset >= 0 && syscall (SYS_landlock_restrict_self, ruleset, 0) == 0;

  if (!ok)
    fail (error, "no files");
  if (ruleset >= 0)
    close (ruleset);
  return ok;
}

static gboolean
change_user (const PliWallSpec *spec, PliWalls *out, GError **error)
{
  if (spec->uid == 0)
    return TRUE;
  if (setgroups (spec->n_groups, spec->groups) < 0 || setresgid (spec->gid, spec->gid, spec->gid) < 0
      || setresuid (spec->uid, spec->uid, spec->uid) < 0)
    return fail (error, "user id");
  out->uid = TRUE;
  return TRUE;
}

/* System calls that no room makes; everything that is not listed as needed gets ENOSYS (unknown) or EPERM (known and
 * dangerous), so the list is of what is needed. */
static const char needed[] =
    "accept4 access arch_prctl brk capget clock_getres clock_gettime clock_nanosleep clone clone3 close "
    "close_range dup dup2 dup3 epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd2 exit "
    "exit_group faccessat faccessat2 fadvise64 fallocate fcntl fdatasync flock fstat fstatfs fsync ftruncate "
    "futex futex_waitv getcwd getdents64 getegid geteuid getgid getpeername getpid getppid getrandom getrusage "
    "getsockname getsockopt gettid gettimeofday getuid ioctl lseek lstat madvise membarrier memfd_create mkdir "
    "mkdirat mmap mprotect mremap munmap nanosleep newfstatat open openat openat2 pipe pipe2 poll ppoll prctl "
    "pread64 preadv preadv2 prlimit64 pwrite64 pwritev pwritev2 read readlink readlinkat readv recvfrom recvmmsg "
    "recvmsg rename renameat renameat2 restart_syscall rmdir rseq rt_sigaction rt_sigprocmask rt_sigreturn "
    "rt_sigtimedwait sched_getaffinity sched_getparam sched_getscheduler sched_setscheduler sched_getattr "
    "sched_setattr sched_yield seccomp sendmmsg sendmsg sendto set_robust_list set_tid_address setsockopt "
    "shutdown sigaltstack signalfd4 stat statfs statx sync_file_range syncfs sysinfo uname unlink unlinkat "
    "utimensat wait4 waitid write writev getpgrp getpgid setpriority getpriority mincore timerfd_create "
    "timerfd_settime";

/* Known calls that are refused aloud. kill is allowed to nobody; a room ends itself by exit or abort (tgkill on itself). */
static const char refused[] =
    "execve execveat ptrace process_vm_readv process_vm_writev io_uring_setup io_uring_enter io_uring_register "
    "kill tkill chmod fchmodat chown lchown fchownat truncate mount umount2 pivot_root chroot setns unshare bpf "
    "perf_event_open userfaultfd keyctl add_key init_module finit_module kexec_load reboot swapon "
    "open_by_handle_at socketpair listen";

/* Names that this machine's kernel interface does not have are passed over. */
static gboolean
add_all (scmp_filter_ctx filter, guint32 action, const char *names)
{
  g_auto (GStrv) name = g_strsplit (names, " ", -1);
  gboolean ok = TRUE;

  for (guint i = 0; ok && name[i]; i++)
    {
      int nr = seccomp_syscall_resolve_name (name[i]);

      if (nr != __NR_SCMP_ERROR && nr >= 0)
        ok = seccomp_rule_add (filter, action, nr, 0) == 0;
    }
  return ok;
}

/* Outward sockets are for `out`, and for directories in host rooms. The former binds to get ports that nobody can guess (RFC 5452 9.2); it cannot listen. */
static gboolean
add_socket_rules (scmp_filter_ctx filter, PliRoomKind room, const PliWallSpec *spec)
{
  static const int families[] = { AF_INET, AF_INET6, AF_UNIX };
  guint n = spec->path_sockets ? 3 : 2;
  gboolean ok = TRUE;

  if (room != PLI_ROOM_OUT && !spec->connects)
    return add_all (filter, SCMP_ACT_ERRNO (EPERM), "socket connect bind");
  for (guint i = 0; ok && i < n; i++)
    ok = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (socket), 1, SCMP_A0 (SCMP_CMP_EQ, (guint64) families[i]))
         == 0;
  return ok && add_all (filter, SCMP_ACT_ALLOW, room == PLI_ROOM_OUT ? "connect bind" : "connect");
}

static gboolean
add_rules (scmp_filter_ctx filter, PliRoomKind room, const PliWallSpec *spec)
{
  gboolean ok = add_all (filter, SCMP_ACT_ALLOW, needed) && add_all (filter, SCMP_ACT_ERRNO (EPERM), refused);

  /* abort() signals the process itself; no room may signal another. */
  ok = ok
       && seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (tgkill), 1, SCMP_A0 (SCMP_CMP_EQ, (guint64) getpid ()))
              == 0;
  ok = ok && add_socket_rules (filter, room, spec);
  /* The second set of Landlock rules comes later; it can only take away. */
  if (ok && room == PLI_ROOM_HOST)
    ok = add_all (filter, SCMP_ACT_ALLOW, "landlock_create_ruleset landlock_restrict_self");
  /* fchmod and fchown of own descriptors: SQLite. */
  if (ok && (room == PLI_ROOM_STORE || room == PLI_ROOM_QUEUE || room == PLI_ROOM_AUTH || room == PLI_ROOM_ADMIN))
    ok = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (fchmod), 0) == 0
         && seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (fchown), 0) == 0;
  /* A message that is copied within a Maildir gets another name. */
  if (ok && room == PLI_ROOM_STORE)
    ok = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (linkat), 0) == 0;
  return ok;
}

static gboolean
raise_seccomp (PliRoomKind room, const PliWallSpec *spec, PliWalls *out, GError **error)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ERRNO (ENOSYS));
  gboolean ok = filter && add_rules (filter, room, spec) && seccomp_attr_set (filter, SCMP_FLTATR_CTL_NNP, 0) == 0
                && seccomp_load (filter) == 0;

  if (!ok)
    fail (error, "seccomp");
  seccomp_release (filter);
  out->seccomp = ok;
  return ok;
}

static void
assert_alone (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  if (n > 1)
    g_error ("walls are raised in a process with %u threads", n);
}

/* A sanitizer's shadow memory alone is more than any limit. */
static gboolean
limit_memory (const PliWallSpec *spec, PliWalls *out, GError **error)
{
#ifndef __SANITIZE_ADDRESS__
  g_autofree char *text = NULL;
  struct rlimit limit;

  if (spec->memory_bytes == 0)
    return TRUE;
  if (!g_file_get_contents ("/proc/self/statm", &text, NULL, error))
    return FALSE;
  limit.rlim_cur = limit.rlim_max =
      (rlim_t) (g_ascii_strtoull (text, NULL, 10) * (guint64) sysconf (_SC_PAGESIZE) + spec->memory_bytes);
  if (setrlimit (RLIMIT_AS, &limit) < 0)
    return fail (error, "memory");
  out->memory = TRUE;
#else
  (void) spec;
  (void) out;
  (void) error;
#endif
  return TRUE;
}

gboolean
pli_walls_raise (PliRoomKind room, const PliWallSpec *spec, PliWalls *out, GError **error)
{
  struct rlimit no_core = { 0, 0 };

  assert_alone ();
  memset (out, 0, sizeof *out);
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return fail (error, "no_new_privs");
  out->no_new_privs = TRUE;
  if (!raise_landlock (spec, out, error) || !change_user (spec, out, error))
    return FALSE;
  if (prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || setrlimit (RLIMIT_CORE, &no_core) < 0)
    return fail (error, "limits");
  out->no_files = spec->no_files && out->landlock;
  return limit_memory (spec, out, error) && raise_seccomp (room, spec, out, error);
}

gboolean
pli_walls_no_new_code (PliWalls *walls, GError **error)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);
  gboolean ok = filter
                && seccomp_rule_add (filter, SCMP_ACT_ERRNO (EACCES), SCMP_SYS (mmap), 1,
                                     SCMP_A2 (SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC))
                       == 0
                && seccomp_rule_add (filter, SCMP_ACT_ERRNO (EACCES), SCMP_SYS (mprotect), 1,
                                     SCMP_A2 (SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC))
                       == 0
                && seccomp_attr_set (filter, SCMP_FLTATR_CTL_NNP, 0) == 0
                /* Threads of the pool may exist by now. */
                && seccomp_attr_set (filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 && seccomp_load (filter) == 0;

  if (!ok)
    fail (error, "no new code");
  seccomp_release (filter);
  walls->no_new_code = ok;
  return ok && (!walls->no_files || forbid_files (error));
}

char *
pli_walls_text (const PliWalls *walls)
{
  return g_strdup_printf ("%s%s%s%s%s%s%s", walls->landlock ? "landlock " : "",
                          walls->no_new_privs ? "no-new-privs " : "", walls->uid ? "uid " : "",
                          walls->seccomp ? "seccomp " : "", walls->no_new_code ? "no-new-code" : "",
                          walls->no_files ? " no-files" : "", walls->memory ? " memory" : "");
}
