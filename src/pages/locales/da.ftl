language-label = Sprog
footer-contact = Bed om hjælp
footer-terms = Brugsvilkår
footer-privacy = Privatliv
back = Tilbage til invitationen
about-chat = Chat med folk her og på andre servere, i en app efter eget valg og uden telefonnummer.

month = { $month ->
    [1] januar
    [2] februar
    [3] marts
    [4] april
    [5] maj
    [6] juni
    [7] juli
    [8] august
    [9] september
    [10] oktober
    [11] november
   *[12] december
}
moment = { $day }. { month } { $year } kl. { $hour }.{ $minute } UTC

landing-title = Du er inviteret til at chatte på { $site }
landing-title-by = { $inviter } inviterer dig til at chatte på { $site }
landing-title-contact = Du er inviteret til at chatte med { $inviter }
landing-title-reset = En ny adgangskode til { $site }
landing-preview = Åbn invitationen for at få en konto på { $site }.
landing-preview-reset = Åbn linket for at vælge en ny adgangskode.
landing-username = Din adresse bliver
until-days = Invitationen gælder i { $count ->
    [one] en dag
   *[other] { $count } dage
} endnu, indtil { $moment }.
until-hours = Invitationen gælder i { $count ->
    [0] mindre end en time
    [one] en time
   *[other] { $count } timer
} endnu, indtil { $moment }.
uses-left = { $count ->
    [one] Den kan bruges af én person mere.
   *[other] Den kan bruges af { $count } personer mere.
}
have-title = Jeg har en konto
have-text = Tilføj { $contact } til dine kontakter i den app, du bruger.
have-button = Tilføj kontakten
new-title = Jeg er ny her
web-button = Opret en konto i browseren
web-text = Du behøver ingen app endnu: vælg et navn og en adgangskode, og derefter en app.
web-text-chat = Du behøver ingen app: vælg et navn og en adgangskode, og chat i browseren.
web-away = Der kan ikke oprettes konti på denne side lige nu. Prøv igen om et par minutter.
uri-button = Jeg har en app til XMPP
way-open = Åbn invitationen i appen; den opretter din konto.
more-title = Andre apps og enheder
apps-device = Apps til { $platform }
apps-choose = Vælg en app
apps-other = Apps til andre enheder
apps-web = webbrowser
list-separator = { ", " }
phone-title = Fortsæt på din telefon
phone-text = Scan koden med kameraet på den anden enhed.
phone-alt = QR-kode til denne invitation
paper-text = Scan koden med telefonens kamera.
code-title = På en anden enhed
code-text = Indtast denne kode på { $address }:
copy-button = Kopiér
copy-done = Kopieret

mail-button = Åbn invitationen
mail-button-reset = Vælg en ny adgangskode
mail-until = Linket virker indtil { $moment }.
mail-help = Har du spørgsmål? Spørg her: { $contact }
mail-why = Du får denne besked, fordi nogen har angivet din adresse på { $site }. Hvis den ikke er til dig, kan du se bort fra den.

news-joined = { $address } er kommet med via din invitation.
news-joined-more = { $address } og { $count ->
    [one] én mere
   *[other] { $count } mere
} er kommet med via dine invitationer.
news-expiring = Din invitation (oprettet: { $created }) gælder kun til { $moment }.
news-expiring-more = { $count ->
    [one] En af dine invitationer udløber snart: { $moment }.
   *[other] { $count } af dine invitationer udløber snart, den første: { $moment }.
}

gone-unknown-title = Invitationen kendes ikke
gone-unknown-text = Måske blev linket skåret over undervejs, eller invitationen er udløbet for længst.
gone-redeemed-title = Invitationen er brugt
gone-redeemed-text = En invitation virker kun et bestemt antal gange. Hvis det var dig, der brugte den, så åbn din app og log ind.
gone-expired-title = Invitationen er udløbet
gone-expired-text = Invitationer gælder i en begrænset tid.
gone-revoked-title = Invitationen er trukket tilbage
gone-revoked-text = Den virker ikke længere.
gone-over-title = Invitationen virker ikke længere
gone-over-text = Den tjeneste, som den fører til, er her ikke mere.
gone-ask = Bed den person, der gav dig linket, om et nyt.
gone-enter = Indtast en anden kode

enter-title = Indtast din invitationskode
enter-label = Invitationskode
enter-hint = Store og små bogstaver er det samme her, og mellemrum betyder ikke noget. Du kan også indsætte hele linket.
enter-button = Fortsæt
enter-error-unknown = Der er ingen invitation med denne kode. Sammenlign den tegn for tegn.
enter-error-empty = Indtast koden til din invitation.
enter-error-wait = Det var for mange forkerte koder. Vent et minut.

setup-title = Kom i gang med { $app }
setup-get = Hent { $app }
setup-get-text = Installér appen på din enhed, og kom tilbage til denne side.
setup-get-web = Den kører i browseren. Åbn den ved siden af denne side.
setup-site = Hjemmesiden for { $app }
setup-elsewhere = Andre steder:
setup-open = Åbn invitationen
setup-open-text = Når { $app } er installeret, åbner du invitationen i den. Derfra viser appen vej.
setup-open-button = Åbn i { $app }
setup-magic-button = Hent { $app } med invitationen
setup-asks = Derefter spørger { $app } om dette, i denne rækkefølge:
setup-account = Opret din konto
setup-account-text = { $app } kræver en konto, der allerede findes. Opret den her, og log derefter ind i appen.
setup-account-none = { $app } kræver en konto, der allerede findes. Opret den først med en anden app, og log derefter ind med denne.
setup-login = Log ind
setup-login-text = Åbn { $app }, og log ind med din adresse og din adgangskode.

register-title = Opret din konto på { $site }
register-username = Brugernavn
register-username-hint = Bogstaver, tal og . _ - uden mellemrum. Din adresse bliver navn@{ $host }.
register-password = Adgangskode
register-password-hint = { $count ->
    [one] Mindst ét tegn.
   *[other] Mindst { $count } tegn.
} Nogle ord i træk er nemme at huske og svære at gætte.
register-show = Vis
register-hide = Skjul
register-generate = Foreslå en adgangskode
register-generated = Skriv adgangskoden ned, eller gem den, før du går videre: den vises ikke igen.
register-button = Opret konto
register-terms = Når du opretter en konto, accepterer du [brugsvilkårene].
error-summary = Noget er ikke rigtigt endnu
error-username-empty = Vælg et brugernavn.
error-username-invalid = Det kan ikke være et brugernavn: brug bogstaver som a til z, tal og . _ - uden mellemrum.
error-username-address = Skriv kun det, der står før @; resten ligger fast.
error-username-reserved = Navnet er reserveret. Vælg et andet.
error-username-taken = Nogen har allerede det navn. Vælg et andet.
error-username-other = Invitationen er til et andet navn.
error-username-long = Navnet er for langt. Vælg et kortere.
error-username-bound = Navnet kan ikke fås længere, og invitationen gælder ikke for et andet. Bed den person, der inviterede dig, om en ny invitation.
error-username-bound-by = Navnet kan ikke fås længere, og invitationen gælder ikke for et andet. Bed { $inviter } om en ny invitation.
error-username-proposal = Hvad med { $name }?
error-password-empty = Vælg en adgangskode.
error-password-short = { $count ->
    [one] Adgangskoden skal have mindst ét tegn.
   *[other] Adgangskoden skal have mindst { $count } tegn.
}
error-password-long = En adgangskode kan højst have { $count } tegn.
error-password-weak = Adgangskoden er for nem at gætte. Brug flere ord, eller mere sjældne.
error-password-refused = Serveren godtager ikke adgangskoden. Vælg en anden.
error-form = Formularen har været åben for længe, eller din browser sender ingen cookies. Send den igen.
error-away = Serveren kan ikke nås lige nu. Din invitation går ikke tabt; prøv igen om et par minutter.
error-not-allowed = Serveren tillader ikke denne konto. Vælg et andet navn, eller bed om hjælp.
closed-title = Der oprettes ikke konti her
closed-text = Åbn invitationen i en app.
closed-nowhere = Spørg den person, der inviterede dig, hvordan du får en.
closed-reset-title = Adgangskoder ændres ikke her
closed-reset-text = Adgangskoden kan ikke ændres på denne side. Spørg den person, der gav dig linket, hvordan du kommer videre.

done-title = Din konto er klar
done-address = Din adresse
done-login = Log ind med { $app }
done-apps = Vælg nu en app, og log ind med din adresse og din adgangskode.
done-webchat = Chat i browseren
done-keep = Pas godt på din adgangskode; den vises ikke igen.

manage-title = Invitationer
manage-sign-in = Log ind
manage-sign-out = Log ud
manage-signed-in = Logget ind: { $who }
manage-address = Din adresse
manage-address-hint = Med en konto på { $hosts }.
manage-key-title = Med en API-nøgle
manage-key = API-nøgle
manage-key-hint = Hele nøglen, som du har fået den.
manage-refused = Det passer ikke. Tjek, hvad du har skrevet.
manage-wait = Det var for mange forkerte forsøg. Prøv igen senere.
manage-away = Serveren kan ikke nås lige nu. Prøv igen om et par minutter.
manage-new = Ny invitation
manage-create = Opret invitationen
manage-kind = Hvad den er til
manage-kind-account = En konto
manage-kind-contact = En konto og en kontakt
manage-kind-reset = En ny adgangskode
manage-host = Server
manage-name-hint = Invitationen gælder kun for dette navn. Lad feltet stå tomt, så navnet kan vælges; til en ny adgangskode er det nødvendigt.
manage-contact = Kontakt
manage-contact-hint = Adressen på en person på { $host }, som bliver en kontakt for den nye konto.
manage-uses = Hvor mange der kan bruge den
manage-uses-hint = Et helt tal, højst { $most }.
manage-ttl = Hvor længe den gælder
manage-ttl-hint = For eksempel 12h for timer eller 7d for dage, højst { $most }.
manage-groups = Grupper
manage-groups-hint = Adskilt med kommaer; den nye konto kommer med i dem.
manage-mail = Send med e-mail til
manage-mail-hint = En e-mailadresse, hvis linket skal sendes; lad ellers feltet være tomt.
manage-note = Note
manage-note-hint = Til dem, der styrer invitationer; den inviterede ser den ikke.
manage-error-text = Det er for langt eller har tegn, der ikke kan bruges her.
manage-error-nobody = Der er ingen konto med det navn.
manage-error-mail = Skriv én e-mailadresse, for eksempel juliet@example.com.
manage-error-mails = Der er lige nu sendt så mange e-mails til denne adresse, som der må. Giv selv linket videre.
manage-error-limit = Du har lige nu så mange invitationer, som du må have. Prøv igen senere.
manage-error-scope = Det har du ikke lov til: { $scopes }.
manage-status = Tilstand
manage-all = Alle
manage-pending = Åben
manage-redeemed = Brugt
manage-expired = Udløbet
manage-revoked = Trukket tilbage
manage-filter = Vis
manage-none = Der er ingen sådanne invitationer.
manage-newest = Nyeste invitationer
manage-older = Ældre invitationer
manage-until = Gælder til
manage-by = Oprettet af
manage-used-by = Brugt af
manage-tree = Hvem der har inviteret hvem
manage-tree-none = Ingen er inviteret endnu.
manage-tree-more = Flere konti
manage-invited-by = Inviteret af
manage-link = Send dette link videre:
manage-card = Kort til udskrift
manage-revoke = Træk invitationen tilbage
manage-restore = Gør den gyldig igen
manage-extend = Forlæng

reset-title = Vælg en ny adgangskode
reset-address = Til kontoen
reset-password = Ny adgangskode
reset-button = Gem adgangskoden
reset-done-title = Din nye adgangskode gælder nu
reset-done-text = Log ind med den i alle dine apps.

problem-not-found = Her er ingenting
problem-not-found-text = Kontrollér adressen.
problem-too-many = For mange forespørgsler
problem-too-many-text = Vent et minut, og prøv igen.
problem-too-large = For mange data
problem-too-large-text = Formularen er større, end vi tager imod.
problem-later = Prøv igen senere
problem-later-text = Det virker ikke i øjeblikket; intet er ændret.
problem-unsure-text = Der kom ikke svar i tide, så det er måske lykkedes alligevel. Åbn dit link igen om et par minutter.
problem-other = Det lykkedes ikke
problem-other-text = Din browser sendte noget, som vi ikke forstår.
problem-internal = Noget gik galt her
problem-internal-text = Det er ikke din skyld. Prøv igen senere.
problem-request = Forespørgsel { $id }

app-conversations = En nem app med opkald og krypterede chats.
app-cheogram = I familie med Conversations; når også telefonnettet.
app-monocles = I familie med Conversations; har mange indstillinger.
app-monal = En chatapp til Apples enheder, med krypterede chats.
app-siskin = En let app til iPhone og iPad.
app-beagle = En let app til Mac.
app-dino = En moderne og overskuelig app til computeren.
app-gajim = En computerapp med mange funktioner.
app-kaidan = En venlig app fra KDE-fællesskabet.
app-psi = En computerapp, hvor alt kan indstilles.
app-psi-plus = Psi med de nyeste funktioner.
app-profanity = Chat i terminalen, kun med tastaturet.
app-movim = Chats og et socialt netværk i browseren.
app-converse = Chat i browseren, uden at installere noget.

how-play = Fra Google Play åbner { $app } selv invitationen. Ellers kom tilbage hertil, og åbn den.
how-name = Dit navn: det bliver den første del af din adresse.
how-password = En adgangskode: vælg en lang, og pas godt på den.
how-picture = Et billede af dig: det kan du springe over.
how-notifications = Notifikationer: tillad dem, ellers ser du beskeder for sent.
how-app-store = App Store giver ikke invitationen videre: kom tilbage hertil, og åbn den i { $app }.
how-log-in = Ved første start vælger du at logge ind, ikke at oprette en konto.
how-terminal = Skriv /connect og din adresse i { $app }, og derefter din adgangskode.
how-site = Vælg et websted, der tilbyder { $app }, og log ind dér med din adresse.
how-open = Der er ikke noget at installere: log ind med din adresse i browseren.
