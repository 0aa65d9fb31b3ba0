/* smtp-load.c: sends messages over many sessions at once and says how many were taken a second. One thread, epoll; each
 * session waits for every answer, as most senders do. Knows SMTP only as far as it needs: a code at the start of a line.
 *
 *   smtp-load PORT SESSIONS MESSAGES BYTES RCPT-FORMAT RCPTS      RCPT-FORMAT has one %u: u%u@example.test */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LINE_MOST 512
#define STEPS 5 /* greeting, EHLO, MAIL, RCPT, DATA; then the body */

typedef struct
{
  int fd, step;
  char in[4096];
  size_t have;
} Session;

static int sent, accepted, messages;
static unsigned rcpts;
static const char *rcpt_format;
static char *body;
static size_t body_len;

static void
fail (const char *what)
{
  fprintf (stderr, "smtp-load: %s: %s\n", what, strerror (errno));
  exit (1);
}

static void
say (Session *s, const char *text, size_t len)
{
  while (len > 0)
    {
      ssize_t n = send (s->fd, text, len, MSG_NOSIGNAL);

      if (n < 0 && errno != EINTR)
        fail ("send");
      text += n > 0 ? n : 0;
      len -= n > 0 ? (size_t) n : 0;
    }
}

static void
say_line (Session *s, const char *line)
{
  say (s, line, strlen (line));
}

/* RCPT-FORMAT is the user's own, checked in main() to hold one %u and no other directive. */
static void
say_rcpt (Session *s, unsigned n)
{
  char line[LINE_MOST], address[256];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  snprintf (address, sizeof address, rcpt_format, n);
#pragma GCC diagnostic pop
  snprintf (line, sizeof line, "RCPT TO:<%s>\r\n", address);
  say_line (s, line);
}

/* An answer is there: the next thing to say. Returns 0 when the session is over. */
static int
next (Session *s, int code)
{
  if (code >= 400)
    {
      fprintf (stderr, "smtp-load: refused: %.60s\n", s->in);
      exit (1);
    }
  if (s->step == STEPS)
    {
      if (code == 250)
        accepted++;
      s->step = 2;
    }
  switch (s->step++)
    {
    case 0:
      say_line (s, "EHLO load.test\r\n");
      return 1;
    case 1:
    case 2:
      if (sent == messages)
        return 0;
      sent++;
      s->step = 3;
      say_line (s, "MAIL FROM:<sender@load.test>\r\n");
      return 1;
    case 3:
      say_rcpt (s, 1 + (unsigned) sent % rcpts);
      return 1;
    default:
      if (code == 354)
        say (s, body, body_len);
      else
        {
          say_line (s, "DATA\r\n");
          s->step = 4;
        }
      return 1;
    }
}

static int
receive (Session *s)
{
  ssize_t n = recv (s->fd, s->in + s->have, sizeof s->in - 1 - s->have, 0);
  char *end;

  if (n <= 0)
    fail ("connection lost");
  s->have += (size_t) n;
  s->in[s->have] = 0;
  while ((end = strstr (s->in, "\r\n")))
    {
      int last = s->in[3] == ' ', code = atoi (s->in);

      if (last && !next (s, code))
        return 0;
      s->have -= (size_t) (end + 2 - s->in);
      memmove (s->in, end + 2, s->have + 1);
    }
  return 1;
}

static void
make_body (size_t bytes)
{
  static const char head[] = "From: <sender@load.test>\r\nSubject: load\r\n\r\n";

  body = malloc (bytes + sizeof head + 16);
  if (!body)
    fail ("memory");
  memcpy (body, head, sizeof head - 1);
  body_len = sizeof head - 1;
  for (size_t i = 0; i < bytes; i++)
    body[body_len++] = i % 78 == 76 ? '\r' : i % 78 == 77 ? '\n' : 'x';
  memcpy (body + body_len, "\r\n.\r\n", 5);
  body_len += 5;
}

static double
now (void)
{
  struct timespec ts;

  clock_gettime (CLOCK_MONOTONIC, &ts);
  return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}

int
main (int argc, char **argv)
{
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  int epoll = epoll_create1 (0), sessions, live;
  double start;
  const char *percent;

  if (argc != 7 || !(percent = strchr (argv[5], '%')) || percent[1] != 'u' || strchr (percent + 1, '%'))
    {
      fprintf (stderr, "usage: smtp-load PORT SESSIONS MESSAGES BYTES RCPT-FORMAT RCPTS\n");
      return 2;
    }
  to.sin_port = htons ((unsigned short) atoi (argv[1]));
  live = sessions = atoi (argv[2]);
  messages = atoi (argv[3]);
  make_body ((size_t) atol (argv[4]));
  rcpt_format = argv[5];
  rcpts = (unsigned) atoi (argv[6]);
  start = now ();
  for (int i = 0; i < sessions; i++)
    {
      Session *s = calloc (1, sizeof *s);
      struct epoll_event event = { .events = EPOLLIN, .data.ptr = s };

      if (!s || (s->fd = socket (AF_INET, SOCK_STREAM, 0)) < 0
          || connect (s->fd, (struct sockaddr *) &to, sizeof to) < 0
          || epoll_ctl (epoll, EPOLL_CTL_ADD, s->fd, &event) < 0)
        fail ("connect");
    }
  while (live > 0)
    {
      struct epoll_event events[64];
      int n = epoll_wait (epoll, events, 64, -1);

      for (int i = 0; i < n; i++)
        {
          Session *s = events[i].data.ptr;

          if (receive (s))
            continue;
          close (s->fd);
          free (s);
          live--;
        }
    }
  printf ("%d taken in %.3f s: %.0f a second\n", accepted, now () - start, accepted / (now () - start));
  return accepted == messages ? 0 : 1;
}
