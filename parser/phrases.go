package parser

import "strings"

// isDelay says whether words tell of a delay: the server still tries.
func isDelay(s string) bool {
	for _, phrase := range delayPhrases {
		if containsFold(s, phrase) {
			return !containsFold(s, "permanent") && !containsFold(s, "has failed")
		}
	}
	return false
}

var delayPhrases = [...]string{
	"not yet been delivered", "delayed", "will continue to try", "still trying", "will be retried", "warning message only", "delivery attempts will continue",
	"no action is required on your part", "will keep trying", "not yet delivered",
}

// tellsFailure says whether words tell that something could not be delivered.
func tellsFailure(s string) bool {
	for _, phrase := range failurePhrases {
		if containsFold(s, phrase) {
			return true
		}
	}
	for _, phrase := range foreignFailures {
		if strings.Contains(s, phrase) {
			return true
		}
	}
	return false
}

// failurePhrases are ASCII, in lower case, and compared in any case.
var failurePhrases = [...]string{
	"could not", "couldn't", "cannot", "can't be", "can not", "unable to", "failed", "failure", "undeliver", "not deliver", "wasn't delivered", "not been delivered",
	"rejected", "refused", "unknown", "does not exist", "doesn't exist", "not exist", "no such", "invalid", "exceed", "quota", "mailbox is full", "mailbox full", "inbox is full", "not a valid",
	"not found", "bounced", "did not reach", "was not sent", "error delivering", "no longer", "disabled", "not accept", "blocked", "trouble delivering", "returned to you", "not match",
	"konnte nicht", "nicht zugestellt", "unzustellbar", "unbekannt", "n'a pas pu", "n'a pu", "inconnu", "n'existe pas", "no se pudo", "no pudo ser", "no se ha podido", "desconocido", "no existe",
	"nao pode", "nao foi", "inexistente", "non e' stato", "impossibile", "sconosciuto", "niet worden", "onbekend", "kunde inte", "kunne ikke", "okand", "ei voitu", "nie mo", "nie istnieje", "nelze", "nebylo",
	"teslim edilemedi", "nem lehet", "nepodarilo",
}

// foreignFailures are compared as they stand.
var foreignFailures = [...]string{
	"não pôde", "não foi", "não existe", "non è stato", "okänd", "не удалось", "не может быть", "не доставлено", "не найден", "не существует", "недоставлен", "переполнен",
	"無法", "无法", "失败", "失敗", "退信", "不存在", "できません", "届け", "見つかりません", "전달되지", "반송", "없는", "δεν ήταν δυνατή",
}
