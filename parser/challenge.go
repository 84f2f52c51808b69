package parser

import "bouncehound"

// readChallenge reads the mail of challenge-response systems (TMDA, Boxbe, Spam
// Arrest, Active Spam Killer): the letter waits until its sender proves to be a person.
//
//	Subject: Please confirm your message
//
//	Your message to lena@example.com is being held. Follow this link to have it delivered.
func readChallenge(m *message) *bouncehound.Report {
	h := m.header()
	from := h.get("From")
	known := h.hasAny(challengeFields) ||
		!m.fromDaemon() && (containsFold(from, "@boxbe.com") || containsFold(from, "@spamarrest.com") || containsFold(from, "@bluebottle.com")) ||
		containsFold(h.get("X-Delivery-Agent"), "tmda") && (containsFold(from, "-confirm-") || containsFold(h.get("Reply-To"), "-confirm-") || containsFold(h.get("Subject"), "confirm"))
	if !known && !m.asksForProof() {
		return nil
	}
	return &bouncehound.Report{Recipients: []bouncehound.Recipient{{Action: bouncehound.Challenged, Address: cleanAddress(from)}}}
}

var challengeFields = newPhrases(
	"x-boxbe-challenge", "x-tmda-fingerprint", "x-ask-auth", "x-askversion", "x-bluebottle-request", "x-choicemail-registration-request", "x-mailinblack-challenge",
)

// asksForProof says whether a program asks, in its subject, to confirm or to prove something,
// and the words say that a letter waits for it. One without the other is the mail of shops
// and forums ("confirm your address") or of lists ("your message awaits approval").
func (m *message) asksForProof() bool {
	h := m.header()
	if m.isStatusReport() || h.get("Return-Path") != "<>" && !h.has("Auto-Submitted") && !h.has("Precedence") {
		return false // a person asks
	}
	if !anyPhrase(m.subject(), proofSubjects, foreignProofSubjects) || m.fromDaemon() || isList(h) || isMailing(h) || isRobot(h) {
		return false
	}
	return anyPhrase(m.text(), waitingPhrases, foreignWaiting)
}

var proofSubjects = newPhrases(
	"confirm your message", "confirm your e", "please confirm", "confirm request", "confirmation re", "verification re", "requires verification", "needs verification", "are you human", "permission re", "please register",
	"verify your", "merci de confirmer", "confirmer votre", "authentification re", "authentification de", "confirme su", "confirmar su", "no es un robot", "confirme sua", "confirmar sua", "confirme seu",
	"conferma richiesta", "conferma il tuo", "confermare", "bevestig uw", "bevestiging vereist",
)

var foreignProofSubjects = newPhrases(
	"bestätigen sie", "bestätigung erforderlich", "vous n'êtes pas un robot", "não é um robô", "confirmação de envio", "potwierd", "подтвердите", "送信確認", "確認のお願い", "請確認", "请确认", "bekräfta",
)

// waitingPhrases tell that a letter waits: "is being held", "has not been delivered yet".
var waitingPhrases = newPhrases(
	"being held", "been held", "on hold", "waiting list", "waits in", "has not been delivered", "not been delivered yet", "was not delivered", "not delivered yet", "not yet been delivered", "before it is handed over", "be delivered as soon as",
	"could not be delivered right away", "held until", "noch nicht zugestellt", "sera remis", "no se ha entregado", "remitentes verificados",
	"messaggio in attesa", "czeka", "wacht op",
)

var foreignWaiting = newPhrases(
	"zurückgehalten", "pas encore été remis", "n'a pas été remis", "saldrá de la cuarentena", "todavía no", "ainda não foi entregue", "non è stato ancora consegnato", "ожидает", "не доставлено", "お預かり", "届いていません", "尚未送達", "尚未送达",
)
