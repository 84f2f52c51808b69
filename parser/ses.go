package parser

import (
	"encoding/json"
	"strings"

	"bouncehound"
)

// readSES reads the notifications of Amazon SES that an SNS topic delivers by mail:
// https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
//
//	{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":
//	[{"emailAddress":"lena@example.com","action":"failed","status":"5.1.1","diagnosticCode":"…"}]},
//	"mail":{"destination":["lena@example.com"], …}}
func readSES(m *message) *bouncehound.Report {
	if !containsFold(m.header().get("From"), "amazonaws.com") {
		return nil
	}
	text := withoutBanner(strings.TrimSpace(m.text()))
	if !strings.HasPrefix(text, "{") {
		return nil
	}
	var n struct {
		NotificationType string
		EventType        string
		Bounce           struct {
			BouncedRecipients []struct{ EmailAddress, Action, Status, DiagnosticCode string }
			ReportingMTA      string
		}
		Complaint struct {
			ComplainedRecipients  []struct{ EmailAddress string }
			ComplaintFeedbackType string
		}
		Mail struct {
			Headers       []struct{ Name, Value string }
			CommonHeaders struct {
				From, To                 []string
				MessageID, Subject, Date string
			}
		}
		Delivery struct {
			Recipients   []string
			SMTPResponse string
			ReportingMTA string
		}
	}
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&n); err != nil {
		return nil
	}
	for _, f := range n.Mail.Headers {
		m.returned = append(m.returned, newField(f.Name, f.Value))
	}
	if c := n.Mail.CommonHeaders; len(m.returned) == 0 && c.MessageID != "" {
		m.returned = header{newField("Message-ID", c.MessageID), newField("Subject", c.Subject), newField("Date", c.Date), newField("From", strings.Join(c.From, ", ")), newField("To", strings.Join(c.To, ", "))}
	}
	m.returnedRead = true
	r := &bouncehound.Report{ReportingMTA: typed(n.Bounce.ReportingMTA + n.Delivery.ReportingMTA)}
	switch n.NotificationType + n.EventType {
	case "Bounce":
		for _, b := range n.Bounce.BouncedRecipients {
			r.Recipients = append(r.Recipients, bouncehound.Recipient{
				Action: bouncehound.Failed, Address: cleanAddress(b.EmailAddress), Status: statusOf(b.Status), Diagnostic: typed(b.DiagnosticCode),
			})
		}
	case "Complaint":
		if n.Complaint.ComplaintFeedbackType == "not-spam" || n.Complaint.ComplaintFeedbackType == "auth-failure" {
			return r
		}
		for _, c := range n.Complaint.ComplainedRecipients {
			r.Recipients = append(r.Recipients, bouncehound.Recipient{Action: bouncehound.Complained, Address: cleanAddress(c.EmailAddress)})
		}
	case "Delivery":
		for _, a := range n.Delivery.Recipients {
			r.Recipients = append(r.Recipients, bouncehound.Recipient{Action: bouncehound.Delivered, Address: cleanAddress(a), Diagnostic: n.Delivery.SMTPResponse})
		}
	default:
		return nil
	}
	return r
}
