language-label = Limbă
footer-contact = Cereți ajutor
footer-terms = Termeni de utilizare
footer-privacy = Confidențialitate
back = Înapoi la invitație
about-chat = Conversați cu persoane de aici și de pe alte servere, în aplicația dorită și fără număr de telefon.

month = { $month ->
    [1] ianuarie
    [2] februarie
    [3] martie
    [4] aprilie
    [5] mai
    [6] iunie
    [7] iulie
    [8] august
    [9] septembrie
    [10] octombrie
    [11] noiembrie
   *[12] decembrie
}
moment = { $day } { month } { $year }, ora { $hour }:{ $minute } UTC

landing-title = Aveți o invitație de a conversa pe { $site }
landing-title-by = { $inviter } vă invită să conversați pe { $site }
landing-title-contact = Aveți o invitație de a conversa cu { $inviter }
landing-title-reset = O parolă nouă pentru { $site }
landing-preview = Deschideți invitația pentru a primi un cont pe { $site }.
landing-preview-reset = Deschideți linkul pentru a alege o parolă nouă.
landing-username = Adresa dumneavoastră va fi
until-days = Invitația mai este valabilă { $count ->
    [one] o zi
    [few] { $count } zile
   *[other] { $count } de zile
}, până la { $moment }.
until-hours = Invitația mai este valabilă { $count ->
    [0] mai puțin de o oră
    [one] o oră
    [few] { $count } ore
   *[other] { $count } de ore
}, până la { $moment }.
uses-left = { $count ->
    [one] Mai poate fi folosită de o persoană.
    [few] Mai poate fi folosită de { $count } persoane.
   *[other] Mai poate fi folosită de { $count } de persoane.
}
have-title = Am deja un cont
have-text = Adăugați { $contact } la contacte în aplicația pe care o folosiți.
have-button = Adăugați contactul
new-title = Sunt aici pentru prima dată
web-button = Creați un cont în browser
web-text = Deocamdată fără aplicație: alegeți un nume și o parolă, apoi o aplicație.
web-text-chat = Fără aplicație: alegeți un nume și o parolă și conversați în browser.
web-away = Momentan nu se pot crea conturi pe această pagină. Încercați din nou peste câteva minute.
uri-button = Am deja o aplicație pentru XMPP
way-open = Deschideți invitația în aplicație: ea vă creează contul.
more-title = Alte aplicații și dispozitive
apps-device = Aplicații pentru { $platform }
apps-choose = Alegeți o aplicație
apps-other = Aplicații pentru alte dispozitive
apps-web = browser web
list-separator = { ", " }
phone-title = Continuați pe telefon
phone-text = Scanați acest cod cu camera celuilalt dispozitiv.
phone-alt = Codul QR al acestei invitații
paper-text = Scanați acest cod cu camera telefonului.
code-title = Pe alt dispozitiv
code-text = Introduceți acest cod la { $address }:
copy-button = Copiați
copy-done = Copiat

mail-button = Deschideți invitația
mail-button-reset = Alegeți o parolă nouă
mail-until = Linkul este valabil până la { $moment }.
mail-help = Aveți întrebări? Întrebați aici: { $contact }
mail-why = Primiți acest mesaj deoarece cineva a introdus adresa dumneavoastră pe { $site }. Dacă nu vă este destinat, îl puteți ignora.

news-joined = Cu invitația dumneavoastră a fost creat contul { $address }.
news-joined-more = Cu invitațiile dumneavoastră au fost create contul { $address } și { $count ->
    [one] încă unul
    [few] încă { $count }
   *[other] încă { $count }
}.
news-expiring = Invitația dumneavoastră (creată: { $created }) mai este valabilă doar până la { $moment }.
news-expiring-more = { $count ->
    [one] Una dintre invitațiile dumneavoastră expiră în curând: { $moment }.
    [few] { $count } dintre invitațiile dumneavoastră expiră în curând, prima: { $moment }.
   *[other] { $count } dintre invitațiile dumneavoastră expiră în curând, prima: { $moment }.
}

gone-unknown-title = Această invitație nu este cunoscută
gone-unknown-text = Poate că linkul a fost trunchiat pe drum sau invitația a expirat demult.
gone-redeemed-title = Această invitație a fost folosită
gone-redeemed-text = Fiecare invitație poate fi folosită de un anumit număr de ori. Dacă ați folosit-o chiar dumneavoastră, deschideți aplicația și conectați-vă.
gone-expired-title = Această invitație a expirat
gone-expired-text = Invitațiile sunt valabile un timp limitat.
gone-revoked-title = Această invitație a fost retrasă
gone-revoked-text = Nu mai este valabilă.
gone-over-title = Această invitație nu mai este valabilă
gone-over-text = Serviciul la care duce nu mai este aici.
gone-ask = Cereți un link nou de la persoana care vi l-a dat pe acesta.
gone-enter = Introduceți alt cod

enter-title = Introduceți codul invitației
enter-label = Codul invitației
enter-hint = Literele mari și mici și spațiile nu contează. Puteți lipi și linkul întreg.
enter-button = Continuați
enter-error-unknown = Nu există nicio invitație cu acest cod. Comparați-l caracter cu caracter.
enter-error-empty = Introduceți codul invitației.
enter-error-wait = Prea multe coduri greșite. Așteptați un minut.

setup-title = Primii pași cu { $app }
setup-get = Instalați { $app }
setup-get-text = Instalați aplicația pe dispozitiv și reveniți la această pagină.
setup-get-web = Rulează în browser. Deschideți-o alături de această pagină.
setup-site = Site-ul aplicației { $app }
setup-elsewhere = În altă parte:
setup-open = Deschideți invitația
setup-open-text = După ce { $app } este instalată, deschideți invitația în ea. De acolo vă îndrumă aplicația.
setup-open-button = Deschideți în { $app }
setup-magic-button = Instalați { $app } cu invitația
setup-asks = Apoi { $app } vă întreabă, pe rând:
setup-account = Creați-vă contul
setup-account-text = { $app } are nevoie de un cont existent. Creați-l aici, apoi conectați-vă în aplicație.
setup-account-none = { $app } are nevoie de un cont existent. Creați-l mai întâi cu altă aplicație, apoi conectați-vă cu aceasta.
setup-login = Conectați-vă
setup-login-text = Deschideți { $app } și conectați-vă cu adresa și parola dumneavoastră.

register-title = Creați-vă contul pe { $site }
register-username = Nume de utilizator
register-username-hint = Litere, cifre și . _ - fără spații. Adresa dumneavoastră va fi nume@{ $host }.
register-password = Parolă
register-password-hint = { $count ->
    [one] Cel puțin un caracter.
    [few] Cel puțin { $count } caractere.
   *[other] Cel puțin { $count } de caractere.
} Câteva cuvinte la rând sunt ușor de ținut minte și greu de ghicit.
register-show = Afișați
register-hide = Ascundeți
register-generate = Sugerați o parolă
register-generated = Notați sau salvați această parolă înainte de a continua: nu va mai fi afișată.
register-button = Creați contul
register-terms = Creând un cont, acceptați [termenii de utilizare].
error-summary = Ceva încă nu este în regulă
error-username-empty = Alegeți un nume de utilizator.
error-username-invalid = Acesta nu poate fi un nume de utilizator: folosiți litere precum a–z, cifre și . _ - fără spații.
error-username-address = Introduceți doar ce este înainte de @; restul este stabilit.
error-username-reserved = Acest nume este rezervat. Alegeți altul.
error-username-taken = Cineva are deja acest nume. Alegeți altul.
error-username-other = Această invitație este pentru alt nume.
error-username-long = Acest nume este prea lung. Alegeți unul mai scurt.
error-username-bound = Acest nume nu mai este disponibil, iar invitația nu este valabilă pentru altul. Cereți o invitație nouă persoanei care v-a invitat.
error-username-bound-by = Acest nume nu mai este disponibil, iar invitația nu este valabilă pentru altul. Cereți o invitație nouă persoanei care v-a invitat: { $inviter }.
error-username-proposal = Ce ziceți de { $name }?
error-password-empty = Alegeți o parolă.
error-password-short = { $count ->
    [one] Parola trebuie să aibă cel puțin un caracter.
    [few] Parola trebuie să aibă cel puțin { $count } caractere.
   *[other] Parola trebuie să aibă cel puțin { $count } de caractere.
}
error-password-long = O parolă poate avea cel mult { $count } de caractere.
error-password-weak = Această parolă este prea ușor de ghicit. Folosiți mai multe cuvinte sau unele mai rare.
error-password-refused = Serverul nu acceptă această parolă. Alegeți alta.
error-form = Formularul a stat deschis prea mult sau browserul nu trimite cookie-uri. Trimiteți-l încă o dată.
error-away = Momentan serverul nu poate fi contactat. Invitația nu se pierde; încercați din nou peste câteva minute.
error-not-allowed = Serverul nu permite acest cont. Alegeți alt nume sau cereți ajutor.
closed-title = Aici nu se creează conturi
closed-text = Deschideți invitația într-o aplicație.
closed-nowhere = Întrebați persoana care v-a invitat cum puteți primi unul.
closed-reset-title = Aici nu se schimbă parole
closed-reset-text = Parola nu poate fi schimbată pe această pagină. Întrebați persoana care v-a dat linkul cum să continuați.

done-title = Contul dumneavoastră este gata
done-address = Adresa dumneavoastră
done-login = Conectați-vă cu { $app }
done-apps = Acum alegeți o aplicație și conectați-vă cu adresa și parola dumneavoastră.
done-webchat = Chat în browser
done-keep = Păstrați bine parola; nu va mai fi afișată.

manage-title = Invitații
manage-sign-in = Autentificare
manage-sign-out = Deconectare
manage-signed-in = Autentificat: { $who }
manage-address = Adresa dumneavoastră
manage-address-hint = Cu un cont pe { $hosts }.
manage-key-title = Cu o cheie API
manage-key = Cheie API
manage-key-hint = Cheia întreagă, așa cum ați primit-o.
manage-refused = Nu este corect. Verificați ce ați scris.
manage-wait = Prea multe încercări greșite. Încercați din nou mai târziu.
manage-away = Momentan serverul nu poate fi contactat. Încercați din nou peste câteva minute.
manage-new = Invitație nouă
manage-create = Creați invitația
manage-kind = Pentru ce este
manage-kind-account = Un cont
manage-kind-contact = Un cont și un contact
manage-kind-reset = O parolă nouă
manage-host = Server
manage-name-hint = Invitația este doar pentru acest nume. Lăsați gol ca numele să poată fi ales; pentru o parolă nouă este necesar.
manage-contact = Contact
manage-contact-hint = Adresa cuiva de pe { $host }, care devine un contact al contului nou.
manage-uses = Câte persoane o pot folosi
manage-uses-hint = Un număr întreg, cel mult { $most }.
manage-ttl = Cât timp este valabilă
manage-ttl-hint = De exemplu 12h pentru ore sau 7d pentru zile, cel mult { $most }.
manage-groups = Grupuri
manage-groups-hint = Separate prin virgule; contul nou este adăugat în ele.
manage-mail = Trimite prin e-mail la
manage-mail-hint = O adresă de e-mail, dacă linkul trebuie trimis; altfel lăsați gol.
manage-note = Notă
manage-note-hint = Pentru cei care gestionează invitațiile; persoana invitată nu o vede.
manage-error-text = Este prea lung sau are caractere care nu pot fi folosite aici.
manage-error-nobody = Nu există niciun cont cu acest nume.
manage-error-mail = Introduceți o singură adresă de e-mail, de exemplu juliet@example.com.
manage-error-mails = La această adresă s-au trimis deocamdată atâtea e-mailuri câte sunt permise. Transmiteți dumneavoastră linkul.
manage-error-limit = Aveți deocamdată atâtea invitații câte puteți avea. Încercați din nou mai târziu.
manage-error-scope = Nu vă este permis: { $scopes }.
manage-status = Stare
manage-all = Toate
manage-pending = Deschisă
manage-redeemed = Folosită
manage-expired = Expirată
manage-revoked = Retrasă
manage-filter = Afișați
manage-none = Nu există astfel de invitații.
manage-newest = Cele mai noi invitații
manage-older = Invitații mai vechi
manage-until = Valabilă până la
manage-by = Creată de
manage-used-by = Folosită de
manage-tree = Cine pe cine a invitat
manage-tree-none = Încă nu a fost invitat nimeni.
manage-tree-more = Mai multe conturi
manage-invited-by = Invitat de
manage-link = Dați mai departe acest link:
manage-card = Card de tipărit
manage-revoke = Retrageți invitația
manage-restore = Faceți-o din nou valabilă
manage-extend = Prelungiți

reset-title = Alegeți o parolă nouă
reset-address = Pentru contul
reset-password = Parola nouă
reset-button = Salvați parola
reset-done-title = Parola nouă este salvată
reset-done-text = Conectați-vă cu ea în toate aplicațiile.

problem-not-found = Aici nu este nimic
problem-not-found-text = Verificați adresa.
problem-too-many = Prea multe cereri
problem-too-many-text = Așteptați un minut și încercați din nou.
problem-too-large = Prea multe date
problem-too-large-text = Formularul este mai mare decât acceptăm.
problem-later = Încercați mai târziu
problem-later-text = Momentan nu funcționează; nu s-a schimbat nimic.
problem-unsure-text = Nu a venit niciun răspuns la timp; poate că totuși a reușit. Deschideți din nou linkul peste câteva minute.
problem-other = Nu a reușit
problem-other-text = Browserul a trimis ceva ce nu înțelegem.
problem-internal = Ceva nu a mers bine aici
problem-internal-text = Nu este vina dumneavoastră. Încercați mai târziu.
problem-request = Cererea { $id }

app-conversations = O aplicație simplă, cu apeluri și conversații criptate.
app-cheogram = Înrudită cu Conversations; ajunge și în rețeaua de telefonie.
app-monocles = Înrudită cu Conversations; are multe setări.
app-monal = O aplicație de chat pentru dispozitive Apple, cu conversații criptate.
app-siskin = O aplicație ușoară pentru iPhone și iPad.
app-beagle = O aplicație ușoară pentru Mac.
app-dino = O aplicație modernă și ordonată pentru calculator.
app-gajim = O aplicație pentru calculator cu multe funcții.
app-kaidan = O aplicație prietenoasă de la comunitatea KDE.
app-psi = O aplicație pentru calculator în care totul se poate configura.
app-psi-plus = Psi cu cele mai noi funcții.
app-profanity = Chat în terminal, doar cu tastatura.
app-movim = Chat și o rețea socială în browser.
app-converse = Chat în browser, fără nicio instalare.

how-play = Instalată din Google Play, { $app } deschide singură invitația. Altfel, reveniți aici și deschideți-o.
how-name = Numele dumneavoastră: va fi prima parte a adresei.
how-password = O parolă: alegeți una lungă și păstrați-o bine.
how-picture = O poză cu dumneavoastră: puteți sări peste acest pas.
how-notifications = Notificări: permiteți-le, altfel vedeți mesajele târziu.
how-app-store = App Store nu transmite invitația: reveniți aici și deschideți-o în { $app }.
how-log-in = La prima pornire, alegeți conectarea, nu crearea unui cont.
how-terminal = În { $app }, scrieți /connect și adresa dumneavoastră, apoi parola.
how-site = Alegeți un site care oferă { $app } și conectați-vă acolo cu adresa dumneavoastră.
how-open = Nu este nimic de instalat: conectați-vă în browser cu adresa dumneavoastră.
