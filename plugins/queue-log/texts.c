/* texts.c: all that reports say in words, one row a language. A new language is a new row in each of the two tables and a
 * name; subjects are ASCII, since some mail programs of robots read no others. Pure. */
#include "queue-log.h"

const char *const words_languages[3] = { "en", "de", NULL };

static const Words words[] = {
  { .subject_failed = "Undelivered mail",
    .subject_delayed = "Delayed mail",
    .greeting = "This is the mail system at %s.",
    .failed = "Your message could not be delivered to the following addresses. It is not tried again.",
    .delayed = "Your message could not be delivered to the following addresses yet. You need not send it again: it is "
               "tried further.",
    .said = "The host %s said:",
    .because = "The reason:",
    .tried = "Tried %s over %s.",
    .until = "It is given up after %s." },
  { .subject_failed = "Unzustellbare E-Mail",
    .subject_delayed = "E-Mail noch nicht zugestellt",
    .greeting = "Dies ist das Mailsystem auf %s.",
    .failed = "Ihre Nachricht konnte den folgenden Adressen nicht zugestellt werden. Es wird nicht weiter versucht.",
    .delayed = "Ihre Nachricht konnte den folgenden Adressen noch nicht zugestellt werden. Sie brauchen sie nicht noch "
               "einmal zu senden: es wird weiter versucht.",
    .said = "Der Rechner %s antwortete:",
    .because = "Der Grund:",
    .tried = "Versucht: %s in %s.",
    .until = "Nach dem %s wird aufgegeben." },
};

/* What to do: the first row whose class of status codes fits; the class of the code itself (4 or 5) does not count. */
static const struct
{
  const char *status; /* without its class */
  gboolean delayed;
  const char *text[G_N_ELEMENTS (words)];
} advice[] = {
  { "",
    TRUE,
    { "There is nothing you need to do now. If it is urgent, reach the recipient in another way.",
      "Sie brauchen jetzt nichts zu tun. Wenn es eilt, erreichen Sie den Empfänger auf einem anderen Weg." } },
  { "1.",
    FALSE,
    { "Check how the address is spelt, and send the message again to the right one.",
      "Prüfen Sie, ob die Adresse richtig geschrieben ist, und senden Sie die Nachricht an die richtige noch "
      "einmal." } },
  { "2.2",
    FALSE,
    { "The mailbox is full. Tell the recipient in another way, and send the message again later.",
      "Das Postfach ist voll. Sagen Sie es dem Empfänger auf einem anderen Weg, und senden Sie die Nachricht "
      "später noch einmal." } },
  { "2.",
    FALSE,
    { "The mailbox does not take mail. Ask the recipient for another address.",
      "Das Postfach nimmt keine E-Mail an. Fragen Sie den Empfänger nach einer anderen Adresse." } },
  { "3.4",
    FALSE,
    { "The message is too big. Send it again without large attachments.",
      "Die Nachricht ist zu groß. Senden Sie sie noch einmal ohne große Anhänge." } },
  { "4.6",
    FALSE,
    { "The addresses lead in a circle. Tell the postmaster of the recipient's domain.",
      "Die Adressen führen im Kreis. Sagen Sie es dem Postmaster der Domain des Empfängers." } },
  { "4.7",
    FALSE,
    { "The recipient's mail system could not be reached, or did not take the message, for all this time. Send it again "
      "later, or reach the recipient in another way.",
      "Das Mailsystem des Empfängers war die ganze Zeit nicht erreichbar oder nahm die Nachricht nicht an. Senden "
      "Sie sie später noch einmal, oder erreichen Sie den Empfänger auf einem anderen Weg." } },
  { "4.",
    FALSE,
    { "Check how the domain, the part behind the @, is spelt. If it is right, its mail system is not set up to take "
      "mail.",
      "Prüfen Sie, ob die Domain, der Teil hinter dem @, richtig geschrieben ist. Wenn ja, nimmt ihr Mailsystem "
      "keine E-Mail an." } },
  { "7.",
    FALSE,
    { "The recipient's side refuses the message by its rules. Reach the recipient in another way, or show this report "
      "to your postmaster.",
      "Die Gegenseite nimmt die Nachricht nach ihren Regeln nicht an. Erreichen Sie den Empfänger auf einem "
      "anderen Weg, oder zeigen Sie diesen Bericht Ihrem Postmaster." } },
  { "",
    FALSE,
    { "If the reason above does not help, show this report to your postmaster.",
      "Wenn der Grund oben nicht weiterhilft, zeigen Sie diesen Bericht Ihrem Postmaster." } },
};

const Words *
words_of (gint language)
{
  return &words[language];
}

const char *
words_advice (gint language, const char *status, gboolean delayed)
{
  const char *rest = strlen (status) > 2 ? status + 2 : "";
  guint i = 0;

  while (advice[i].delayed != delayed || !g_str_has_prefix (rest, advice[i].status))
    i++;
  return advice[i].text[language];
}
