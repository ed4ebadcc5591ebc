language-label = Lingua
footer-contact = Chiedi aiuto
footer-terms = Condizioni d’uso
footer-privacy = Privacy
back = Torna all’invito
about-chat = Chatta con chi è qui e su altri server, nell’app che scegli tu e senza numero di telefono.

month = { $month ->
    [1] gennaio
    [2] febbraio
    [3] marzo
    [4] aprile
    [5] maggio
    [6] giugno
    [7] luglio
    [8] agosto
    [9] settembre
    [10] ottobre
    [11] novembre
   *[12] dicembre
}
moment = { $day ->
    [1] 1º
   *[other] { $day }
} { month } { $year }, { $hour }:{ $minute } UTC

landing-title = Hai un invito per chattare su { $site }
landing-title-by = { $inviter } ti invita a chattare su { $site }
landing-title-contact = Hai un invito per chattare con { $inviter }
landing-title-reset = Una nuova password per { $site }
landing-preview = Apri questo invito per avere un account su { $site }.
landing-preview-reset = Apri questo link per scegliere una nuova password.
landing-username = Il tuo indirizzo sarà
until-days = L’invito scade tra { $count ->
    [one] un giorno
   *[other] { $count } giorni
}: { $moment }.
until-hours = L’invito scade tra { $count ->
    [0] meno di un’ora
    [one] un’ora
   *[other] { $count } ore
}: { $moment }.
uses-left = { $count ->
    [one] Vale ancora per una persona.
   *[other] Vale ancora per { $count } persone.
}
have-title = Ho già un account
have-text = Aggiungi { $contact } ai contatti nell’app che usi.
have-button = Aggiungi il contatto
new-title = È la mia prima volta
web-button = Crea un account nel browser
web-text = Per ora senza app: scegli un nome e una password, poi un’app.
web-text-chat = Senza app: scegli un nome e una password, e chatta nel browser.
web-away = Al momento non si possono creare account su questa pagina. Riprova tra qualche minuto.
uri-button = Ho già un’app per XMPP
way-open = Apri l’invito nell’app: crea lei il tuo account.
more-title = Altre app e altri dispositivi
apps-device = App per { $platform }
apps-choose = Scegli un’app
apps-other = App per altri dispositivi
apps-web = browser web
list-separator = { ", " }
phone-title = Continua sul telefono
phone-text = Inquadra questo codice con la fotocamera dell’altro dispositivo.
phone-alt = Codice QR di questo invito
paper-text = Inquadra questo codice con la fotocamera del telefono.
code-title = Su un altro dispositivo
code-text = Inserisci questo codice su { $address }:
copy-button = Copia
copy-done = Copiato

mail-button = Apri l’invito
mail-button-reset = Scegli una nuova password
mail-until = Il link vale fino al { $moment }.
mail-help = Domande? Chiedi qui: { $contact }
mail-why = Ricevi questo messaggio perché qualcuno ha indicato il tuo indirizzo su { $site }. Se non è per te, puoi ignorarlo.

news-joined = Con il tuo invito è stato creato l’account { $address }.
news-joined-more = Con i tuoi inviti sono stati creati l’account { $address } e { $count ->
    [one] un altro
   *[other] altri { $count }
}.
news-expiring = Il tuo invito (creato: { $created }) vale solo fino al { $moment }.
news-expiring-more = { $count ->
    [one] Uno dei tuoi inviti scade presto: { $moment }.
   *[other] { $count } dei tuoi inviti scadono presto, il primo: { $moment }.
}

gone-unknown-title = Non conosciamo questo invito
gone-unknown-text = Forse il link è stato troncato, o l’invito è scaduto da tempo.
gone-redeemed-title = Questo invito è già stato usato
gone-redeemed-text = Ogni invito vale solo un certo numero di volte. Se l’hai usato tu, apri la tua app e accedi.
gone-expired-title = Questo invito è scaduto
gone-expired-text = Gli inviti valgono per un tempo limitato.
gone-revoked-title = Questo invito è stato ritirato
gone-revoked-text = Non vale più.
gone-over-title = Questo invito non è più valido
gone-over-text = Il servizio a cui porta non è più qui.
gone-ask = Chiedi un nuovo link a chi ti ha dato questo.
gone-enter = Inserisci un altro codice

enter-title = Inserisci il codice dell’invito
enter-label = Codice dell’invito
enter-hint = Maiuscole, minuscole e spazi non contano. Puoi anche incollare tutto il link.
enter-button = Continua
enter-error-unknown = Nessun invito ha questo codice. Confrontalo carattere per carattere.
enter-error-empty = Inserisci il codice del tuo invito.
enter-error-wait = Troppi codici sbagliati. Aspetta un minuto.

setup-title = Inizia con { $app }
setup-get = Scarica { $app }
setup-get-text = Installa l’app sul tuo dispositivo e torna su questa pagina.
setup-get-web = Funziona nel browser. Aprila accanto a questa pagina.
setup-site = Sito di { $app }
setup-elsewhere = Altrove:
setup-open = Apri l’invito
setup-open-text = Quando { $app } è installata, apri lì l’invito. Poi ti guida l’app.
setup-open-button = Apri in { $app }
setup-magic-button = Scarica { $app } con l’invito
setup-asks = Poi { $app } chiede, nell’ordine:
setup-account = Crea il tuo account
setup-account-text = { $app } richiede un account già esistente. Crealo qui, poi accedi con l’app.
setup-account-none = { $app } richiede un account già esistente. Crealo prima con un’altra app, poi accedi con questa.
setup-login = Accedi
setup-login-text = Apri { $app } e accedi con il tuo indirizzo e la tua password.

register-title = Crea il tuo account su { $site }
register-username = Nome utente
register-username-hint = Lettere, cifre e . _ - senza spazi. Il tuo indirizzo sarà nome@{ $host }.
register-password = Password
register-password-hint = { $count ->
    [one] Almeno un carattere.
   *[other] Almeno { $count } caratteri.
} Qualche parola di fila è facile da ricordare e difficile da indovinare.
register-show = Mostra
register-hide = Nascondi
register-generate = Suggerisci una password
register-generated = Annota o salva questa password prima di continuare: non verrà più mostrata.
register-button = Crea l’account
register-terms = Creando un account accetti le [condizioni d’uso].
error-summary = C’è ancora qualcosa che non va
error-username-empty = Scegli un nome utente.
error-username-invalid = Questo non può essere un nome utente: usa lettere come quelle dalla a alla z, cifre e . _ - senza spazi.
error-username-address = Inserisci solo ciò che precede la @; il resto è fisso.
error-username-reserved = Questo nome è riservato. Scegline un altro.
error-username-taken = Qualcuno ha già questo nome. Scegline un altro.
error-username-other = Questo invito è per un altro nome.
error-username-long = Questo nome è troppo lungo. Scegline uno più corto.
error-username-bound = Questo nome non è più disponibile, e l’invito non vale per nessun altro. Chiedi un nuovo invito a chi ti ha invitato.
error-username-bound-by = Questo nome non è più disponibile, e l’invito non vale per nessun altro. Chiedi un nuovo invito a { $inviter }.
error-username-proposal = Che ne dici di { $name }?
error-password-empty = Scegli una password.
error-password-short = { $count ->
    [one] La password deve avere almeno un carattere.
   *[other] La password deve avere almeno { $count } caratteri.
}
error-password-long = Una password può avere al massimo { $count } caratteri.
error-password-weak = Questa password è troppo facile da indovinare. Usa più parole, o più rare.
error-password-refused = Il server non accetta questa password. Scegline un’altra.
error-form = Il modulo è rimasto aperto troppo a lungo, o il browser non invia cookie. Invialo ancora una volta.
error-away = Al momento il server non è raggiungibile. L’invito non va perso; riprova tra qualche minuto.
error-not-allowed = Il server non consente questo account. Scegli un altro nome o chiedi aiuto.
closed-title = Qui non si creano account
closed-text = Apri l’invito in un’app.
closed-nowhere = Chiedi a chi ti ha invitato come averne uno.
closed-reset-title = Qui non si impostano password
closed-reset-text = In questa pagina non si può impostare la password. Chiedi a chi ti ha dato questo link come proseguire.

done-title = Il tuo account è pronto
done-address = Il tuo indirizzo
done-login = Accedi con { $app }
done-apps = Ora scegli un’app e accedi con il tuo indirizzo e la tua password.
done-webchat = Chatta nel browser
done-keep = Conserva bene la password: non verrà più mostrata.

manage-title = Inviti
manage-sign-in = Accedi
manage-sign-out = Esci
manage-signed-in = Accesso eseguito: { $who }
manage-address = Il tuo indirizzo
manage-address-hint = Con un account su { $hosts }.
manage-key-title = Con una chiave API
manage-key = Chiave API
manage-key-hint = La chiave intera, come ti è stata data.
manage-refused = Non è corretto. Controlla quello che hai scritto.
manage-wait = Troppi tentativi falliti. Riprova più tardi.
manage-away = Al momento il server non è raggiungibile. Riprova tra qualche minuto.
manage-new = Nuovo invito
manage-create = Crea l’invito
manage-kind = A cosa serve
manage-kind-account = Un account
manage-kind-contact = Un account e un contatto
manage-kind-reset = Una nuova password
manage-host = Server
manage-name-hint = L’invito vale solo per questo nome. Lascialo vuoto per farlo scegliere; per una nuova password serve.
manage-contact = Contatto
manage-contact-hint = L’indirizzo di qualcuno su { $host }, che diventa un contatto del nuovo account.
manage-uses = Quante persone possono usarlo
manage-uses-hint = Un numero intero, al massimo { $most }.
manage-ttl = Per quanto tempo è valido
manage-ttl-hint = Per esempio 12h per le ore o 7d per i giorni, al massimo { $most }.
manage-groups = Gruppi
manage-groups-hint = Separati da virgole; il nuovo account ne farà parte.
manage-mail = Invia per e-mail a
manage-mail-hint = Un indirizzo e-mail se il link va spedito; altrimenti lascia vuoto.
manage-note = Nota
manage-note-hint = Per chi gestisce gli inviti; chi è invitato non la vede.
manage-error-text = È troppo lungo o ha caratteri che qui non si possono usare.
manage-error-nobody = Non c’è nessun account con questo nome.
manage-error-mail = Inserisci un solo indirizzo e-mail, per esempio juliet@example.com.
manage-error-mails = A questo indirizzo sono già state inviate per ora tutte le e-mail consentite. Passa tu il link.
manage-error-limit = Per ora hai tutti gli inviti che puoi avere. Riprova più tardi.
manage-error-scope = Non ti è permesso: { $scopes }.
manage-status = Stato
manage-all = Tutti
manage-pending = Aperto
manage-redeemed = Usato
manage-expired = Scaduto
manage-revoked = Ritirato
manage-filter = Mostra
manage-none = Non ci sono inviti di questo tipo.
manage-newest = Inviti più recenti
manage-older = Inviti precedenti
manage-until = Valido fino al
manage-by = Creato da
manage-used-by = Usato da
manage-tree = Chi ha invitato chi
manage-tree-none = Nessuno è ancora stato invitato.
manage-tree-more = Altri account
manage-invited-by = Invito di
manage-link = Passa questo link:
manage-card = Scheda da stampare
manage-revoke = Ritira l’invito
manage-restore = Rendilo di nuovo valido
manage-extend = Prolunga

reset-title = Scegli una nuova password
reset-address = Per l’account
reset-password = Nuova password
reset-button = Imposta la password
reset-done-title = La nuova password è impostata
reset-done-text = Usala per accedere in tutte le tue app.

problem-not-found = Qui non c’è niente
problem-not-found-text = Controlla l’indirizzo.
problem-too-many = Troppe richieste
problem-too-many-text = Aspetta un minuto e riprova.
problem-too-large = Troppi dati
problem-too-large-text = Il modulo è più grande di quanto accettiamo.
problem-later = Riprova più tardi
problem-later-text = Al momento non funziona; non è cambiato niente.
problem-unsure-text = La risposta non è arrivata in tempo; forse ha funzionato lo stesso. Riapri il link tra qualche minuto.
problem-other = Non ha funzionato
problem-other-text = Il browser ha inviato qualcosa che non capiamo.
problem-internal = Qui qualcosa è andato storto
problem-internal-text = Non è colpa tua. Riprova più tardi.
problem-request = Richiesta { $id }

app-conversations = Un’app semplice, con chiamate e chat cifrate.
app-cheogram = Parente di Conversations che raggiunge anche la rete telefonica.
app-monocles = Parente di Conversations con molte impostazioni.
app-monal = Un’app di chat per dispositivi Apple, con chat cifrate.
app-siskin = Un’app leggera per iPhone e iPad.
app-beagle = Un’app leggera per Mac.
app-dino = Un’app moderna e ordinata per il computer.
app-gajim = Un’app molto completa per il computer.
app-kaidan = Un’app amichevole della comunità KDE.
app-psi = Un’app per il computer in cui si regola tutto.
app-psi-plus = Psi con le sue funzioni più recenti.
app-profanity = Chat nel terminale, con la sola tastiera.
app-movim = Chat e una rete sociale nel browser.
app-converse = Chat nel browser, senza installare niente.

how-play = Da Google Play, { $app } apre l’invito da sola. Altrimenti torna qui e aprilo.
how-name = Il tuo nome: diventa la prima parte del tuo indirizzo.
how-password = Una password: scegline una lunga e conservala bene.
how-picture = Una tua foto: puoi saltare questo passaggio.
how-notifications = Le notifiche: consentile, altrimenti vedrai i messaggi in ritardo.
how-app-store = L’App Store non trasmette l’invito: torna qui e aprilo in { $app }.
how-log-in = Al primo avvio scegli di accedere, non di creare un account.
how-terminal = In { $app }, scrivi /connect e il tuo indirizzo, poi la password.
how-site = Scegli un sito che offre { $app } e accedi con il tuo indirizzo.
how-open = Non c’è niente da installare: accedi nel browser con il tuo indirizzo.
