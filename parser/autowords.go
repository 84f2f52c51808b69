package parser

// isAutoReplySubject says whether a subject is one that programs give automatic replies.
// Some words are those of people too; with them another sign is needed.
func isAutoReplySubject(subject string) bool {
	return anyPhrase(subject, autoSubjects, foreignAutoSubjects)
}

var autoSubjects = newPhrases(
	"out of office", "out of the office", "out-of-office", "automatic reply", "auto reply:", "autoreply", "auto-reply", "auto response", "autoresponse", "automated reply", "automated response",
	"away from the office", "away from my mail", "vacation reply", "on vacation", "on annual leave",
	"automatische antwort", "abwesenheit", "urlaubsbenachrichtigung", "absence du bureau", "message d'absence", "absent du bureau", "absente du bureau",
	"fuera de oficina", "fuera de la oficina", "autorespuesta", "risposta automatica", "fuori sede", "fuori ufficio", "autorisposta", "ausente do escrit",
	"fora do escrit", "automatisch antwoord", "afwezig", "buiten kantoor", "automatyczna odpowied", "poza biurem", "automatiskt svar", "autosvar", "automatisk svar",
	"ikke til stede", "ute av kontoret", "automaattinen vastaus", "automaattivastaus", "poissa toimistosta", "otomatik yan", "otomatik cevap", "ofis d", "balasan otomatis", "di luar kantor",
)

var foreignAutoSubjects = newPhrases(
	"nicht im büro", "außer haus", "réponse automatique", "réponse d’absence", "respuesta automática", "è fuori ufficio", "resposta automática", "resposta de férias", "ausência temporária",
	"odpowiedź automatyczna", "autoodpowiedź", "nieobecność", "automatická odpověď", "automatická odpoveď", "mimo kancelář", "automatikus válasz", "házon kívül", "răspuns automat", "în afara biroului",
	"автоматичен отговор", "извън офиса", "αυτόματη απάντηση", "εκτός γραφείου", "автоматический ответ", "автоответ", "вне офиса", "автоматична відповідь", "автовідповідь",
	"iş yeri dışında", "ej på kontoret", "inte på kontoret", "frånvaro", "ikke på kontoret", "fraværende", "自動応答", "不在のお知らせ", "不在応答", "不在通知", "自動返信",
	"自动答复", "自動回覆", "自动回复", "自動回复", "不在辦公室", "자동 회신", "자동 응답", "부재중", "رد تلقائي", "خارج المكتب", "תשובה אוטומטית", "מחוץ למשרד", "מענה אוטומטי",
	"trả lời tự động", "ตอบกลับอัตโนมัติ",
)
