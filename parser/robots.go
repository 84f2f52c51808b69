package parser

import "strings"

// The mail of programs that write by themselves and not about delivery, though what they
// tell of (tickets, logs, campaigns) is full of it.

// isRobot says whether a header shows that a program of another trade wrote the message,
// whatever name it writes under: a help desk, an issue tracker, cron.
func isRobot(h header) bool {
	for i := range h {
		name := h[i].name
		if robotFields.begin(name) != "" {
			return true
		}
		if strings.EqualFold(name, "X-Mailer") && isRobotMailer(h[i].value) {
			return true
		}
	}
	return hasPrefixFold(h.get("Subject"), "Cron <")
}

// robotFields are what the names of fields begin with that only these programs write:
// OTRS and its kin, Request Tracker, Zammad, Zendesk, ServiceNow, Jira, Redmine, GitHub,
// GitLab, Bugzilla, Debian's bug tracker; cron (cron(8) writes one for each variable).
var robotFields = newPhrases(
	"x-otrs-", "x-znuny-", "rt-ticket", "x-rt-loop-prevention", "managed-by", "x-zammad-", "x-zendesk-", "x-servicenow-", "x-jira-", "x-redmine-", "x-github-", "x-gitlab-",
	"x-bugzilla-", "x-debbugs-", "x-cron-env",
)

func isRobotMailer(mailer string) bool {
	return robotMailers.in(mailer)
}

var robotMailers = newPhrases("otrs", "otobo", "znuny", "zammad", "zendesk", "osticket", "freshdesk", "redmine", "helpscout", "kayako", "mantis", "glpi")

// isTicketSubject says whether a subject begins with the number of a ticket in brackets, as
// help desks mark their mail: "[Ticket#2026011510000187]", "[example.com #1042]", "[Desk 8124]".
// In the subject of a report such a mark comes later, with the subject of the letter.
func isTicketSubject(subject string) bool {
	if subject == "" || subject[0] != '[' {
		return false
	}
	mark, _, ok := strings.Cut(subject[1:min(len(subject), 80)], "]")
	digits := 0
	for i := range len(mark) {
		if mark[i] < '0' || mark[i] > '9' {
			digits = 0
		} else if digits++; digits == 3 {
			break
		}
	}
	return ok && digits == 3
}

// isMailing says whether a message was sent to many: only mailings tell how to leave
// (RFC 2369, RFC 8058) and carry a campaign for feedback loops.
func isMailing(h header) bool {
	return h.has("List-Unsubscribe") || h.has("List-Unsubscribe-Post") || h.has("Feedback-ID")
}
