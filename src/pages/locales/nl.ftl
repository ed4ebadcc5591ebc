language-label = Taal
footer-contact = Hulp vragen
footer-terms = Gebruiksvoorwaarden
footer-privacy = Privacy
back = Terug naar de uitnodiging
about-chat = Chat met mensen hier en op andere servers, in een app naar keuze en zonder telefoonnummer.

month = { $month ->
    [1] januari
    [2] februari
    [3] maart
    [4] april
    [5] mei
    [6] juni
    [7] juli
    [8] augustus
    [9] september
    [10] oktober
    [11] november
   *[12] december
}
moment = { $day } { month } { $year } om { $hour }:{ $minute } UTC

landing-title = Je bent uitgenodigd om te chatten op { $site }
landing-title-by = { $inviter } nodigt je uit om te chatten op { $site }
landing-title-contact = Je bent uitgenodigd om te chatten met { $inviter }
landing-title-reset = Een nieuw wachtwoord voor { $site }
landing-preview = Open deze uitnodiging om een account bij { $site } te krijgen.
landing-preview-reset = Open deze link om een nieuw wachtwoord te kiezen.
landing-username = Je adres wordt
until-days = De uitnodiging is nog { $count ->
    [one] één dag
   *[other] { $count } dagen
} geldig, tot { $moment }.
until-hours = De uitnodiging is nog { $count ->
    [0] minder dan een uur
    [one] één uur
   *[other] { $count } uur
} geldig, tot { $moment }.
uses-left = { $count ->
    [one] Ze werkt nog voor één persoon.
   *[other] Ze werkt nog voor { $count } personen.
}
have-title = Ik heb een account
have-text = Voeg { $contact } toe aan je contacten in de app die je gebruikt.
have-button = Contact toevoegen
new-title = Ik ben nieuw hier
web-button = Maak een account in de browser
web-text = Nog geen app nodig: kies een naam en een wachtwoord, en daarna een app.
web-text-chat = Geen app nodig: kies een naam en een wachtwoord, en chat in de browser.
web-away = Op deze pagina kunnen nu geen accounts worden gemaakt. Probeer het over een paar minuten opnieuw.
uri-button = Ik heb een app voor XMPP
way-open = Open de uitnodiging in de app; die maakt je account.
more-title = Andere apps en apparaten
apps-device = Apps voor { $platform }
apps-choose = Kies een app
apps-other = Apps voor andere apparaten
apps-web = webbrowser
list-separator = { ", " }
phone-title = Ga verder op je telefoon
phone-text = Scan deze code met de camera van het andere apparaat.
phone-alt = QR-code van deze uitnodiging
paper-text = Scan deze code met de camera van je telefoon.
code-title = Op een ander apparaat
code-text = Voer deze code in op { $address }:
copy-button = Kopiëren
copy-done = Gekopieerd

mail-button = Uitnodiging openen
mail-button-reset = Een nieuw wachtwoord kiezen
mail-until = De link werkt tot { $moment }.
mail-help = Vragen? Stel ze hier: { $contact }
mail-why = Je krijgt dit bericht omdat iemand je adres heeft ingevuld bij { $site }. Is het niet voor jou bedoeld, dan hoef je niets te doen.

news-joined = { $address } doet nu mee dankzij je uitnodiging.
news-joined-more = { $address } en { $count ->
    [one] nog één persoon
   *[other] nog { $count } personen
} doen nu mee dankzij je uitnodigingen.
news-expiring = Je uitnodiging (gemaakt: { $created }) werkt nog maar tot { $moment }.
news-expiring-more = { $count ->
    [one] Een van je uitnodigingen verloopt binnenkort: { $moment }.
   *[other] { $count } van je uitnodigingen verlopen binnenkort, de eerste: { $moment }.
}

gone-unknown-title = Deze uitnodiging is niet bekend
gone-unknown-text = Misschien is de link onderweg afgebroken, of is de uitnodiging allang verlopen.
gone-redeemed-title = Deze uitnodiging is gebruikt
gone-redeemed-text = Elke uitnodiging werkt maar een bepaald aantal keren. Was jij het, open dan je app en log in.
gone-expired-title = Deze uitnodiging is verlopen
gone-expired-text = Uitnodigingen zijn beperkt geldig.
gone-revoked-title = Deze uitnodiging is ingetrokken
gone-revoked-text = Ze werkt niet meer.
gone-over-title = Deze uitnodiging is niet meer geldig
gone-over-text = De dienst waar ze naartoe leidt is hier niet meer.
gone-ask = Vraag degene die je deze link gaf om een nieuwe.
gone-enter = Een andere code invoeren

enter-title = Voer je uitnodigingscode in
enter-label = Uitnodigingscode
enter-hint = Hoofdletters, kleine letters en spaties maken niet uit. Je kunt ook de hele link plakken.
enter-button = Verder
enter-error-unknown = Er is geen uitnodiging met deze code. Vergelijk hem teken voor teken.
enter-error-empty = Voer de code van je uitnodiging in.
enter-error-wait = Dat waren te veel verkeerde codes. Wacht een minuut.

setup-title = Aan de slag met { $app }
setup-get = { $app } installeren
setup-get-text = Installeer de app op je apparaat en kom terug naar deze pagina.
setup-get-web = De app werkt in je browser. Open hem naast deze pagina.
setup-site = Website van { $app }
setup-elsewhere = Elders:
setup-open = Open de uitnodiging
setup-open-text = Open de uitnodiging in { $app } zodra de app is geïnstalleerd. De app helpt je dan verder.
setup-open-button = Openen in { $app }
setup-magic-button = { $app } met de uitnodiging installeren
setup-asks = Daarna vraagt { $app } achtereenvolgens:
setup-account = Maak je account
setup-account-text = { $app } heeft een bestaand account nodig. Maak het hier en log dan in met de app.
setup-account-none = { $app } heeft een bestaand account nodig. Maak er eerst een met een andere app en log dan in met deze.
setup-login = Inloggen
setup-login-text = Open { $app } en log in met je adres en je wachtwoord.

register-title = Maak je account bij { $site }
register-username = Gebruikersnaam
register-username-hint = Letters, cijfers en . _ - zonder spaties. Je adres wordt naam@{ $host }.
register-password = Wachtwoord
register-password-hint = { $count ->
    [one] Minstens één teken.
   *[other] Minstens { $count } tekens.
} Een paar woorden achter elkaar zijn makkelijk te onthouden en moeilijk te raden.
register-show = Tonen
register-hide = Verbergen
register-generate = Wachtwoord voorstellen
register-generated = Schrijf dit wachtwoord op of bewaar het voordat je verdergaat: het wordt niet nog eens getoond.
register-button = Account maken
register-terms = Door een account te maken ga je akkoord met de [gebruiksvoorwaarden].
error-summary = Er klopt nog iets niet
error-username-empty = Kies een gebruikersnaam.
error-username-invalid = Dit kan geen gebruikersnaam zijn: gebruik letters zoals a tot en met z, cijfers en . _ - zonder spaties.
error-username-address = Vul alleen in wat voor de @ staat; de rest ligt vast.
error-username-reserved = Deze naam is gereserveerd. Kies een andere.
error-username-taken = Iemand heeft deze naam al. Kies een andere.
error-username-other = Deze uitnodiging is voor een andere naam.
error-username-long = Deze naam is te lang. Kies een kortere.
error-username-bound = Deze naam is niet meer beschikbaar en de uitnodiging geldt voor geen andere. Vraag degene die je uitnodigde om een nieuwe uitnodiging.
error-username-bound-by = Deze naam is niet meer beschikbaar en de uitnodiging geldt voor geen andere. Vraag { $inviter } om een nieuwe uitnodiging.
error-username-proposal = Wat dacht je van { $name }?
error-password-empty = Kies een wachtwoord.
error-password-short = { $count ->
    [one] Het wachtwoord moet minstens één teken hebben.
   *[other] Het wachtwoord moet minstens { $count } tekens hebben.
}
error-password-long = Een wachtwoord mag hooguit { $count } tekens hebben.
error-password-weak = Dit wachtwoord is te makkelijk te raden. Gebruik meer woorden, of zeldzamere.
error-password-refused = De server neemt dit wachtwoord niet aan. Kies een ander.
error-form = Het formulier stond te lang open, of je browser stuurt geen cookies. Verstuur het nog een keer.
error-away = De server is nu niet bereikbaar. Je uitnodiging gaat niet verloren; probeer het over een paar minuten opnieuw.
error-not-allowed = De server staat dit account niet toe. Kies een andere naam of vraag om hulp.
closed-title = Hier worden geen accounts gemaakt
closed-text = Open de uitnodiging in een app.
closed-nowhere = Vraag degene die je uitnodigde hoe je er een krijgt.
closed-reset-title = Hier worden geen wachtwoorden ingesteld
closed-reset-text = Op deze pagina kan het wachtwoord niet worden ingesteld. Vraag degene die je deze link gaf hoe het verder gaat.

done-title = Je account is klaar
done-address = Je adres
done-login = Inloggen met { $app }
done-apps = Kies nu een app en log in met je adres en je wachtwoord.
done-webchat = Chatten in de browser
done-keep = Bewaar je wachtwoord goed; het wordt niet nog eens getoond.

manage-title = Uitnodigingen
manage-sign-in = Inloggen
manage-sign-out = Uitloggen
manage-signed-in = Ingelogd: { $who }
manage-address = Je adres
manage-address-hint = Met een account bij { $hosts }.
manage-key-title = Met een API-sleutel
manage-key = API-sleutel
manage-key-hint = De hele sleutel, zoals je die hebt gekregen.
manage-refused = Dat klopt niet. Controleer wat je hebt ingevuld.
manage-wait = Dat waren te veel mislukte pogingen. Probeer het later opnieuw.
manage-away = De server is nu niet bereikbaar. Probeer het over een paar minuten opnieuw.
manage-new = Nieuwe uitnodiging
manage-create = Uitnodiging maken
manage-kind = Waar de uitnodiging voor is
manage-kind-account = Een account
manage-kind-contact = Een account en een contact
manage-kind-reset = Een nieuw wachtwoord
manage-host = Server
manage-name-hint = De uitnodiging geldt alleen voor deze naam. Laat het veld leeg om de naam te laten kiezen; voor een nieuw wachtwoord is de naam nodig.
manage-contact = Contact
manage-contact-hint = Het adres van iemand bij { $host }, die een contact van het nieuwe account wordt.
manage-uses = Hoeveel mensen de uitnodiging kunnen gebruiken
manage-uses-hint = Een geheel getal, hoogstens { $most }.
manage-ttl = Hoelang de uitnodiging geldig is
manage-ttl-hint = Bijvoorbeeld 12h voor uren of 7d voor dagen, hoogstens { $most }.
manage-groups = Groepen
manage-groups-hint = Gescheiden door komma’s; het nieuwe account komt erin.
manage-mail = Per e-mail sturen naar
manage-mail-hint = Een e-mailadres als de link gemaild moet worden; laat het anders leeg.
manage-note = Notitie
manage-note-hint = Voor wie uitnodigingen beheert; wie wordt uitgenodigd, ziet dit niet.
manage-error-text = Dit is te lang of bevat tekens die hier niet kunnen.
manage-error-nobody = Er is geen account met die naam.
manage-error-mail = Vul één e-mailadres in, bijvoorbeeld juliet@example.com.
manage-error-mails = Naar dit adres zijn voorlopig zoveel mails gestuurd als mag. Geef de link zelf door.
manage-error-limit = Je hebt nu zoveel uitnodigingen als je mag hebben. Probeer het later opnieuw.
manage-error-scope = Dit mag je niet: { $scopes }.
manage-status = Status
manage-all = Alle
manage-pending = Open
manage-redeemed = Gebruikt
manage-expired = Verlopen
manage-revoked = Ingetrokken
manage-filter = Tonen
manage-none = Zulke uitnodigingen zijn er niet.
manage-newest = Nieuwste uitnodigingen
manage-older = Oudere uitnodigingen
manage-until = Geldig tot
manage-by = Gemaakt door
manage-used-by = Gebruikt door
manage-tree = Wie wie heeft uitgenodigd
manage-tree-none = Er is nog niemand uitgenodigd.
manage-tree-more = Meer accounts
manage-invited-by = Uitgenodigd door
manage-link = Geef deze link door:
manage-card = Kaart om af te drukken
manage-revoke = Uitnodiging intrekken
manage-restore = Weer geldig maken
manage-extend = Verlengen

reset-title = Kies een nieuw wachtwoord
reset-address = Voor het account
reset-password = Nieuw wachtwoord
reset-button = Wachtwoord instellen
reset-done-title = Je nieuwe wachtwoord is ingesteld
reset-done-text = Log er in al je apps mee in.

problem-not-found = Hier is niets
problem-not-found-text = Controleer het adres.
problem-too-many = Te veel verzoeken
problem-too-many-text = Wacht een minuut en probeer het opnieuw.
problem-too-large = Te veel gegevens
problem-too-large-text = Het formulier is groter dan we aannemen.
problem-later = Probeer het later opnieuw
problem-later-text = Dit werkt op dit moment niet; er is niets veranderd.
problem-unsure-text = Er kwam niet op tijd een antwoord; misschien is het toch gelukt. Open je link over een paar minuten opnieuw.
problem-other = Dit is niet gelukt
problem-other-text = Je browser stuurde iets wat we niet begrijpen.
problem-internal = Er ging hier iets mis
problem-internal-text = Het ligt niet aan jou. Probeer het later opnieuw.
problem-request = Verzoek { $id }

app-conversations = Een makkelijke app met bellen en versleutelde chats.
app-cheogram = Familie van Conversations die ook het telefoonnet bereikt.
app-monocles = Familie van Conversations met veel instellingen.
app-monal = Een chatapp voor Apple-apparaten, met versleutelde chats.
app-siskin = Een lichte app voor iPhone en iPad.
app-beagle = Een lichte app voor de Mac.
app-dino = Een moderne, overzichtelijke app voor de desktop.
app-gajim = Een desktop-app met veel functies.
app-kaidan = Een vriendelijke app uit de KDE-gemeenschap.
app-psi = Een desktop-app waarin alles in te stellen is.
app-psi-plus = Psi met de nieuwste functies.
app-profanity = Chatten in de terminal, met alleen het toetsenbord.
app-movim = Chats en een sociaal netwerk in de browser.
app-converse = Chatten in de browser, zonder iets te installeren.

how-play = Uit Google Play opent { $app } de uitnodiging vanzelf. Kom anders hier terug om de uitnodiging te openen.
how-name = Je naam: die wordt het eerste deel van je adres.
how-password = Een wachtwoord: kies een lang wachtwoord en bewaar het goed.
how-picture = Een foto van jou: die mag je overslaan.
how-notifications = Meldingen: sta ze toe, anders zie je berichten te laat.
how-app-store = De App Store geeft de uitnodiging niet door: kom hier terug en open die in { $app }.
how-log-in = Kies bij de eerste start voor inloggen, niet voor een nieuw account.
how-terminal = Typ in { $app } /connect en je adres, en daarna je wachtwoord.
how-site = Kies een site die { $app } aanbiedt en log daar in met je adres.
how-open = Je hoeft niets te installeren: log in de browser in met je adres.
