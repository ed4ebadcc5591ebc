language-label = Språk
footer-contact = Be om hjälp
footer-terms = Användarvillkor
footer-privacy = Integritet
back = Tillbaka till inbjudan
about-chat = Chatta med folk här och på andra servrar, i en app som du själv väljer och utan telefonnummer.

month = { $month ->
    [1] januari
    [2] februari
    [3] mars
    [4] april
    [5] maj
    [6] juni
    [7] juli
    [8] augusti
    [9] september
    [10] oktober
    [11] november
   *[12] december
}
moment = { $day } { month } { $year } kl. { $hour }:{ $minute } UTC

landing-title = Du är inbjuden att chatta på { $site }
landing-title-by = { $inviter } bjuder in dig att chatta på { $site }
landing-title-contact = Du är inbjuden att chatta med { $inviter }
landing-title-reset = Ett nytt lösenord för { $site }
landing-preview = Öppna inbjudan för att få ett konto på { $site }.
landing-preview-reset = Öppna länken för att välja ett nytt lösenord.
landing-username = Din adress blir
until-days = Inbjudan gäller i { $count ->
    [one] en dag
   *[other] { $count } dagar
} till, fram till { $moment }.
until-hours = Inbjudan gäller i { $count ->
    [0] mindre än en timme
    [one] en timme
   *[other] { $count } timmar
} till, fram till { $moment }.
uses-left = { $count ->
    [one] Den räcker till en person till.
   *[other] Den räcker till { $count } personer till.
}
have-title = Jag har redan ett konto
have-text = Lägg till { $contact } bland dina kontakter i appen som du använder.
have-button = Lägg till kontakten
new-title = Jag är ny här
web-button = Skapa ett konto i webbläsaren
web-text = Ingen app behövs än: välj ett namn och ett lösenord, och sedan en app.
web-text-chat = Ingen app behövs: välj ett namn och ett lösenord, och chatta i webbläsaren.
web-away = Det går inte att skapa konton på den här sidan just nu. Försök igen om några minuter.
uri-button = Jag har redan en app för XMPP
way-open = Öppna inbjudan i appen, så skapar den ditt konto.
more-title = Andra appar och enheter
apps-device = Appar för { $platform }
apps-choose = Välj en app
apps-other = Appar för andra enheter
apps-web = webbläsare
list-separator = { ", " }
phone-title = Fortsätt på mobilen
phone-text = Skanna koden med kameran på den andra enheten.
phone-alt = QR-kod för den här inbjudan
paper-text = Skanna koden med mobilens kamera.
code-title = På en annan enhet
code-text = Ange den här koden på { $address }:
copy-button = Kopiera
copy-done = Kopierat

mail-button = Öppna inbjudan
mail-button-reset = Välj ett nytt lösenord
mail-until = Länken gäller till { $moment }.
mail-help = Frågor? Fråga här: { $contact }
mail-why = Du får det här meddelandet för att någon har angett din adress på { $site }. Om det inte är till dig kan du bortse från det.

news-joined = { $address } har gått med via din inbjudan.
news-joined-more = { $address } och { $count ->
    [one] en person till
   *[other] { $count } personer till
} har gått med via dina inbjudningar.
news-expiring = Din inbjudan (skapad: { $created }) gäller bara till { $moment }.
news-expiring-more = { $count ->
    [one] En av dina inbjudningar går snart ut: { $moment }.
   *[other] { $count } av dina inbjudningar går snart ut, den första: { $moment }.
}

gone-unknown-title = Inbjudan finns inte
gone-unknown-text = Länken kanske klipptes av på vägen, eller så gick inbjudan ut för länge sedan.
gone-redeemed-title = Inbjudan är redan använd
gone-redeemed-text = En inbjudan fungerar bara ett visst antal gånger. Om det var du som använde den, öppna appen och logga in.
gone-expired-title = Inbjudan har gått ut
gone-expired-text = Inbjudningar gäller under en begränsad tid.
gone-revoked-title = Inbjudan har dragits tillbaka
gone-revoked-text = Den fungerar inte längre.
gone-over-title = Inbjudan fungerar inte längre
gone-over-text = Tjänsten som den leder till finns inte kvar här.
gone-ask = Be personen som gav dig länken om en ny.
gone-enter = Ange en annan kod

enter-title = Ange din inbjudningskod
enter-label = Inbjudningskod
enter-hint = Stora och små bokstäver är samma sak här, och mellanslag spelar ingen roll. Du kan också klistra in hela länken.
enter-button = Fortsätt
enter-error-unknown = Det finns ingen inbjudan med den koden. Jämför den tecken för tecken.
enter-error-empty = Ange koden för din inbjudan.
enter-error-wait = Det blev för många felaktiga koder. Vänta en minut.

setup-title = Kom igång med { $app }
setup-get = Hämta { $app }
setup-get-text = Installera appen på din enhet och kom tillbaka till den här sidan.
setup-get-web = Den körs i webbläsaren. Öppna den bredvid den här sidan.
setup-site = Webbplatsen för { $app }
setup-elsewhere = På andra ställen:
setup-open = Öppna inbjudan
setup-open-text = När { $app } är installerad öppnar du inbjudan i den. Sedan visar appen vägen.
setup-open-button = Öppna i { $app }
setup-magic-button = Hämta { $app } med inbjudan
setup-asks = Sedan frågar { $app } i tur och ordning:
setup-account = Skapa ditt konto
setup-account-text = { $app } behöver ett konto som redan finns. Skapa det här och logga sedan in i appen.
setup-account-none = { $app } behöver ett konto som redan finns. Skapa det först med en annan app och logga sedan in med den här.
setup-login = Logga in
setup-login-text = Öppna { $app } och logga in med din adress och ditt lösenord.

register-title = Skapa ditt konto på { $site }
register-username = Användarnamn
register-username-hint = Bokstäver, siffror och . _ - utan mellanslag. Din adress blir namn@{ $host }.
register-password = Lösenord
register-password-hint = { $count ->
    [one] Minst ett tecken.
   *[other] Minst { $count } tecken.
} Några ord i rad är lätta att komma ihåg och svåra att gissa.
register-show = Visa
register-hide = Dölj
register-generate = Föreslå ett lösenord
register-generated = Skriv upp eller spara lösenordet innan du går vidare: det visas inte igen.
register-button = Skapa konto
register-terms = När du skapar ett konto godkänner du [användarvillkoren].
error-summary = Något stämmer inte än
error-username-empty = Välj ett användarnamn.
error-username-invalid = Det kan inte vara ett användarnamn: använd bokstäver som a till z, siffror och . _ - utan mellanslag.
error-username-address = Skriv bara det som står före @; resten är givet.
error-username-reserved = Namnet är reserverat. Välj ett annat.
error-username-taken = Någon har redan det namnet. Välj ett annat.
error-username-other = Inbjudan gäller ett annat namn.
error-username-long = Namnet är för långt. Välj ett kortare.
error-username-bound = Namnet går inte längre att få, och inbjudan gäller inget annat. Be personen som bjöd in dig om en ny inbjudan.
error-username-bound-by = Namnet går inte längre att få, och inbjudan gäller inget annat. Be { $inviter } om en ny inbjudan.
error-username-proposal = Vad sägs om { $name }?
error-password-empty = Välj ett lösenord.
error-password-short = { $count ->
    [one] Lösenordet måste ha minst ett tecken.
   *[other] Lösenordet måste ha minst { $count } tecken.
}
error-password-long = Ett lösenord får ha högst { $count } tecken.
error-password-weak = Lösenordet är för lätt att gissa. Använd fler ord, eller ovanligare.
error-password-refused = Servern godtar inte lösenordet. Välj ett annat.
error-form = Formuläret var öppet för länge, eller så skickar webbläsaren inga kakor. Skicka det en gång till.
error-away = Servern går inte att nå just nu. Din inbjudan går inte förlorad; försök igen om några minuter.
error-not-allowed = Servern tillåter inte det här kontot. Välj ett annat namn eller be om hjälp.
closed-title = Konton skapas inte här
closed-text = Öppna inbjudan i en app.
closed-nowhere = Fråga personen som bjöd in dig hur du får ett.
closed-reset-title = Lösenord ändras inte här
closed-reset-text = Lösenordet kan inte ändras på den här sidan. Fråga personen som gav dig länken hur du går vidare.

done-title = Ditt konto är klart
done-address = Din adress
done-login = Logga in med { $app }
done-apps = Välj nu en app och logga in med din adress och ditt lösenord.
done-webchat = Chatta i webbläsaren
done-keep = Spara lösenordet väl; det visas inte igen.

manage-title = Inbjudningar
manage-sign-in = Logga in
manage-sign-out = Logga ut
manage-signed-in = Inloggad: { $who }
manage-address = Din adress
manage-address-hint = Med ett konto på { $hosts }.
manage-key-title = Med en API-nyckel
manage-key = API-nyckel
manage-key-hint = Hela nyckeln, så som du fick den.
manage-refused = Det stämmer inte. Kontrollera vad du skrev.
manage-wait = Det blev för många felaktiga försök. Försök igen senare.
manage-away = Servern går inte att nå just nu. Försök igen om några minuter.
manage-new = Ny inbjudan
manage-create = Skapa inbjudan
manage-kind = Vad den är till för
manage-kind-account = Ett konto
manage-kind-contact = Ett konto och en kontakt
manage-kind-reset = Ett nytt lösenord
manage-host = Server
manage-name-hint = Inbjudan gäller bara för det här namnet. Lämna fältet tomt så att namnet kan väljas; för ett nytt lösenord behövs det.
manage-contact = Kontakt
manage-contact-hint = Adressen till någon på { $host }, som blir en kontakt för det nya kontot.
manage-uses = Hur många som kan använda den
manage-uses-hint = Ett heltal, högst { $most }.
manage-ttl = Hur länge den gäller
manage-ttl-hint = Till exempel 12h för timmar eller 7d för dagar, högst { $most }.
manage-groups = Grupper
manage-groups-hint = Åtskilda med kommatecken; det nya kontot läggs till i dem.
manage-mail = Skicka med e-post till
manage-mail-hint = En e-postadress om länken ska skickas; lämna annars tomt.
manage-note = Anteckning
manage-note-hint = För dem som hanterar inbjudningar; den som bjuds in ser den inte.
manage-error-text = Det är för långt eller har tecken som inte kan användas här.
manage-error-nobody = Det finns inget konto med det namnet.
manage-error-mail = Ange en enda e-postadress, till exempel juliet@example.com.
manage-error-mails = Till den här adressen har det skickats så många brev som får skickas just nu. Lämna länken vidare själv.
manage-error-limit = Du har så många inbjudningar som du får ha just nu. Försök igen senare.
manage-error-scope = Det har du inte rätt till: { $scopes }.
manage-status = Status
manage-all = Alla
manage-pending = Öppen
manage-redeemed = Använd
manage-expired = Utgången
manage-revoked = Tillbakadragen
manage-filter = Visa
manage-none = Det finns inga sådana inbjudningar.
manage-newest = Nyaste inbjudningarna
manage-older = Äldre inbjudningar
manage-until = Gäller till
manage-by = Skapad av
manage-used-by = Använd av
manage-tree = Vem som har bjudit in vem
manage-tree-none = Ingen har bjudits in än.
manage-tree-more = Fler konton
manage-invited-by = Inbjuden av
manage-link = Skicka den här länken vidare:
manage-card = Kort att skriva ut
manage-revoke = Dra tillbaka inbjudan
manage-restore = Gör den giltig igen
manage-extend = Förläng

reset-title = Välj ett nytt lösenord
reset-address = För kontot
reset-password = Nytt lösenord
reset-button = Spara lösenordet
reset-done-title = Ditt nya lösenord gäller
reset-done-text = Logga in med det i alla dina appar.

problem-not-found = Här finns ingenting
problem-not-found-text = Kontrollera adressen.
problem-too-many = För många förfrågningar
problem-too-many-text = Vänta en minut och försök igen.
problem-too-large = För mycket data
problem-too-large-text = Formuläret är större än vi tar emot.
problem-later = Försök igen senare
problem-later-text = Det fungerar inte just nu; ingenting har ändrats.
problem-unsure-text = Inget svar kom i tid, så det kan ha lyckats ändå. Öppna länken igen om några minuter.
problem-other = Det fungerade inte
problem-other-text = Webbläsaren skickade något som vi inte förstår.
problem-internal = Något gick fel här
problem-internal-text = Det är inte ditt fel. Försök igen senare.
problem-request = Förfrågan { $id }

app-conversations = En lättanvänd app med samtal och krypterade chattar.
app-cheogram = En släkting till Conversations som också når telefonnätet.
app-monocles = En släkting till Conversations med många inställningar.
app-monal = En chattapp för Apples enheter, med krypterade chattar.
app-siskin = En lätt app för iPhone och iPad.
app-beagle = En lätt app för Mac.
app-dino = En modern och överskådlig app för datorn.
app-gajim = En datorapp med många funktioner.
app-kaidan = En trevlig app från KDE-gemenskapen.
app-psi = En datorapp där allt går att ställa in.
app-psi-plus = Psi med de nyaste funktionerna.
app-profanity = Chatta i terminalen, med bara tangentbordet.
app-movim = Chattar och ett socialt nätverk i webbläsaren.
app-converse = Chatta i webbläsaren, utan att installera något.

how-play = Från Google Play öppnar { $app } inbjudan av sig själv. Annars kommer du tillbaka hit och öppnar den.
how-name = Ditt namn: det blir första delen av din adress.
how-password = Ett lösenord: välj ett långt, och förvara det väl.
how-picture = En bild på dig: den kan du hoppa över.
how-notifications = Aviseringar: tillåt dem, annars ser du meddelanden för sent.
how-app-store = App Store skickar inte inbjudan vidare: kom tillbaka hit och öppna den i { $app }.
how-log-in = Första gången väljer du att logga in, inte att skapa ett konto.
how-terminal = Skriv /connect och din adress i { $app }, sedan ditt lösenord.
how-site = Välj en webbplats som erbjuder { $app } och logga in där med din adress.
how-open = Det finns inget att installera: logga in med din adress i webbläsaren.
