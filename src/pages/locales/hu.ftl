language-label = Nyelv
footer-contact = Segítségkérés
footer-terms = Felhasználási feltételek
footer-privacy = Adatvédelem
back = Vissza a meghívóhoz
about-chat = Csevegj az itt és más kiszolgálókon lévőkkel, az általad választott alkalmazásban és telefonszám nélkül.

month = { $month ->
    [1] január
    [2] február
    [3] március
    [4] április
    [5] május
    [6] június
    [7] július
    [8] augusztus
    [9] szeptember
    [10] október
    [11] november
   *[12] december
}
moment = { $year }. { month } { $day }., { $hour }:{ $minute } UTC

landing-title = Meghívót kaptál, hogy itt csevegj: { $site }
landing-title-by = { $inviter } meghív, hogy itt csevegj: { $site }
landing-title-contact = Meghívót kaptál, hogy vele csevegj: { $inviter }
landing-title-reset = Új jelszó ehhez: { $site }
landing-preview = Nyisd meg a meghívót, és fiókot kapsz itt: { $site }.
landing-preview-reset = Nyisd meg a linket, és válassz új jelszót.
landing-username = A címed ez lesz:
until-days = A meghívó még { $count ->
    [one] egy napig
   *[other] { $count } napig
} érvényes, eddig: { $moment }.
until-hours = A meghívó még { $count ->
    [0] kevesebb mint egy óráig
    [one] egy óráig
   *[other] { $count } óráig
} érvényes, eddig: { $moment }.
uses-left = { $count ->
    [one] Még egy ember használhatja.
   *[other] Még { $count } ember használhatja.
}
have-title = Már van fiókom
have-text = Vedd fel a partnereid közé abban az alkalmazásban, amelyet használsz: { $contact }.
have-button = Partner hozzáadása
new-title = Új vagyok itt
web-button = Fiók létrehozása a böngészőben
web-text = Egyelőre nem kell alkalmazás: válassz nevet és jelszót, utána pedig egy alkalmazást.
web-text-chat = Nem kell alkalmazás: válassz nevet és jelszót, és csevegj a böngészőben.
web-away = Ezen az oldalon most nem lehet fiókot létrehozni. Próbáld újra néhány perc múlva.
uri-button = Már van XMPP-alkalmazásom
way-open = Nyisd meg a meghívót az alkalmazásban: az létrehozza a fiókodat.
more-title = Más alkalmazások és eszközök
apps-device = Alkalmazások ehhez: { $platform }
apps-choose = Válassz alkalmazást
apps-other = Alkalmazások más eszközökhöz
apps-web = webböngésző
list-separator = { ", " }
phone-title = Folytatás telefonon
phone-text = Olvasd be ezt a kódot a másik eszköz kamerájával.
phone-alt = A meghívó QR-kódja
paper-text = Olvasd be ezt a kódot a telefonod kamerájával.
code-title = Másik eszközön
code-text = Add meg ezt a kódot itt: { $address }
copy-button = Másolás
copy-done = Másolva

mail-button = A meghívó megnyitása
mail-button-reset = Új jelszó választása
mail-until = A link eddig érvényes: { $moment }.
mail-help = Kérdésed van? Itt kérdezhetsz: { $contact }
mail-why = Azért kaptad ezt az üzenetet, mert valaki megadta a címedet itt: { $site }. Ha nem neked szól, nincs teendőd.

news-joined = { $address } a meghívóddal csatlakozott.
news-joined-more = { $address } és { $count ->
    [one] még egy ember
   *[other] még { $count } ember
} a meghívóiddal csatlakozott.
news-expiring = A meghívód (létrehozva: { $created }) már csak eddig érvényes: { $moment }.
news-expiring-more = { $count ->
    [one] Az egyik meghívód hamarosan lejár: { $moment }.
   *[other] { $count } meghívód hamarosan lejár, az első: { $moment }.
}

gone-unknown-title = Nem ismerünk ilyen meghívót
gone-unknown-text = Lehet, hogy a link útközben levágódott, vagy a meghívó régen lejárt.
gone-redeemed-title = Ezt a meghívót már felhasználták
gone-redeemed-text = Minden meghívó csak bizonyos számú alkalommal használható. Ha te használtad fel, nyisd meg az alkalmazást, és jelentkezz be.
gone-expired-title = Ez a meghívó lejárt
gone-expired-text = A meghívók korlátozott ideig érvényesek.
gone-revoked-title = Ezt a meghívót visszavonták
gone-revoked-text = Már nem érvényes.
gone-over-title = Ez a meghívó már nem érvényes
gone-over-text = A szolgáltatás, amelyhez vezet, már nincs itt.
gone-ask = Kérj új linket attól, akitől ezt kaptad.
gone-enter = Másik kód megadása

enter-title = Add meg a meghívókódodat
enter-label = Meghívókód
enter-hint = A kis- és nagybetűk nem különböznek, a szóközök nem számítanak. A teljes linket is beillesztheted.
enter-button = Tovább
enter-error-unknown = Ezzel a kóddal nincs meghívó. Hasonlítsd össze karakterenként.
enter-error-empty = Add meg a meghívód kódját.
enter-error-wait = Túl sok hibás kód. Várj egy percet.

setup-title = Első lépések: { $app }
setup-get = { $app } letöltése
setup-get-text = Telepítsd az alkalmazást az eszközödre, és gyere vissza erre az oldalra.
setup-get-web = A böngészőben fut. Nyisd meg ez mellett az oldal mellett.
setup-site = { $app } webhelye
setup-elsewhere = Máshol:
setup-open = A meghívó megnyitása
setup-open-text = Ha a(z) { $app } telepítve van, nyisd meg benne a meghívót. Onnan az alkalmazás végigvezet.
setup-open-button = Megnyitás itt: { $app }
setup-magic-button = { $app } letöltése a meghívóval
setup-asks = { $app } ezután sorban ezeket kéri:
setup-account = Fiók létrehozása
setup-account-text = A(z) { $app } használatához már meglévő fiók kell. Hozd létre itt, majd jelentkezz be az alkalmazásban.
setup-account-none = A(z) { $app } használatához már meglévő fiók kell. Előbb hozd létre egy másik alkalmazással, majd jelentkezz be ezzel.
setup-login = Bejelentkezés
setup-login-text = Nyisd meg a(z) { $app } alkalmazást, és jelentkezz be a címeddel és a jelszavaddal.

register-title = Hozd létre a fiókodat itt: { $site }
register-username = Felhasználónév
register-username-hint = Betűk, számok és . _ - szóközök nélkül. A címed nev@{ $host } lesz.
register-password = Jelszó
register-password-hint = { $count ->
    [one] Legalább egy karakter.
   *[other] Legalább { $count } karakter.
} Néhány szót egymás után könnyű megjegyezni és nehéz kitalálni.
register-show = Megjelenítés
register-hide = Elrejtés
register-generate = Jelszó ajánlása
register-generated = Írd fel vagy mentsd el ezt a jelszót, mielőtt továbblépsz: többször nem jelenik meg.
register-button = Fiók létrehozása
register-terms = A fiók létrehozásával elfogadod a [felhasználási feltételeket].
error-summary = Valami még nem stimmel
error-username-empty = Válassz felhasználónevet.
error-username-invalid = Ez nem lehet felhasználónév: használj a–z betűket, számokat és . _ - jeleket, szóközök nélkül.
error-username-address = Csak azt add meg, ami a @ előtt áll; a többi adott.
error-username-reserved = Ez a név fenntartott. Válassz másikat.
error-username-taken = Ezt a nevet már használja valaki. Válassz másikat.
error-username-other = Ez a meghívó más névre szól.
error-username-long = Ez a név túl hosszú. Válassz rövidebbet.
error-username-bound = Ez a név már nem kapható meg, és a meghívó másra nem érvényes. Kérj új meghívót attól, aki meghívott.
error-username-bound-by = Ez a név már nem kapható meg, és a meghívó másra nem érvényes. Kérj új meghívót attól, aki meghívott: { $inviter }.
error-username-proposal = Mit szólsz ehhez: { $name }?
error-password-empty = Válassz jelszót.
error-password-short = { $count ->
    [one] A jelszó legalább egy karakter legyen.
   *[other] A jelszó legalább { $count } karakter legyen.
}
error-password-long = A jelszó legfeljebb { $count } karakter lehet.
error-password-weak = Ezt a jelszót túl könnyű kitalálni. Használj több vagy ritkább szót.
error-password-refused = A kiszolgáló nem fogadja el ezt a jelszót. Válassz másikat.
error-form = Az űrlap túl sokáig volt nyitva, vagy a böngésződ nem küld sütiket. Küldd el még egyszer.
error-away = A kiszolgáló most nem érhető el. A meghívód nem vész el; próbáld újra néhány perc múlva.
error-not-allowed = A kiszolgáló nem engedélyezi ezt a fiókot. Válassz másik nevet, vagy kérj segítséget.
closed-title = Itt nem lehet fiókot létrehozni
closed-text = Nyisd meg a meghívót egy alkalmazásban.
closed-nowhere = Kérdezd meg attól, aki meghívott, hogyan kaphatsz fiókot.
closed-reset-title = Itt nem lehet jelszót beállítani
closed-reset-text = A jelszót ezen az oldalon nem lehet beállítani. Kérdezd meg attól, akitől a linket kaptad, hogyan tovább.

done-title = Kész a fiókod
done-address = A címed
done-login = Bejelentkezés: { $app }
done-apps = Most válassz egy alkalmazást, és jelentkezz be a címeddel és a jelszavaddal.
done-webchat = Csevegés a böngészőben
done-keep = Őrizd meg jól a jelszavadat; többször nem jelenik meg.

manage-title = Meghívók
manage-sign-in = Bejelentkezés
manage-sign-out = Kijelentkezés
manage-signed-in = Bejelentkezve: { $who }
manage-address = A címed
manage-address-hint = Fiókkal itt: { $hosts }.
manage-key-title = API-kulccsal
manage-key = API-kulcs
manage-key-hint = A teljes kulcs, úgy, ahogy kaptad.
manage-refused = Ez nem stimmel. Ellenőrizd, mit írtál be.
manage-wait = Túl sok hibás próbálkozás. Próbáld újra később.
manage-away = A kiszolgáló most nem érhető el. Próbáld újra néhány perc múlva.
manage-new = Új meghívó
manage-create = Meghívó létrehozása
manage-kind = Mire való
manage-kind-account = Fiók
manage-kind-contact = Fiók és partner
manage-kind-reset = Új jelszó
manage-host = Kiszolgáló
manage-name-hint = A meghívó csak ehhez a névhez jó. Hagyd üresen, hogy a meghívott választhasson; új jelszóhoz szükséges.
manage-contact = Partner
manage-contact-hint = Valakinek a címe itt: { $host }, aki az új fiók partnere lesz.
manage-uses = Hányan használhatják
manage-uses-hint = Egész szám, legfeljebb { $most }.
manage-ttl = Meddig érvényes
manage-ttl-hint = Például 12h óra vagy 7d nap, legfeljebb { $most }.
manage-groups = Csoportok
manage-groups-hint = Vesszővel elválasztva; az új fiók bekerül ezekbe.
manage-mail = Küldés e-mailben ide
manage-mail-hint = Egy e-mail-cím, ha a linket el kell küldeni; különben hagyd üresen.
manage-note = Megjegyzés
manage-note-hint = A meghívók kezelőinek szól; a meghívott nem látja.
manage-error-text = Ez túl hosszú, vagy olyan karakter van benne, amely itt nem használható.
manage-error-nobody = Nincs ilyen nevű fiók.
manage-error-mail = Egyetlen e-mail-címet adj meg, például juliet@example.com.
manage-error-mails = Erre a címre most annyi e-mail ment, amennyi mehet. Kérjük, add tovább te a linket.
manage-error-limit = Most annyi meghívód van, amennyi lehet. Próbáld újra később.
manage-error-scope = Ehhez nincs jogod: { $scopes }.
manage-status = Állapot
manage-all = Mind
manage-pending = Nyitott
manage-redeemed = Felhasznált
manage-expired = Lejárt
manage-revoked = Visszavont
manage-filter = Mutasd
manage-none = Nincs ilyen meghívó.
manage-newest = Legújabb meghívók
manage-older = Régebbi meghívók
manage-until = Érvényes eddig
manage-by = Létrehozta
manage-used-by = Felhasználta
manage-tree = Ki kit hívott meg
manage-tree-none = Még senkit sem hívtak meg.
manage-tree-more = További fiókok
manage-invited-by = Meghívta
manage-link = Add tovább ezt a linket:
manage-card = Nyomtatható kártya
manage-revoke = Meghívó visszavonása
manage-restore = Legyen újra érvényes
manage-extend = Meghosszabbítás

reset-title = Válassz új jelszót
reset-address = Ehhez a fiókhoz:
reset-password = Új jelszó
reset-button = Jelszó beállítása
reset-done-title = Az új jelszavad érvényes
reset-done-text = Jelentkezz be vele minden alkalmazásodban.

problem-not-found = Itt nincs semmi
problem-not-found-text = Ellenőrizd a címet.
problem-too-many = Túl sok kérés
problem-too-many-text = Várj egy percet, és próbáld újra.
problem-too-large = Túl sok adat
problem-too-large-text = Az űrlap nagyobb, mint amit elfogadunk.
problem-later = Próbáld később
problem-later-text = Ez most nem működik; semmi sem változott.
problem-unsure-text = Nem érkezett időben válasz, de lehet, hogy mégis sikerült. Nyisd meg újra a linkedet néhány perc múlva.
problem-other = Ez nem sikerült
problem-other-text = A böngésződ olyasmit küldött, amit nem értünk.
problem-internal = Itt valami elromlott
problem-internal-text = Nem a te hibád. Próbáld később.
problem-request = Kérés: { $id }

app-conversations = Könnyen használható alkalmazás hívásokkal és titkosított csevegéssel.
app-cheogram = A Conversations rokona, amely a telefonhálózatot is eléri.
app-monocles = A Conversations rokona sok beállítással.
app-monal = Csevegőalkalmazás Apple-eszközökre, titkosított csevegéssel.
app-siskin = Könnyű alkalmazás iPhone-ra és iPadre.
app-beagle = Könnyű alkalmazás Macre.
app-dino = Modern, letisztult alkalmazás számítógépre.
app-gajim = Sok funkciót kínáló alkalmazás számítógépre.
app-kaidan = Barátságos alkalmazás a KDE közösségtől.
app-psi = Számítógépes alkalmazás, amelyben minden beállítható.
app-psi-plus = A Psi a legújabb funkcióival.
app-profanity = Csevegés a terminálban, csak billentyűzettel.
app-movim = Csevegés és közösségi hálózat a böngészőben.
app-converse = Csevegés a böngészőben, telepítés nélkül.

how-play = A Google Playről telepített { $app } magától megnyitja a meghívót. Máshonnan telepítve gyere vissza ide, és nyisd meg.
how-name = A neved: ez lesz a címed első része.
how-password = Egy jelszó: válassz hosszút, és őrizd meg jól.
how-picture = Egy kép rólad: ezt kihagyhatod.
how-notifications = Értesítések: engedélyezd őket, különben későn látod az üzeneteket.
how-app-store = Az App Store nem adja tovább a meghívót: gyere vissza ide, és nyisd meg az alkalmazásban ({ $app }).
how-log-in = Az első indításkor a bejelentkezést válaszd, ne az új fiókot.
how-terminal = { $app }: írd be a /connect parancsot és a címedet, majd a jelszavadat.
how-site = Válassz egy webhelyet, amely ezt kínálja: { $app }, és jelentkezz be ott a címeddel.
how-open = Nincs mit telepíteni: jelentkezz be a böngészőben a címeddel.
