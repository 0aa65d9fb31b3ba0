/* power.c: a disk that forgets, preloaded under the program (LD_PRELOAD): every change of a file or folder below
 * $PLI_POWER_DATA is done at once, and noted in the journal $PLI_POWER_JOURNAL with what was there before, until a sync
 * covers it. undo.py takes back a random part of what no sync covered.
 *
 * The model is strict: fsync() and fdatasync() of a file cover its writes and size that were done before the call, and
 * nothing of its name; fsync() of a folder covers the names made, changed and removed in it; syncfs() covers all;
 * sync_file_range() covers nothing. Real syncs are not made, but each takes $PLI_POWER_SYNC_US µs at most.
 *
 * The journal is a shared mapping of all processes, made before the rooms raise their walls. One lock (robust: its owner
 * may be killed) orders all operations. When `count` reaches `cut_at` the power is out: from then on no operation
 * happens, its caller waits for ever, and the test kills all at leisure. What is removed or replaced by a rename is put
 * aside in the same folder, under a name that begins with GONE. Writes by stdio of libc itself are not seen. */
#include "power.h"

#include <pthread.h>
#include <sys/mman.h>

/* Layout is known to undo.py too. */
typedef struct
{
  uint32_t total, kind;
  uint64_t covered; /* by a sync */
  uint64_t folder, inode, offset, bytes, old_size, data_bytes;
  /* data_bytes bytes, or names, each ended by NUL; padded to 8 */
} Note;

typedef struct
{
  uint64_t magic, size, tail, count, cut_at, cut, syncs, full;
  uint64_t first; /* offset of the first note that no sync covers */
  pthread_mutex_t lock;
} Head;

#define MAGIC 0x31524557u
#define HEAD_BYTES 4096

static Head *head;
static char data[PATH_MAX];
static size_t data_len;
static long sync_us_max;

__attribute__ ((constructor)) static void
power_on (void)
{
  const char *path = getenv ("PLI_POWER_JOURNAL"), *folder = getenv ("PLI_POWER_DATA"),
             *us = getenv ("PLI_POWER_SYNC_US");
  struct stat st;
  pthread_mutexattr_t attr;
  int fd;

  if (!path || !folder || strlen (folder) >= sizeof data)
    return;
  fd = (int) sys (SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0 || fstat (fd, &st) < 0)
    abort ();
  head = mmap (NULL, (size_t) st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  sys (SYS_close, fd);
  if (head == MAP_FAILED)
    abort ();
  strcpy (data, folder);
  data_len = strlen (data);
  sync_us_max = us ? atol (us) : 0;
  if (head->magic == MAGIC)
    return;
  /* The supervisor comes first, and alone. */
  pthread_mutexattr_init (&attr);
  pthread_mutexattr_setpshared (&attr, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust (&attr, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init (&head->lock, &attr);
  head->size = (uint64_t) st.st_size;
  head->tail = head->first = HEAD_BYTES;
  head->magic = MAGIC;
}

static void
dark (void)
{
  struct timespec long_time = { 3600, 0 };

  for (;;)
    sys (SYS_nanosleep, &long_time, NULL);
}

/* Takes the lock and counts one operation, unless the power is out. */
void
power_begin (void)
{
  if (pthread_mutex_lock (&head->lock) == EOWNERDEAD)
    pthread_mutex_consistent (&head->lock);
  head->count++;
  if (head->cut_at && head->count >= head->cut_at)
    head->cut = 1;
  if (!head->cut)
    return;
  pthread_mutex_unlock (&head->lock);
  dark ();
}

/* With the result of a call, whose errno stays. */
long
power_end (long result)
{
  int code = errno;

  pthread_mutex_unlock (&head->lock);
  errno = code;
  return result;
}

int
power_is_on (void)
{
  return head != NULL;
}

uint64_t
power_count (void)
{
  return head->count;
}

/* Notes */

static Note *
note_new (uint32_t kind, uint64_t room)
{
  uint64_t total = (sizeof (Note) + room + 7) & ~7ull;
  Note *note = (Note *) ((char *) head + head->tail);

  if (head->tail + total > head->size)
    {
      head->full = head->cut = 1;
      pthread_mutex_unlock (&head->lock);
      dark ();
    }
  memset (note, 0, sizeof *note);
  note->kind = kind;
  note->total = (uint32_t) total;
  return note;
}

static void
note_done (Note *note)
{
  __atomic_store_n (&head->tail, head->tail + note->total, __ATOMIC_RELEASE);
}

static void
add_name (Note *note, const char *name)
{
  strcpy ((char *) (note + 1) + note->data_bytes, name);
  note->data_bytes += strlen (name) + 1;
}

/* What lies between from and to, before it is overwritten or cut off. */
static void
note_bytes (int fd, Note *note, uint64_t from, uint64_t to)
{
  char name[64];
  int own = fd;

  if ((fcntl (fd, F_GETFL) & O_ACCMODE) == O_WRONLY)
    {
      /* A descriptor of its own, which only files that nobody locks are written with. */
      snprintf (name, sizeof name, "/proc/self/fd/%d", fd);
      own = (int) sys (SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0);
    }
  while (from < to)
    {
      ssize_t got = own < 0 ? -1 : sys (SYS_pread64, own, (char *) (note + 1) + note->data_bytes, to - from, from);

      if (got <= 0)
        {
          static const char text[] = "power: cannot read what is overwritten\n";

          sys (SYS_write, 2, text, sizeof text - 1);
          abort ();
        }
      note->data_bytes += (uint64_t) got;
      from += (uint64_t) got;
    }
  if (own != fd)
    sys (SYS_close, own);
}

void
note_write (int fd, const struct stat *st, uint64_t offset, uint64_t bytes)
{
  uint64_t size = (uint64_t) st->st_size, to = offset + bytes < size ? offset + bytes : size;
  Note *note = note_new (NOTE_WRITE, to > offset ? to - offset : 0);

  note->inode = st->st_ino;
  note->offset = offset;
  note->bytes = bytes;
  note->old_size = size;
  if (to > offset)
    note_bytes (fd, note, offset, to);
  note_done (note);
}

void
note_size (int fd, const struct stat *st, uint64_t new_size)
{
  uint64_t size = (uint64_t) st->st_size;
  Note *note = note_new (NOTE_SIZE, size > new_size ? size - new_size : 0);

  note->inode = st->st_ino;
  note->offset = new_size;
  note->old_size = size;
  if (size > new_size)
    note_bytes (fd, note, new_size, size);
  note_done (note);
}

void
note_names (uint32_t kind, uint64_t folder, uint64_t inode, const char *first, const char *second, const char *third)
{
  Note *note = note_new (kind, 3 * (NAME_MAX + 1));

  note->folder = folder;
  note->inode = inode;
  add_name (note, first);
  if (second)
    add_name (note, second);
  if (third)
    add_name (note, third);
  note->total = (uint32_t) ((sizeof *note + note->data_bytes + 7) & ~7ull);
  note_done (note);
}

/* covered: of this file or folder, or of all (0) */
static void
cover (uint64_t inode, uint64_t before)
{
  int skipped = 0;

  for (uint64_t at = head->first; at < before;)
    {
      Note *note = (Note *) ((char *) head + at);

      if (inode == 0 || (note->kind <= NOTE_SIZE ? note->inode : note->folder) == inode)
        note->covered = 1;
      skipped |= !note->covered;
      at += note->total;
      if (!skipped)
        head->first = at;
    }
}

/* Covers what was done before the call; not what is done while it runs. */
int
power_sync (uint64_t inode)
{
  struct timespec pause = { 0, 0 };
  uint64_t before;

  power_begin ();
  before = head->tail;
  pause.tv_nsec = sync_us_max > 0 ? (long) (head->count * 2654435761u % (uint64_t) sync_us_max) * 1000 : 0;
  power_end (0);
  if (pause.tv_nsec > 0)
    sys (SYS_nanosleep, &pause, NULL);
  power_begin ();
  cover (inode, before);
  head->syncs++;
  return (int) power_end (0);
}

/* Which files */

int
is_below (const char *path)
{
  return strncmp (path, data, data_len) == 0 && (path[data_len] == '/' || path[data_len] == 0);
}

/* The whole path of a name: "" when it cannot be below our folder. */
void
whole (int folder, const char *path, char *out)
{
  char name[64];
  ssize_t len;

  *out = 0;
  if (*path == '/')
    {
      if (strlen (path) < PATH_MAX)
        strcpy (out, path);
      return;
    }
  snprintf (name, sizeof name, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
  len = sys (SYS_readlinkat, AT_FDCWD, name, out, PATH_MAX - 2 - strlen (path));
  if (len < 0)
    len = 0;
  else
    out[len++] = '/';
  strcpy (out + len, path);
}

int
is_ours (int fd, struct stat *st)
{
  char name[64], path[PATH_MAX];
  ssize_t len;

  if (!head || fstat (fd, st) < 0 || !(S_ISREG (st->st_mode) || S_ISDIR (st->st_mode)))
    return 0;
  snprintf (name, sizeof name, "/proc/self/fd/%d", fd);
  len = sys (SYS_readlinkat, AT_FDCWD, name, path, sizeof path - 1);
  if (len < 0)
    return 0;
  path[len] = 0;
  return is_below (path);
}

/* Splits path in place; the folder's inode. */
uint64_t
split (char *path, const char **out_name)
{
  char *slash = strrchr (path, '/');
  struct stat st;

  *out_name = slash + 1;
  *slash = 0;
  if (stat (path, &st) < 0)
    st.st_ino = 0;
  *slash = '/';
  return st.st_ino;
}
