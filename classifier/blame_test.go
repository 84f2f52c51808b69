package classifier

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"bouncehound"
)

// TestSentences judges testdata/sentences.tsv: lines about the sender, his server, his
// login, the message or the moment that sound like words about the contact, none of
// which may be hard, and as many that do speak of the contact.
func TestSentences(t *testing.T) {
	c := newBuiltin(t)
	data, err := os.ReadFile("testdata/sentences.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		cells := strings.Split(strings.TrimRight(string(line), "\n"), "\t")
		if len(cells) != 3 {
			t.Fatalf("three columns are wanted: %q", line)
		}
		if cells[0] == "class" {
			continue
		}
		v := c.Explain(cells[2])
		if (v.Class == bouncehound.Hard) != (cells[0] == "hard") {
			t.Errorf("%q must be %s and is called %s by %s on %q", cells[2], cells[0], v.Reason, v.Rule, v.Matched)
		}
	}
}

// TestSubjects puts the same predicates behind what is and what is not the contact: it
// is the subject that decides.
func TestSubjects(t *testing.T) {
	c := newBuiltin(t)
	for _, l := range []struct {
		others, contact, said []string
		glue                  string
	}{
		{
			others: []string{
				"sender", "the sender address", "sender domain", "your account", "your mailbox", "your domain", "your IP address",
				"the HELO name", "client host", "reverse DNS name", "PTR record", "SPF record", "DKIM key", "DMARC policy", "relay user",
				"Message-ID domain", "attachment", "the certificate", "sending domain", "the From address", "the return path",
				"mail from domain", "envelope sender", "the sending user", "sending account", "the recipient policy", "user agent",
				"the link in your message", "MX of your domain", "the authenticated user", "from header", "reply-to address",
				"the public key of the recipient", "originating server", "the hostname of your server", "submission user",
				"smtp login", "the list of permitted senders",
				"the key abc", "the token", "your certificate", "ldap user", "ldap user cn=mail,dc=example", "the database user vmail",
				"SQL user mail", "service account mailer", "amavis user", "home directory of user", "maildir of user jo", "mailbox database MBX01",
				"alias map", "address class", "user class", "forwarding for this user", "owner of this mailbox", "sieve script of user jo",
				"the connector", "tenant", "next hop", "storage volume for mailbox", "session", "the message", "forwarding address of this user",
				"the responder's address", "the resource", "the campaign", "web form",
			},
			contact: []string{
				"user", "mailbox", "recipient", "account lena@example.com", "address", "the user", "recipient address", "lena@example.com: user",
				"the recipient of this message", "message for user", "the server said user", "mailbox on this server", "account of user", "rejected: user",
			},
			said: []string{
				"not found", "does not exist", "unknown", "is unknown", "could not be found", "cannot be found", "doesn't exist",
				"was not found", "no longer exists", "is not valid", "is invalid", "has been disabled", "is disabled",
				"has been suspended", "is inactive",
			},
			glue: " ",
		},
		{
			others:  []string{"Absender", "Absenderadresse", "Ihr Konto", "Ihre Domain", "SPF-Eintrag", "Domain des Absenders", "Ihre IP-Adresse", "Ihr Server"},
			contact: []string{"Benutzer", "Empfänger", "Postfach", "Adresse", "Empfängeradresse", "Konto"},
			said:    []string{"unbekannt", "nicht gefunden", "existiert nicht", "nicht vorhanden", "wurde nicht gefunden", "ist ungültig"}, glue: " ",
		},
		{
			others:  []string{"expéditeur", "adresse de l'expéditeur", "votre compte", "votre domaine", "domaine de l'expéditeur", "enregistrement SPF", "votre adresse IP", "votre serveur"},
			contact: []string{"utilisateur", "destinataire", "boîte aux lettres", "l'adresse", "compte"},
			said:    []string{"inconnu", "introuvable", "n'existe pas", "inexistant", "n'a pas été trouvé"}, glue: " ",
		},
		{
			others:  []string{"remitente", "dirección del remitente", "su cuenta", "su dominio", "dominio del remitente", "registro SPF", "su dirección IP", "su servidor"},
			contact: []string{"usuario", "destinatario", "buzón", "dirección de correo", "cuenta"},
			said:    []string{"desconocido", "no existe", "no encontrado", "inexistente", "no fue encontrado"}, glue: " ",
		},
		{
			others:  []string{"mittente", "indirizzo del mittente", "il tuo account", "il vostro dominio", "dominio del mittente", "record SPF", "indirizzo IP"},
			contact: []string{"utente", "destinatario", "casella", "indirizzo", "casella di posta"},
			said:    []string{"sconosciuto", "non trovato", "non esiste", "inesistente"}, glue: " ",
		},
		{
			others:  []string{"remetente", "endereço do remetente", "sua conta", "seu domínio", "domínio do remetente", "registro SPF", "seu endereço IP"},
			contact: []string{"usuário", "destinatário", "caixa postal", "endereço de e-mail", "conta"},
			said:    []string{"desconhecido", "não encontrado", "não existe", "inexistente"}, glue: " ",
		},
		{
			others:  []string{"afzender", "adres van afzender", "uw account", "uw domein", "SPF-record", "uw IP-adres", "domein van de afzender"},
			contact: []string{"gebruiker", "ontvanger", "postbus", "e-mailadres", "adres"},
			said:    []string{"onbekend", "niet gevonden", "bestaat niet"}, glue: " ",
		},
		{
			others:  []string{"nadawca", "adres nadawcy", "twoje konto", "twoja domena", "domena nadawcy", "rekord SPF", "adres IP"},
			contact: []string{"użytkownik", "odbiorca", "adresat", "skrzynka", "konto"},
			said:    []string{"nieznany", "nie istnieje", "nie znaleziono"}, glue: " ",
		},
		{
			others:  []string{"odesílatel", "adresa odesílatele", "váš účet", "vaše doména", "doména odesílatele", "SPF záznam"},
			contact: []string{"uživatel", "příjemce", "adresát", "schránka", "adresa"},
			said:    []string{"neexistuje", "neznámý", "nenalezen", "nebyl nalezen"}, glue: " ",
		},
		{
			others:  []string{"отправитель", "адрес отправителя", "ваш аккаунт", "ваш домен", "домен отправителя", "SPF-запись", "ваш IP-адрес"},
			contact: []string{"пользователь", "получатель", "адресат", "почтовый ящик", "адрес получателя"},
			said:    []string{"не найден", "не существует", "неизвестен"}, glue: " ",
		},
		{
			others:  []string{"gönderen", "gönderen adresi", "hesabınız", "alan adınız", "SPF kaydı", "IP adresiniz"},
			contact: []string{"kullanıcı", "alıcı", "posta kutusu", "e-posta adresi"},
			said:    []string{"bulunamadı", "mevcut değil", "bilinmiyor"}, glue: " ",
		},
		{
			others:  []string{"送信者", "送信元アドレス", "あなたのアカウント", "送信元ドメイン", "SPFレコード", "差出人のアドレス"},
			contact: []string{"ユーザー", "受信者", "宛先", "メールボックス", "メールアドレス"},
			said:    []string{"が存在しません", "が見つかりません", "は存在しません", "は見つかりませんでした"},
		},
		{
			others:  []string{"发件人", "发件人地址", "您的帐户", "您的域名", "SPF记录", "寄件者", "发件人域名"},
			contact: []string{"用户", "收件人", "邮箱", "收件人地址", "使用者", "信箱"},
			said:    []string{"不存在", "未找到", "无法找到", "找不到"},
		},
		{
			others:  []string{"발신자", "보낸 사람의 주소", "귀하의 계정", "SPF 레코드", "발신자 도메인"},
			contact: []string{"사용자", "수신자", "받는 사람", "메일함", "메일 주소"},
			said:    []string{"를 찾을 수 없습니다", "가 존재하지 않습니다", "이 존재하지 않습니다"},
		},
	} {
		judge := func(subjects []string, hard bool) {
			for _, subject := range subjects {
				for _, said := range l.said {
					line := "550 " + subject + l.glue + said
					if v := c.Explain(line); (v.Class == bouncehound.Hard) != hard {
						t.Errorf("%q is called %s by %s on %q", line, v.Reason, v.Rule, v.Matched)
					}
				}
			}
		}
		judge(l.others, false)
		judge(l.contact, true)
	}
}
