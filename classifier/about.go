package classifier

// A saying is what a text speaks of besides the recipient, or says of the time.
type saying uint8

const (
	saysEarly  saying = 1 << iota // refused before the recipient was named
	saysSender                    // speaks of the sender, his server or his login
	saysNow                       // it is so for now only
	saysOther                     // speaks of a thing that only has the recipient in its name
	saysPolicy                    // gives a rule or a limit as the cause, which a code about the address does not fit
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
	"sender*", "*sender verify*", "*verification failed for*", "mail from", "mailfrom", "from user", "from address", "from domain",
	"from field", "in from", "in the from", "from-address", "from: address", "return address*", "reply address", "errors-to", "responsible address", "mail server address",
	"submitter", "submitting*", "client account", "client address", "connecting host", "connecting client", "connecting server", "remote client", "authenticated account",
	"smtp account", "sasl", "login user", "login account", "your login", "your user", "your company", "your provider", "your address is", "your address has", "your address was",
	"relay account", "moderator address", "you are not *", "forged*", "ip address has*", "ip address was*", "ip has been*", "verp address", "return path", "return-path", "envelope from", "helo", "ehlo", "client host", "client is not*",
	"device is not*", "your ip", "your account", "your mailbox", "your subscription", "your email account", "your e-mail account",
	"your mail account", "your user account", "your domain", "your host", "your server", "your mail server", "your network", "your helo",
	"authentication*", "smtp auth", "smtp authentication", "authenticated user", "unauthenticated", "not authenticated",
	"reverse", "ptr", "rdns", "authenticate", "your reputation", "ip address not*", "ip address is*", "ip address does*", "blacklist*", "blocklist*", "blocked using",
	"blocked by", "message-id", "certificate", "url", "attachment", "spf", "dkim", "dmarc", "harvest*", "dictionary attack*", "outgoing", "outbound", "sending",
	"recipient limit", "recipient count", "user limit", "too many", "used to send", "smtp user", "disposition-notification-to", "return-receipt-to", "abuse contact", "postmaster contact", "smtp is disabled", "header", "headers",
	"from: header", "reply-to", "rbl", "dnsbl", "relay user", "relay access", "of this relay", "allowed domains",
	"allowed list", "allow list", "list of permitted*", "permitted posters", "whitelist*", "tried to post", "no posts", "to relay", "mail relay", "unknown network",

	"absender*", "ihr konto", "ihr account", "ihr benutzerkonto", "ihr mailkonto", "ihr postfach*", "dein konto", "ihr server", "ihre domain*", "ihre ip*",
	"ip-adresse*", "rückwärtsauflösung*", "zertifikat*", "expéditeur*", "expediteur*", "émetteur*", "emetteur*", "émission", "votre compte", "votre boîte*",
	"votre serveur", "votre domaine", "adresse ip", "authentification", "remitente*", "su cuenta", "su buzón", "tu cuenta", "su dominio",
	"su servidor", "su ip", "dirección ip", "direccion ip", "origen", "mittente*", "tuo account", "tua casella", "suo account", "vostro account",
	"vostro dominio", "vostro server", "indirizzo ip", "origine", "remetente*", "sua conta", "sua caixa*", "tua conta", "vossa conta", "seu domínio",
	"seu servidor", "seu ip", "endereço ip", "origem", "afzender*", "uw account", "uw postbus", "uw mailbox", "jouw account", "je account", "uw domein", "uw server",
	"ip-adres*", "nadawc*", "twoje konto", "twoja skrzynka", "państwa konto", "pana konto", "twoja domena", "adres ip", "odesílatel*", "odosielateľ*",
	"váš účet", "vášho účtu", "vášmu účtu", "vaše schránka", "vaše doména", "ip adresa", "avsändar*", "afsender*", "avsender*", "lähettäj*", "feladó*", "expeditor*",
	"αποστολέα*", "*שולח*", "*المرسل*", "người gửi", "pengirim*", "*ผู้ส่ง*", "изпращач*", "подател*", "pošiljatelj*", "pošiljalac*", "angemeldet haben", "connecté*", "conectado*", "collegato*",
	"gönderen*", "hesabınız*", "alan adınız*", "sunucunuz*", "ip adresi*",
	"отправител*", "відправник*", "ваш ip", "ваш аккаунт", "ваш почтовый ящик", "ваш ящик", "ваша учетная запись", "ваша учётная запись", "вашей учетной записи",
	"ваш домен*", "ваш сервер*", "ip-адрес*",

	"antwortadresse*", "rücksendeadresse*", "rückadresse*", "from-adresse*", "ihre adresse", "sendende*", "einliefernde*", "ihr login", "adresse de retour", "adresse de réponse",
	"votre adresse", "adresse from", "authentifié*", "hôte distant", "dirección de respuesta", "direccion de respuesta", "dirección de retorno", "su dirección", "autenticado*",
	"seu endereço", "endereço de retorno", "endereço de resposta", "vostro indirizzo", "suo indirizzo", "tuo indirizzo", "indirizzo di ritorno", "indirizzo di risposta",
	"autenticato*", "uw adres", "ingelogde*", "antwoordadres*", "retouradres*", "adres zwrotny", "adres do odpowiedzi", "twój adres", "państwa adres", "zalogowan*", "twój serwer",
	"návratová adresa", "zpáteční adresa", "vaše adresa", "váš server", "přihlášen*", "din adress*", "ditt konto", "din konto", "svarsadress*", "svaradress*", "returadress*", "inloggad*", "yanıt adres*", "adresiniz*", "oturum açan*",
	"обратный адрес*", "адрес для ответа", "ваш адрес", "авторизованн*", "*您的地址*", "*回信地址*", "*退信地址*", "*登录用户*", "*客户端*",
	"*返信先*", "*あなたのアドレス*", "*認証ユーザ*", "*회신 주소*", "*귀하의 주소*", "*인증 사용자*",

	"password*", "passwort*", "kennwort*", "credential*", "mot de passe", "contraseña*", "contrasena*", "senha*", "wachtwoord*", "hasło*",
	"hasla*", "heslo*", "парол*", "şifre*", "parola*", "*パスワード*", "*密码*", "*密碼*", "*비밀번호*", "*암호*",
	"*ip地址*", "*ip 地址*", "*ip位址*", "*ip 주소*", "*ip주소*", "*ipアドレス*", "*发送地址*", "*发信地址*", "*送信アドレス*", "*送信者*", "*差出人*", "*送信元*", "*発信者*", "*発信元*", "*あなたのアカウント*", "*お客様のアカウント*", "*あなたのドメイン*",
	"*发件人*", "*發件人*", "*发信人*", "*發信人*", "*发送者*", "*发送方*", "*寄件者*", "*寄件人*", "*寄信人*",
	"*您的账户*", "*您的邮箱*", "*您的郵箱*", "*您的帐户*", "*您的账号*", "*您的帐号*", "*您的帳號*", "*您的帳戶*", "*您的域名*", "*您的ip*",
	"*발신자*", "*송신자*", "*송신 도메인*", "*보낸 사람*", "*보내는 사람*", "*귀하의 계정*", "*고객님의 계정*", "*귀하의 도메인*",
}

// aboutOther are things that are named after recipients, users and hosts, and what else
// is looked up and not found or switched off: none of it is the recipient.
var aboutOther = []string{
	"user agent", "user-agent", "user database not*", "user database is*", "user map", "user filter", "user header", "user preference*", "user unknown error*",
	"database not*", "database does not*", "database is not*", "map not*", "directory not*", "mailbox server", "account server",
	"lookup server", "verification server", "validation service", "store does not*", "store not*", "account manager", "access token*",
	"address book of", "recipient map", "recipient policy", "recipient policies", "policy for recipient", "recipient domain restriction*", "domain policy",
	"recipient restriction*", "recipient filter", "recipient limits", "mailbox policy", "mailbox format", "mailbox license",
	"address book policy", "license of", "licence of", "filter script*", "script of", "sieve script*", "sieve filter*",
	"encryption key*", "public key*", "pgp", "gpg", "openpgp", "s/mime", "smime", "key for", "key of", "character set",
	"charset", "tracking domain", "command order", "mail error", "source address", "origin host", "origin address",
	"originating host", "originating address", "originating mailbox", "originating domain", "originating user", "originator*", "author address", "author's address", "author domain",
	"author is*", "source user", "source domain", "source account", "bounce domain", "link domain", "signing domain", "signature domain", "connection from",
	"bounce address", "callback verification*", "posting denied", "member of this list", "user of this list",
	"user of the list", "trial account", "you authenticated*", "authenticated as", "logged in as", "login name",
	"transport rule*", "ticket", "web address*", "website*", "api key*", "dns server", "mail flow rule*", "the link*", "link in*", "links in*", "submission user", "smtp login", "originating server*", "external mail is disabled", "external mail has been disabled", "forwarding is disabled",
	"over quota", "quota exceeded", "mailbox full", "mailbox is full", "auto-forwarding*", "autoforward*",
	"schlüssel*", "clé du*", "clé publique*", "clave*", "certificat*", "certificad*", "certyfikat*", "certifikát*", "sertifika*", "сертификат*", "сертифікат*", "chiave*", "chave*", "sleutel*", "klucz*", "klíč*", "ключ получател*", "открытый ключ*", "ключ шифрования*", "anahtar*",
	"skript*", "sitzung*", "weiterleitung*", "benutzergruppe*", "benutzerdatenbank ist*", "benutzerdatenbank wurde*", "benutzerdatenbank existiert*", "smtp-benutzer*", "anmeldende*", "abwesenheits*", "richtlinie*", "datei*", "verzeichnis des*",
	"script de*", "script do*", "script van*", "session de l'utilisateur", "fichier*", "redirection*", "politique*", "répertoire de*", "pièce jointe*", "utilisateur smtp", "base des utilisateurs", "groupe d'utilisateurs",
	"sesión*", "archivo*", "reenvío*", "política*", "directorio del*", "adjunto*", "usuario smtp", "base de datos*", "grupo de usuarios",
	"sessione*", "file dell*", "inoltro*", "allegat*", "utente smtp", "gruppo di utenti", "database degli*", "sessão*", "arquivo*", "encaminhamento*", "anexo*", "usuário smtp", "banco de dados*", "grupo de usuários",
	"sessie*", "bestand*", "doorstur*", "bijlage*", "certificaat*", "smtp-gebruiker*", "gebruikersgroep*", "uw gebruikersaccount", "gebruikersdatabase is*", "gebruikersdatabase bestaat*",
	"skrypt*", "sesj*", "plik*", "przekierowani*", "załącznik*", "użytkownik smtp", "grupa użytkowników", "baza użytkowników", "relace*", "soubor*", "přesměrování*", "příloh*", "skupina uživatelů", "databáze uživatelů", "váš uživatelský účet",
	"скрипт*", "сесси*", "файл*", "переадресаци*", "вложени*", "пользователь smtp", "группа пользователей", "база данных*", "betiği*", "oturum*", "dosya*", "kullanıcı grubu*", "kullanıcı veritabanı*",
	"lösenord*", "certifikat*", "nyckel*", "bilaga*", "användargrupp*", "användarens fil*", "användardatabasen*", "ditt användarkonto",
	"*スクリプト*", "*ユーザーグループ*", "*ファイル*", "*データベースが*", "*脚本*", "*会话*", "*文件*", "*用户组*", "*数据库不*", "*数据库未*", "*数据库无*", "*您的用户*",
	"*스크립트*", "*세션*", "*파일*", "*사용자 그룹*", "*데이터베이스가*", "*데이터베이스를*", "*귀하의 사용자*",
	"*公開鍵*", "*証明書*", "*密钥*", "*密鑰*", "*证书*", "*證書*", "*憑證*", "*인증서*", "*공개 키*", "*공개키*",
}

// otherCause are words for causes that have nothing to do with whether the address
// works, whatever the code.
var otherCause = []string{"policy", "policies", "quota"}

// forNow are words that say that it is so for the moment. The address may be as
// good as ever then.
var forNow = []string{
	"try again later", "try again in", "try later", "retry later", "right now", "at this time", "at the moment",
	"try again tomorrow", "come back later", "please retry", "retry after", "for the time being", "for a short while", "momentarily", "at present",
	"maintenance", "outage", "system upgrade", "technical problem*", "technical difficult*",
	"greylist*", "graylist*", "temporary failure", "temporary error", "temporary problem", "temporarily unavailable",
	"vorübergehend*", "versuchen sie es später*", "später noch einmal*", "temporairement", "réessayer plus tard",
	"temporalmente", "más tarde", "temporaneamente", "più tardi", "temporariamente", "mais tarde", "tijdelijk*",
	"tymczasowo", "później", "dočasně", "временно", "позже", "тимчасово", "geçici*", "daha sonra*",
	"*一時的*", "*後で*", "*しばらく*", "*暂时*", "*稍后*", "*暫時*", "*稍後*", "*일시적*", "*나중에*",
}
