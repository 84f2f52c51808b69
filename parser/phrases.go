package parser

// The phrases of this file are facts about how mail systems word things. Those of
// ASCII are compared in any case; the others, in lower case, with lowered text, and cut so
// that inflection does not matter. They count only in what is a report by other signs.

// isDelay says whether words tell of a delay: the server still tries.
func isDelay(s string) bool {
	if !anyPhrase(s, delayPhrases, foreignDelays) {
		return false
	}
	if overPhrases.in(s) {
		return false
	}
	return !containsFold(s, "permanent") || containsFold(s, "fails permanently")
}

// overPhrases tell that the server has stopped trying.
var overPhrases = newPhrases("has failed", "given up", "giving up", "gave up", "abandon")

// tellsSuccess says whether words tell of a delivery.
func tellsSuccess(s string) bool { return successPhrases.in(s) }

var successPhrases = newPhrases("successfully delivered", "delivered successfully", "successful mail delivery", "successful delivery", "notification (success)", "erfolgreich zugestellt")

var delayPhrases = newPhrases(
	"not yet been delivered", "delayed", "will continue to try", "still trying", "will be retried", "warning message only", "delivery attempts will continue",
	"no action is required on your part", "will keep trying", "not yet delivered", "delivery incomplete", "temporary problem delivering", "enqueued and undeliverable",
	"notification (delay)", "noch nicht zugestellt", "weiter versucht", "pas encore", "nog niet", "non ancora", "warning: could not send",
	"only a warning", "will retry", "being retried", "retry your message", "continue retrying", "keep trying to deliver",
	"remise diff", "entrega retrasada", "recapito posticipato", "recapito incompleto", "entrega com atraso", "entrega incompleta", "bezorging vertraagd", "vertraagde mail",
	"nur eine warnung", "weiterhin versucht", "problema temporal", "problema temporaneo", "leveransen", "levering forsinket", "teslim gecikti",
)

var foreignDelays = newPhrases(
	"verzögert", "aún no ", "todavía no ", "ainda não ", "non è ancora ", "ещё не доставлено", "еще не доставлено", "zustellung nicht abgeschlossen", "un problème temporaire", "dostarczenie opóźnione", "doručení zpožděno", "késik a kézbesítés", "livrare întârziată",
	"καθυστέρηση παράδοσης", "доставка задержана", "повторные попытки доставки", "доставка затримується", "försenad", "toimitus viivästynyt",
	"配信遅延", "传递延迟", "傳遞延遲", "배달 지연",
)

// tellsFailure says whether words tell that something could not be delivered.
func tellsFailure(s string) bool {
	return anyPhrase(s, failurePhrases, foreignFailures)
}

var failurePhrases = newPhrases(
	"could not", "couldn't", "cannot", "can't be", "can not", "unable to", "failed", "failure", "undeliver", "not deliver", "wasn't delivered", "not been delivered",
	"rejected", "refused", "unknown", "does not exist", "doesn't exist", "not exist", "no such", "invalid", "exceed", "quota", "mailbox is full", "mailbox full", "inbox is full", "not a valid",
	"not found", "bounced", "did not reach", "was not sent", "error delivering", "no longer", "disabled", "not accept", "blocked", "trouble delivering", "returned to you", "not match", "not exactly match", "no match for", "matches no", "not defined",
	"not receive", "over its", "not a known", "is not known", "not recognized", "not listed", "denied", "isn't valid", "incorrect", "prevented",
	"konnte nicht", "konnten nicht", "nicht zugestellt", "unzustellbar", "unbekannt", "nicht erreich", "fehlgeschlagen", "existiert nicht", "postfach ist voll",
	"n'a pas pu", "n'a pu", "inconnu", "n'existe pas", "impossible de", "refus", "no se pudo", "no pudo ser", "no se ha podido", "no se ha entregado", "error de entrega", "desconocido", "no existe",
	"nao pode", "nao foi", "falha na entrega", "inexistente", "non e' stato", "impossibile", "sconosciuto", "kan niet worden", "bericht kon niet", "niet bezorgd", "onbekend",
	"kunde inte", "det gick inte", "kunne ikke", "mislykkedes", "mislyktes", "ei voitu", "nie mo", "nie istnieje", "nie powiod", "nelze", "nebylo", "nezda", "zlyhalo", "nem siker", "nem lehet", "nepodarilo",
	"nu a putut", "teslim edilemedi", "iletilemedi", "gagal", "tidak terkirim",
	"abgewiesen", "abgelehnt", "nicht ausgeliefert", "nicht bekannt", "nicht angenommen", "nicht gefunden", "n'a pas ét", "ha sido devuelto", "no ha sido entregado", "no fue entregado", "rechazado", "niet afgeleverd", "niet worden afgeleverd", "bestaat niet", "geweigerd", "gick inte att", "inte levereras", "inte levererats", "finns inte", "blev ikke", "ikke leveres", "ikke leveret", "ikke levert", "ikke afleve", "findes ikke", "finnes ikke", "tidak dapat dikirim", "tidak ditemukan", "tidak dapat ", "nu a fost livrat", "nu a fost primit", "bulunamad", "foi devolvida", "foi rejeitada", "rifiutato", "respinto", "inesistente",
)

var foreignFailures = newPhrases(
	"n’a pas", "échec de", "não pôde", "não foi", "não existe", "non è stato", "non è riuscito", "nie została", "nie udało", "okänd", "epäonnistui", "nu a reușit",
	"не удалось", "невозможно", "не может быть", "не доставлен", "не было доставлено", "не найден", "не существует", "недоставлен", "сбой доставки", "переполнен", "не вдалося", "неуспешна доставка",
	"απέτυχε", "δεν ήταν δυνατή", "失敗", "失败", "退信", "退回", "不存在", "無法", "无法", "未能", "できません", "届け", "見つかりません", "配信されません", "못했습니다", "반송", "실패",
	"فشل", "تعذر", "נכשלה", "לא ניתן", "không thành công", "ไม่สามารถ",
	"n'a pas été", "zurückgewiesen", "no se encontró", "não pode", "nie mogła", "nie mógł", "niedoręcz", "nie mogliśmy", "nepodařilo", "nebyla doru", "nebyl doru", "doručit nelze", "neexistuje", "nem sikerült", "nem található", "ei löydy", "ulaştırılamadı", "gönderilemedi", "bulunamadı", "δεν παραδόθηκε", "αποτυχία", "δεν υπάρχει", "δεν μπορ", "відхилено", "отклонено", "отклонён", "не вручено", "неможливо", "не знайдено", "не існує", "не бе доставен", "не може да бъде", "không gửi được", "không thể", "không tồn tại", "ไม่พบ", "未投递", "不能送达", "没有送达", "沒有送達", "拒收", "存在しません", "반려", "לא נמסר", "غير موجود",
)

// tellsFailing says whether words of a report tell of failing. Those that a mailbox is full or
// closed count only below the subject of a report, or where a letter is returned.
func (m *message) tellsFailing(s string) bool {
	return tellsFailure(s) || tellsEnd(s) && (m.subjectIs(bounceSubject) || len(m.returnedHeader()) > 0)
}

// tellsEnd says whether words tell that a mailbox is full or closed. Its keeper writes so to its
// user as well.
func tellsEnd(s string) bool { return anyPhrase(s, endPhrases, foreignEnds) }

var endPhrases = newPhrases(
	"is full", "no room", "been closed", "is closed", "been suspended", "is suspended", "deactivated", "is inactive", "not in service", "out of service", "discontinued", "over quota", "storage limit",
	"est pleine", "est satur", "ist voll", "gesperrt", "is vol", "piena",
)

var foreignEnds = newPhrases(
	"está lleno", "está llena", "está lotada", "está cheia", "przepełnion", "är full", "är fullt", "er fuld", "täynnä", "megtelt", "je plná", "este plin", "doldu", "γεμάτ", "переполнен", "переповнен",
	"いっぱい", "一杯", "已满", "已滿", "超过", "초과", "가득", "ممتلئ", "đầy", "เต็ม",
)

// isBounceSubject says whether a subject is one that mail servers give their reports.
func isBounceSubject(subject string) bool {
	return subject != "" && !isAnswer(subject) && anyPhrase(subject, bounceSubjects, foreignSubjects)
}

var bounceSubjects = newPhrases(
	"undeliver", "failure notice", "returned mail", "delivery status notification", "delivery failure", "delivery failed", "mail delivery failed",
	"nondeliverable", "non-deliver", "delivery has failed", "delivery problem", "mail system error", "returned to sender", "returning message to sender",
	"could not be delivered", "delivery notification", "delivery error", "delivery unsuccessful", "mail failure",
	"mail failed", "unable to deliver", "failed mail", "user unknown", "mail returned", "message delivery fail", "not delivered", "delivery delayed", "delayed mail",
	"error sending your mail", "failed delivery", "mail could not", "couldn't be delivered", "rejected mail", "message rejected",
	"unzustellbar", "nicht zustellbar", "nicht zugestellt", "non remis", "no se puede entregar", "error en la entrega", "mensaje no entregado", "no se ha podido entregar", "impossibile recapitare",
	"non recapitabile", "consegna fallita", "mancata consegna", "falha na entrega", "onbestelbaar", "bezorging mislukt", "niet bezorgd", "niet-bezorgde", "olevererbart", "kan ikke leveres",
	"ndn: ", "ei voitu toimittaa", "teslim edilem", "nelivrabil", "nu se poate livra", "niedostarcz", "tidak dapat dikirim",
	"message was rejected", "mail was rejected", "message has been rejected", "message blocked", "message was blocked", "non-remise", "entrega fallida", "mensaje devuelto", "mensagem devolvida", "correo devuelto", "non consegnat", "niet afgeleverd", "niet worden afgeleverd", "bericht kon niet", "kunde inte levereras", "inte levererats", "kunne ikke leveres", "kunne ikke afleveres", "ikke leveret", "ikke levert", "nelivrat", "tidak terkirim", "echec de livraison", "retour de courrier",
)

var foreignSubjects = newPhrases(
	"zustellung fehlgeschlagen", "übermittlungsstatus", "état de remise", "état de la distribution", "notificación de estado de", "não entregue", "não é possível entregar",
	"nie można dostarczyć", "zwrot wiadomości", "nedoručiteln", "nelze doručit", "nedoručeno", "nedoručiteľn", "kézbesíthet", "не удается доставить", "не доставлено", "недоставлен", "не может быть доставлено",
	"недоставимо", "не вдалося доставити", "μη παραδοτέο", "配信不能", "配信できません", "配信に失敗", "メールエラー", "送信失敗", "无法传递", "未送达", "無法傳遞", "投递失败", "投遞失敗", "发送失败", "无法送达",
	"退信", "被退回", "传输失败", "배달되지 않음", "발송 실패", "반송", "غير قابل للتسليم", "לא ניתן למסירה", "không thể gửi", "ไม่สามารถส่งได้",
	"niedoręczon", "nie została dostarczona", "ошибка доставки", "ошибка при доставке", "сбой доставки", "не доставлен", "помилка доставки", "nebyla doru", "doručení selhalo", "αποτυχία παράδοσης", "nem sikerült", "kézbesítési hiba", "ulaştırılamadı", "gönderilemedi", "teslim hatası", "không gửi được", "送信エラー", "送信できません", "送達でき", "宛先不明", "发送失敗", "échec de livraison", "échec de la remise", "échec de la livraison", "message non distribué", "nu a putut fi livrat", "تعذر تسليم", "לא נמסר",
)
