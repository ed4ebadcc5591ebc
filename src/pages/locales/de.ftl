language-label = Sprache
footer-contact = Hilfe
footer-terms = Nutzungsbedingungen
footer-privacy = Datenschutz
back = Zurück zur Einladung
about-chat = Chatte mit Menschen hier und auf anderen Servern, in einer App deiner Wahl und ohne Telefonnummer.

month = { $month ->
    [1] Januar
    [2] Februar
    [3] März
    [4] April
    [5] Mai
    [6] Juni
    [7] Juli
    [8] August
    [9] September
    [10] Oktober
    [11] November
   *[12] Dezember
}
moment = { $day }. { month } { $year }, { $hour }:{ $minute } Uhr UTC

landing-title = Einladung zum Chatten bei { $site }
landing-title-by = { $inviter } lädt dich zum Chatten bei { $site } ein
landing-title-contact = Einladung zum Chatten mit { $inviter }
landing-title-reset = Ein neues Passwort für { $site }
landing-preview = Öffne diese Einladung, um ein Konto bei { $site } zu bekommen.
landing-preview-reset = Öffne diesen Link, um ein neues Passwort zu wählen.
landing-username = Deine Adresse wird lauten
until-days = Die Einladung gilt noch { $count ->
    [one] einen Tag
   *[other] { $count } Tage
}, bis { $moment }.
until-hours = Die Einladung gilt noch { $count ->
    [0] weniger als eine Stunde
    [one] eine Stunde
   *[other] { $count } Stunden
}, bis { $moment }.
uses-left = { $count ->
    [one] Sie reicht noch für eine Person.
   *[other] Sie reicht noch für { $count } Personen.
}
have-title = Ich habe ein Konto
have-text = Füge { $contact } in der App, die du benutzt, zu deinen Kontakten hinzu.
have-button = Kontakt hinzufügen
new-title = Ich bin neu hier
web-button = Konto im Browser anlegen
web-text = Ganz ohne App: Wähle einen Namen und ein Passwort, und danach in Ruhe eine App.
web-text-chat = Ganz ohne App: Wähle einen Namen und ein Passwort, und chatte im Browser.
web-away = Auf dieser Seite können gerade keine Konten angelegt werden. Bitte versuche es in ein paar Minuten noch einmal.
uri-button = Ich habe eine App für XMPP
way-open = Öffne die Einladung in der App; sie legt dein Konto an.
more-title = Andere Apps und Geräte
apps-device = Apps für { $platform }
apps-choose = Wähle eine App
apps-other = Apps für andere Geräte
apps-web = Webbrowser
list-separator = { ", " }
phone-title = Am Handy weitermachen
phone-text = Scanne diesen Code mit der Kamera des anderen Geräts.
phone-alt = QR-Code dieser Einladung
paper-text = Scanne diesen Code mit der Kamera deines Handys.
code-title = Auf einem anderen Gerät
code-text = Gib diesen Code auf { $address } ein:
copy-button = Kopieren
copy-done = Kopiert

mail-button = Einladung öffnen
mail-button-reset = Neues Passwort wählen
mail-until = Der Link gilt bis { $moment }.
mail-help = Fragen? Hilfe gibt es hier: { $contact }
mail-why = Du bekommst diese Nachricht, weil jemand bei { $site } deine Adresse angegeben hat. Wenn sie nicht für dich ist, musst du nichts tun.

news-joined = { $address } ist über deine Einladung dazugekommen.
news-joined-more = { $address } und { $count ->
    [one] eine weitere Person
   *[other] { $count } weitere
} sind über deine Einladungen dazugekommen.
news-expiring = Deine Einladung (erstellt: { $created }) gilt nur noch bis { $moment }.
news-expiring-more = { $count ->
    [one] Eine deiner Einladungen läuft bald ab: { $moment }.
   *[other] { $count } deiner Einladungen laufen bald ab, die erste: { $moment }.
}

gone-unknown-title = Diese Einladung ist nicht bekannt
gone-unknown-text = Vielleicht wurde der Link unterwegs abgeschnitten, oder die Einladung ist lange abgelaufen.
gone-redeemed-title = Diese Einladung wurde benutzt
gone-redeemed-text = Jede Einladung funktioniert nur begrenzt oft. Wenn du es warst, öffne deine App und melde dich an.
gone-expired-title = Diese Einladung ist abgelaufen
gone-expired-text = Einladungen gelten nur eine gewisse Zeit.
gone-revoked-title = Diese Einladung wurde zurückgenommen
gone-revoked-text = Sie gilt nicht mehr.
gone-over-title = Diese Einladung gilt nicht mehr
gone-over-text = Den Dienst, zu dem sie führt, gibt es hier nicht mehr.
gone-ask = Bitte die Person, von der du den Link hast, um einen neuen.
gone-enter = Anderen Code eingeben

enter-title = Gib deinen Einladungscode ein
enter-label = Einladungscode
enter-hint = Groß- und Kleinschreibung und Leerzeichen spielen keine Rolle. Du kannst auch den ganzen Link einfügen.
enter-button = Weiter
enter-error-unknown = Zu diesem Code gibt es keine Einladung. Bitte vergleiche ihn Zeichen für Zeichen.
enter-error-empty = Bitte gib den Code deiner Einladung ein.
enter-error-wait = Das waren zu viele falsche Codes. Bitte warte eine Minute.

setup-title = Mit { $app } loslegen
setup-get = { $app } holen
setup-get-text = Installiere die App auf deinem Gerät und komm dann auf diese Seite zurück.
setup-get-web = Sie läuft im Browser. Öffne sie neben dieser Seite.
setup-site = Website von { $app }
setup-elsewhere = Anderswo:
setup-open = Einladung öffnen
setup-open-text = Wenn { $app } installiert ist, öffne die Einladung darin. Die App führt dich dann weiter.
setup-open-button = In { $app } öffnen
setup-magic-button = { $app } mit der Einladung holen
setup-asks = { $app } fragt dann der Reihe nach:
setup-account = Konto anlegen
setup-account-text = { $app } braucht ein bestehendes Konto. Lege es hier an und melde dich dann in der App an.
setup-account-none = { $app } braucht ein bestehendes Konto. Lege es zuerst mit einer anderen App an und melde dich dann mit dieser an.
setup-login = Anmelden
setup-login-text = Öffne { $app } und melde dich mit deiner Adresse und deinem Passwort an.

register-title = Lege dein Konto bei { $site } an
register-username = Benutzername
register-username-hint = Buchstaben, Ziffern und . _ - ohne Leerzeichen. Deine Adresse wird name@{ $host } lauten.
register-password = Passwort
register-password-hint = { $count ->
    [one] Mindestens ein Zeichen.
   *[other] Mindestens { $count } Zeichen.
} Ein paar Wörter hintereinander sind leicht zu merken und schwer zu erraten.
register-show = Anzeigen
register-hide = Verbergen
register-generate = Passwort vorschlagen
register-generated = Schreibe dieses Passwort auf oder speichere es, bevor du weitermachst: Es wird nicht noch einmal gezeigt.
register-button = Konto anlegen
register-terms = Mit dem Konto stimmst du den [Nutzungsbedingungen] zu.
error-summary = Etwas stimmt noch nicht
error-username-empty = Bitte wähle einen Benutzernamen.
error-username-invalid = Das kann kein Benutzername sein: Nimm Buchstaben wie a bis z, Ziffern und . _ - ohne Leerzeichen.
error-username-address = Gib nur ein, was vor dem @ steht; der Rest steht fest.
error-username-reserved = Dieser Name ist reserviert. Bitte wähle einen anderen.
error-username-taken = Diesen Namen hat schon jemand. Bitte wähle einen anderen.
error-username-other = Diese Einladung ist für einen anderen Namen.
error-username-long = Dieser Name ist zu lang. Bitte wähle einen kürzeren.
error-username-bound = Dieser Name ist nicht mehr zu haben, und die Einladung gilt für keinen anderen. Bitte die Person, die dich eingeladen hat, um eine neue Einladung.
error-username-bound-by = Dieser Name ist nicht mehr zu haben, und die Einladung gilt für keinen anderen. Bitte { $inviter } um eine neue Einladung.
error-username-proposal = Wie wäre es mit { $name }?
error-password-empty = Bitte wähle ein Passwort.
error-password-short = { $count ->
    [one] Das Passwort braucht mindestens ein Zeichen.
   *[other] Das Passwort braucht mindestens { $count } Zeichen.
}
error-password-long = Ein Passwort kann höchstens { $count } Zeichen haben.
error-password-weak = Dieses Passwort ist zu leicht zu erraten. Nimm mehr oder seltenere Wörter.
error-password-refused = Der Server nimmt dieses Passwort nicht. Bitte wähle ein anderes.
error-form = Das Formular war zu lange offen, oder dein Browser sendet keine Cookies. Bitte sende es noch einmal ab.
error-away = Der Server ist gerade nicht erreichbar. Deine Einladung geht nicht verloren; bitte versuche es in ein paar Minuten noch einmal.
error-not-allowed = Der Server lässt dieses Konto nicht zu. Bitte wähle einen anderen Namen oder bitte um Hilfe.
closed-title = Konten werden hier nicht angelegt
closed-text = Bitte öffne die Einladung in einer App.
closed-nowhere = Frage die Person, die dich eingeladen hat, wie du eines bekommst.
closed-reset-title = Passwörter werden hier nicht gesetzt
closed-reset-text = Auf dieser Seite kann das Passwort nicht gesetzt werden. Frage die Person, von der du den Link hast, wie es weitergeht.

done-title = Dein Konto ist fertig
done-address = Deine Adresse
done-login = Mit { $app } anmelden
done-apps = Wähle nun eine App und melde dich mit deiner Adresse und deinem Passwort an.
done-webchat = Im Browser chatten
done-keep = Bewahre dein Passwort gut auf; es wird nicht noch einmal gezeigt.

manage-title = Einladungen
manage-sign-in = Anmelden
manage-sign-out = Abmelden
manage-signed-in = Angemeldet: { $who }
manage-address = Deine Adresse
manage-address-hint = Mit einem Konto bei { $hosts }.
manage-key-title = Mit einem API-Schlüssel
manage-key = API-Schlüssel
manage-key-hint = Der ganze Schlüssel, so wie du ihn bekommen hast.
manage-refused = Das stimmt nicht. Bitte prüfe, was du eingegeben hast.
manage-wait = Das waren zu viele Fehlversuche. Bitte versuche es später noch einmal.
manage-away = Der Server ist gerade nicht erreichbar. Bitte versuche es in ein paar Minuten noch einmal.
manage-new = Neue Einladung
manage-create = Einladung erstellen
manage-kind = Wofür sie ist
manage-kind-account = Ein Konto
manage-kind-contact = Ein Konto und ein Kontakt
manage-kind-reset = Ein neues Passwort
manage-host = Server
manage-name-hint = Die Einladung gilt nur für diesen Namen. Lass das Feld leer, damit der Name frei gewählt werden kann; für ein neues Passwort wird er gebraucht.
manage-contact = Kontakt
manage-contact-hint = Die Adresse einer Person bei { $host }, die ein Kontakt des neuen Kontos wird.
manage-uses = Wie viele Personen sie benutzen können
manage-uses-hint = Eine ganze Zahl, höchstens { $most }.
manage-ttl = Wie lange sie gilt
manage-ttl-hint = Zum Beispiel 12h für Stunden oder 7d für Tage, höchstens { $most }.
manage-groups = Gruppen
manage-groups-hint = Durch Kommas getrennt; das neue Konto kommt hinein.
manage-mail = Per Mail senden an
manage-mail-hint = Eine Mailadresse, wenn der Link per Mail gehen soll; sonst leer lassen.
manage-note = Notiz
manage-note-hint = Für alle, die Einladungen verwalten; wer eingeladen wird, sieht sie nicht.
manage-error-text = Das ist zu lang oder enthält Zeichen, die hier nicht gehen.
manage-error-nobody = Es gibt kein Konto mit diesem Namen.
manage-error-mail = Gib eine einzelne Mailadresse ein, zum Beispiel juliet@example.com.
manage-error-mails = An diese Adresse gingen im Moment schon so viele Mails, wie es sein dürfen. Bitte gib den Link selbst weiter.
manage-error-limit = Du hast so viele Einladungen, wie du im Moment haben darfst. Bitte versuche es später noch einmal.
manage-error-scope = Das ist dir nicht erlaubt: { $scopes }.
manage-status = Zustand
manage-all = Alle
manage-pending = Offen
manage-redeemed = Benutzt
manage-expired = Abgelaufen
manage-revoked = Zurückgenommen
manage-filter = Anzeigen
manage-none = Es gibt keine solchen Einladungen.
manage-newest = Neueste Einladungen
manage-older = Ältere Einladungen
manage-until = Gültig bis
manage-by = Erstellt von
manage-used-by = Benutzt von
manage-tree = Wer wen eingeladen hat
manage-tree-none = Noch wurde niemand eingeladen.
manage-tree-more = Weitere Konten
manage-invited-by = Eingeladen von
manage-link = Gib diesen Link weiter:
manage-card = Karte zum Ausdrucken
manage-revoke = Einladung zurücknehmen
manage-restore = Wieder gültig machen
manage-extend = Verlängern

reset-title = Wähle ein neues Passwort
reset-address = Für das Konto
reset-password = Neues Passwort
reset-button = Passwort setzen
reset-done-title = Dein neues Passwort gilt
reset-done-text = Melde dich in allen deinen Apps damit an.

problem-not-found = Hier ist nichts
problem-not-found-text = Bitte prüfe die Adresse.
problem-too-many = Zu viele Anfragen
problem-too-many-text = Bitte warte eine Minute und versuche es noch einmal.
problem-too-large = Zu viele Daten
problem-too-large-text = Das Formular ist größer, als wir annehmen.
problem-later = Versuche es später noch einmal
problem-later-text = Das geht gerade nicht; es hat sich nichts geändert.
problem-unsure-text = Es kam rechtzeitig keine Antwort; vielleicht hat es trotzdem geklappt. Bitte öffne deinen Link in ein paar Minuten noch einmal.
problem-other = Das hat nicht geklappt
problem-other-text = Dein Browser hat etwas gesendet, das wir nicht verstehen.
problem-internal = Hier ist etwas schiefgegangen
problem-internal-text = Es liegt nicht an dir. Bitte versuche es später noch einmal.
problem-request = Anfrage { $id }

app-conversations = Eine einfache App mit Anrufen und verschlüsselten Chats.
app-cheogram = Eine Verwandte von Conversations, die auch das Telefonnetz erreicht.
app-monocles = Eine Verwandte von Conversations mit vielen Einstellungen.
app-monal = Eine Chat-App für Geräte von Apple, mit verschlüsselten Chats.
app-siskin = Eine schlanke App für iPhone und iPad.
app-beagle = Eine schlanke App für den Mac.
app-dino = Eine moderne, aufgeräumte App für den Desktop.
app-gajim = Eine Desktop-App mit vielen Funktionen.
app-kaidan = Eine freundliche App aus der KDE-Gemeinschaft.
app-psi = Eine Desktop-App, an der sich alles einstellen lässt.
app-psi-plus = Psi mit seinen neuesten Funktionen.
app-profanity = Chatten im Terminal, allein mit der Tastatur.
app-movim = Chats und ein soziales Netzwerk im Browser.
app-converse = Chatten im Browser, ganz ohne Installation.

how-play = Aus Google Play öffnet { $app } die Einladung von selbst. Sonst komm hierher zurück und öffne sie.
how-name = Dein Name: Er wird der erste Teil deiner Adresse.
how-password = Ein Passwort: Wähle ein langes, und bewahre es gut auf.
how-picture = Ein Bild von dir: Das kannst du überspringen.
how-notifications = Mitteilungen: Erlaube sie, sonst siehst du Nachrichten zu spät.
how-app-store = Der App Store gibt die Einladung nicht weiter: Komm hierher zurück und öffne sie in { $app }.
how-log-in = Entscheide dich beim ersten Start fürs Anmelden, nicht für ein neues Konto.
how-terminal = Gib in { $app } /connect und deine Adresse ein, danach dein Passwort.
how-site = Wähle eine Website, die { $app } anbietet, und melde dich dort mit deiner Adresse an.
how-open = Zu installieren ist nichts: Melde dich im Browser mit deiner Adresse an.
