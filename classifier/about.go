package classifier

// A saying is what a text speaks of besides the recipient, or says of the time.
type saying uint8

const (
	saysEarly  saying = 1 << iota // refused before the recipient was named
	saysSender                    // speaks of the sender, his server or his login
	saysNow                       // it is so for now only
)

// beforeRecipient are words that say that the refusal came before the recipient
// was named (RFC 5321 section 3.3: RCPT follows MAIL). It says nothing of the
// recipient then. Exim and Postfix tell the command so.
var beforeRecipient = []string{
	"after mail from:*", "after pipelined mail from:*", "in reply to mail from", "error for mail from",
	"after helo", "after ehlo", "in reply to helo", "in reply to ehlo", "after initial connection", "refused to talk to me",
}

// aboutSender are words that say that the sender, his server, his login or the
// message is spoken of. "Not found", "disabled" and their like may be said of them
// then.
var aboutSender = []string{
	"sender*", "*sender verify*", "*verification failed for*", "mail from", "mailfrom", "from user", "from address", "from domain", "return path", "return-path",
	"envelope from", "helo", "ehlo", "client host", "your ip", "your account", "your domain", "your host", "your server",
	"your helo", "authentication*", "smtp auth", "smtp authentication", "reverse", "blacklist*", "blocklist*", "blocked using",
	"blocked by", "message-id", "certificate", "url", "attachment", "spf", "dkim", "dmarc", "harvest*", "outgoing", "outbound", "sending",
	"recipient limit", "user limit", "too many", "used to send", "smtp user", "header", "headers", "from: header", "reply-to", "rbl", "dnsbl",
	"allowed list", "allow list", "list of permitted*", "permitted posters", "whitelist*",
	"absender*", "ihr konto", "ihre domain*", "ihre ip*", "zertifikat*",
	"expéditeur*", "expediteur*", "émetteur*", "emetteur*", "votre compte", "votre adresse ip", "authentification",
	"remitente*", "su cuenta", "su ip", "mittente*", "remetente*", "sua conta", "seu ip", "afzender*", "uw account",
	"nadawc*", "twoje konto", "odesílatel*", "odosielateľ*", "avsändare*", "afsender*", "avsender*", "gönderen*",
	"отправител*", "відправник*", "ваш ip",
	"*送信者*", "*差出人*", "*送信元*", "*发件人*", "*發件人*", "*寄件者*", "*寄件人*", "*발신자*", "*보낸 사람*", "*보내는 사람*",
}

// forNow are words that say that it is so for the moment. The address may be as
// good as ever then.
var forNow = []string{
	"try again later", "try again in", "try later", "retry later", "right now", "at this time", "at the moment",
	"greylist*", "graylist*", "temporary failure", "temporary error", "temporary problem", "temporarily unavailable",
	"vorübergehend*", "versuchen sie es später*", "später noch einmal*", "temporairement", "réessayer plus tard",
	"temporalmente", "más tarde", "temporaneamente", "più tardi", "temporariamente", "mais tarde", "tijdelijk*",
	"tymczasowo", "później", "dočasně", "временно", "позже", "тимчасово", "geçici*", "daha sonra*",
	"*一時的*", "*後で*", "*しばらく*", "*暂时*", "*稍后*", "*暫時*", "*稍後*", "*일시적*", "*나중에*",
}
