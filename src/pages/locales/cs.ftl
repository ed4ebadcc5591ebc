language-label = Jazyk
footer-contact = Požádat o pomoc
footer-terms = Podmínky používání
footer-privacy = Ochrana soukromí
back = Zpět k pozvánce
about-chat = Pište si s lidmi zde i na jiných serverech, v aplikaci podle vlastního výběru a bez telefonního čísla.

month = { $month ->
    [1] ledna
    [2] února
    [3] března
    [4] dubna
    [5] května
    [6] června
    [7] července
    [8] srpna
    [9] září
    [10] října
    [11] listopadu
   *[12] prosince
}
moment = { $day }. { month } { $year }, { $hour }:{ $minute } UTC

landing-title = Máte pozvánku k chatování na { $site }
landing-title-by = { $inviter } vás zve k chatování na { $site }
landing-title-contact = { $inviter } vás zve, abyste si spolu psali
landing-title-reset = Nové heslo pro { $site }
landing-preview = Otevřete pozvánku a získejte účet na { $site }.
landing-preview-reset = Otevřete odkaz a zvolte si nové heslo.
landing-username = Vaše adresa bude
until-days = Pozvánka platí ještě { $count ->
    [one] jeden den
    [few] { $count } dny
   *[other] { $count } dní
}, do { $moment }.
until-hours = Pozvánka platí ještě { $count ->
    [0] necelou hodinu
    [one] jednu hodinu
    [few] { $count } hodiny
   *[other] { $count } hodin
}, do { $moment }.
uses-left = { $count ->
    [one] Stačí ještě pro jednu osobu.
    [few] Stačí ještě pro { $count } osoby.
   *[other] Stačí ještě pro { $count } osob.
}
have-title = Účet už mám
have-text = Přidejte si { $contact } mezi kontakty v aplikaci, kterou používáte.
have-button = Přidat kontakt
new-title = Jsem tu poprvé
web-button = Vytvořit účet v prohlížeči
web-text = Zatím bez aplikace: zvolte si jméno a heslo, aplikaci si vyberete potom.
web-text-chat = Bez aplikace: zvolte si jméno a heslo a pište si v prohlížeči.
web-away = Na této stránce teď nelze vytvářet účty. Zkuste to prosím znovu za pár minut.
uri-button = Aplikaci pro XMPP už mám
way-open = Otevřete v ní pozvánku: aplikace vám vytvoří účet.
more-title = Jiné aplikace a zařízení
apps-device = Aplikace pro { $platform }
apps-choose = Vyberte si aplikaci
apps-other = Aplikace pro jiná zařízení
apps-web = webový prohlížeč
list-separator = { ", " }
phone-title = Pokračovat na telefonu
phone-text = Naskenujte tento kód fotoaparátem druhého zařízení.
phone-alt = QR kód této pozvánky
paper-text = Naskenujte tento kód fotoaparátem telefonu.
code-title = Na jiném zařízení
code-text = Zadejte tento kód na { $address }:
copy-button = Kopírovat
copy-done = Zkopírováno

mail-button = Otevřít pozvánku
mail-button-reset = Zvolit nové heslo
mail-until = Odkaz platí do { $moment }.
mail-help = Máte dotaz? Zeptejte se zde: { $contact }
mail-why = Tuto zprávu dostáváte, protože někdo na { $site } zadal vaši adresu. Pokud vám není určena, nemusíte nic dělat.

news-joined = Na vaši pozvánku vznikl účet { $address }.
news-joined-more = Na vaše pozvánky vznikl účet { $address } a { $count ->
    [one] jeden další
    [few] { $count } další
   *[other] { $count } dalších
}.
news-expiring = Vaše pozvánka (vytvořena: { $created }) platí už jen do { $moment }.
news-expiring-more = { $count ->
    [one] Brzy vyprší jedna z vašich pozvánek: { $moment }.
    [few] Brzy vyprší { $count } vaše pozvánky, první: { $moment }.
   *[other] Brzy vyprší { $count } vašich pozvánek, první: { $moment }.
}

gone-unknown-title = Tuto pozvánku neznáme
gone-unknown-text = Odkaz se možná cestou zkrátil, nebo pozvánka už dávno vypršela.
gone-redeemed-title = Tato pozvánka už byla použita
gone-redeemed-text = Počet použití každé pozvánky je omezený. Pokud jste ji použili vy, otevřete aplikaci a přihlaste se.
gone-expired-title = Platnost pozvánky vypršela
gone-expired-text = Pozvánky platí jen omezenou dobu.
gone-revoked-title = Tato pozvánka byla zrušena
gone-revoked-text = Už neplatí.
gone-over-title = Tato pozvánka už neplatí
gone-over-text = Služba, na kterou vede, tu už není.
gone-ask = Požádejte o nový odkaz toho, kdo vám dal tento.
gone-enter = Zadat jiný kód

enter-title = Zadejte kód pozvánky
enter-label = Kód pozvánky
enter-hint = Na velikosti písmen ani na mezerách nezáleží. Můžete také vložit celý odkaz.
enter-button = Pokračovat
enter-error-unknown = Pozvánka s tímto kódem neexistuje. Porovnejte ho prosím znak po znaku.
enter-error-empty = Zadejte kód své pozvánky.
enter-error-wait = Příliš mnoho chybných kódů. Počkejte prosím minutu.

setup-title = Začínáme s aplikací { $app }
setup-get = Získat { $app }
setup-get-text = Nainstalujte si aplikaci do svého zařízení a vraťte se na tuto stránku.
setup-get-web = Běží v prohlížeči. Otevřete ji vedle této stránky.
setup-site = Stránky aplikace { $app }
setup-elsewhere = Jinde:
setup-open = Otevřít pozvánku
setup-open-text = Až bude { $app } nainstalovaná, otevřete v ní pozvánku. Aplikace vás dál povede.
setup-open-button = Otevřít v aplikaci { $app }
setup-magic-button = Získat { $app } s pozvánkou
setup-asks = Aplikace { $app } se pak postupně zeptá na toto:
setup-account = Vytvořit si účet
setup-account-text = { $app } potřebuje existující účet. Vytvořte si ho zde a potom se v aplikaci přihlaste.
setup-account-none = { $app } potřebuje existující účet. Vytvořte si ho nejdřív v jiné aplikaci a potom se přihlaste v této.
setup-login = Přihlásit se
setup-login-text = Otevřete { $app } a přihlaste se svou adresou a heslem.

register-title = Vytvořte si účet na { $site }
register-username = Uživatelské jméno
register-username-hint = Písmena, číslice a . _ - bez mezer. Vaše adresa bude jmeno@{ $host }.
register-password = Heslo
register-password-hint = { $count ->
    [one] Alespoň jeden znak.
    [few] Alespoň { $count } znaky.
   *[other] Alespoň { $count } znaků.
} Několik slov za sebou se snadno pamatuje a těžko uhodne.
register-show = Zobrazit
register-hide = Skrýt
register-generate = Navrhnout heslo
register-generated = Než budete pokračovat, toto heslo si zapište nebo uložte: znovu už se nezobrazí.
register-button = Vytvořit účet
register-terms = Vytvořením účtu souhlasíte s [podmínkami používání].
error-summary = Něco ještě není v pořádku
error-username-empty = Zvolte si uživatelské jméno.
error-username-invalid = Toto nemůže být uživatelské jméno: použijte písmena jako a až z, číslice a . _ - bez mezer.
error-username-address = Zadejte jen to, co je před znakem @; zbytek je daný.
error-username-reserved = Toto jméno je vyhrazené. Zvolte si jiné.
error-username-taken = Toto jméno už někdo má. Zvolte si jiné.
error-username-other = Tato pozvánka je pro jiné jméno.
error-username-long = Toto jméno je příliš dlouhé. Zvolte si kratší.
error-username-bound = Toto jméno už není k dispozici a pozvánka pro jiné neplatí. Požádejte o novou pozvánku toho, kdo vás pozval.
error-username-bound-by = Toto jméno už není k dispozici a pozvánka pro jiné neplatí. Požádejte o novou pozvánku toho, kdo vás pozval: { $inviter }.
error-username-proposal = Co třeba { $name }?
error-password-empty = Zvolte si heslo.
error-password-short = { $count ->
    [one] Heslo musí mít alespoň jeden znak.
    [few] Heslo musí mít alespoň { $count } znaky.
   *[other] Heslo musí mít alespoň { $count } znaků.
}
error-password-long = Heslo může mít nejvýše { $count } znaků.
error-password-weak = Toto heslo se dá příliš snadno uhodnout. Použijte více slov nebo méně obvyklá.
error-password-refused = Server toto heslo nepřijal. Zvolte si jiné.
error-form = Formulář byl otevřený příliš dlouho, nebo váš prohlížeč neposílá cookies. Odešlete ho prosím znovu.
error-away = Server je teď nedostupný. O pozvánku nepřijdete; zkuste to prosím znovu za pár minut.
error-not-allowed = Server tento účet nepovoluje. Zvolte si jiné jméno nebo požádejte o pomoc.
closed-title = Účty se tu nevytvářejí
closed-text = Otevřete pozvánku v aplikaci.
closed-nowhere = Zeptejte se toho, kdo vás pozval, jak účet získat.
closed-reset-title = Hesla se tu nenastavují
closed-reset-text = Na této stránce nelze heslo nastavit. Zeptejte se toho, kdo vám dal tento odkaz, jak dál.

done-title = Váš účet je připravený
done-address = Vaše adresa
done-login = Přihlásit se v aplikaci { $app }
done-apps = Teď si vyberte aplikaci a přihlaste se svou adresou a heslem.
done-webchat = Chatovat v prohlížeči
done-keep = Heslo si dobře uschovejte; znovu už se nezobrazí.

manage-title = Pozvánky
manage-sign-in = Přihlásit se
manage-sign-out = Odhlásit se
manage-signed-in = Přihlášení: { $who }
manage-address = Vaše adresa
manage-address-hint = S účtem na { $hosts }.
manage-key-title = S klíčem API
manage-key = Klíč API
manage-key-hint = Celý klíč tak, jak jste ho dostali.
manage-refused = To nesouhlasí. Zkontrolujte prosím, co jste napsali.
manage-wait = Příliš mnoho chybných pokusů. Zkuste to prosím později.
manage-away = Server je teď nedostupný. Zkuste to prosím znovu za pár minut.
manage-new = Nová pozvánka
manage-create = Vytvořit pozvánku
manage-kind = K čemu je
manage-kind-account = Účet
manage-kind-contact = Účet a kontakt
manage-kind-reset = Nové heslo
manage-host = Server
manage-name-hint = Pozvánka platí jen pro toto jméno. Nechte pole prázdné, aby si ho bylo možné zvolit; pro nové heslo je potřeba.
manage-contact = Kontakt
manage-contact-hint = Adresa někoho na { $host }, kdo se stane kontaktem nového účtu.
manage-uses = Kolik lidí ji může použít
manage-uses-hint = Celé číslo, nejvýše { $most }.
manage-ttl = Jak dlouho platí
manage-ttl-hint = Například 12h jsou hodiny a 7d dny; nejvýše { $most }.
manage-groups = Skupiny
manage-groups-hint = Oddělené čárkami; nový účet do nich bude zařazen.
manage-mail = Poslat e-mailem na adresu
manage-mail-hint = E-mailová adresa, má-li se odkaz poslat; jinak nechte prázdné.
manage-note = Poznámka
manage-note-hint = Pro ty, kdo spravují pozvánky; pozvaný ji nevidí.
manage-error-text = Je to příliš dlouhé nebo to obsahuje znaky, které zde nelze použít.
manage-error-nobody = Účet s tímto jménem neexistuje.
manage-error-mail = Zadejte jednu e-mailovou adresu, například juliet@example.com.
manage-error-mails = Na tuto adresu teď odešlo tolik e-mailů, kolik smí. Předejte odkaz sami.
manage-error-limit = Máte teď tolik pozvánek, kolik jich mít můžete. Zkuste to prosím později.
manage-error-scope = K tomu nemáte oprávnění: { $scopes }.
manage-status = Stav
manage-all = Všechny
manage-pending = Otevřená
manage-redeemed = Použitá
manage-expired = Prošlá
manage-revoked = Zrušená
manage-filter = Zobrazit
manage-none = Takové pozvánky nejsou.
manage-newest = Nejnovější pozvánky
manage-older = Starší pozvánky
manage-until = Platí do
manage-by = Kdo ji vytvořil
manage-used-by = Kdo ji použil
manage-tree = Kdo koho pozval
manage-tree-none = Zatím nebyl nikdo pozván.
manage-tree-more = Další účty
manage-invited-by = Pozval(a)
manage-link = Předejte tento odkaz:
manage-card = Karta k vytištění
manage-revoke = Zrušit pozvánku
manage-restore = Obnovit platnost
manage-extend = Prodloužit

reset-title = Zvolte si nové heslo
reset-address = Pro účet
reset-password = Nové heslo
reset-button = Nastavit heslo
reset-done-title = Nové heslo je nastavené
reset-done-text = Přihlaste se s ním ve všech svých aplikacích.

problem-not-found = Nic tu není
problem-not-found-text = Zkontrolujte prosím adresu.
problem-too-many = Příliš mnoho požadavků
problem-too-many-text = Počkejte minutu a zkuste to znovu.
problem-too-large = Příliš mnoho dat
problem-too-large-text = Formulář je větší, než přijímáme.
problem-later = Zkuste to později
problem-later-text = Teď to nejde; nic se nezměnilo.
problem-unsure-text = Odpověď nepřišla včas, možná se to přesto povedlo. Otevřete odkaz znovu za pár minut.
problem-other = Nepovedlo se to
problem-other-text = Váš prohlížeč poslal něco, čemu nerozumíme.
problem-internal = Něco se tu pokazilo
problem-internal-text = Není to vaše chyba. Zkuste to prosím později.
problem-request = Požadavek { $id }

app-conversations = Jednoduchá aplikace s hovory a šifrovaným chatem.
app-cheogram = Příbuzná Conversations, která se dovolá i do telefonní sítě.
app-monocles = Příbuzná Conversations se spoustou nastavení.
app-monal = Chatovací aplikace pro zařízení Apple, se šifrovaným chatem.
app-siskin = Nenáročná aplikace pro iPhone a iPad.
app-beagle = Nenáročná aplikace pro Mac.
app-dino = Moderní a přehledná aplikace pro počítač.
app-gajim = Aplikace pro počítač s mnoha funkcemi.
app-kaidan = Přívětivá aplikace od komunity KDE.
app-psi = Aplikace pro počítač, ve které se dá nastavit všechno.
app-psi-plus = Psi s nejnovějšími funkcemi.
app-profanity = Chat v terminálu, jen s klávesnicí.
app-movim = Chat a sociální síť v prohlížeči.
app-converse = Chat v prohlížeči, bez instalace.

how-play = { $app } z Google Play otevře pozvánku sama. Pokud je odjinud, vraťte se sem a otevřete ji.
how-name = Jméno: bude první částí vaší adresy.
how-password = Heslo: zvolte si dlouhé a dobře si ho uložte.
how-picture = Váš obrázek: můžete ho přeskočit.
how-notifications = Oznámení: povolte je, jinak uvidíte zprávy pozdě.
how-app-store = App Store pozvánku nepředá: vraťte se sem a otevřete ji v aplikaci { $app }.
how-log-in = Při prvním spuštění zvolte přihlášení, ne vytvoření účtu.
how-terminal = V aplikaci { $app } napište /connect a svou adresu, potom heslo.
how-site = Vyberte si web, který { $app } nabízí, a přihlaste se tam svou adresou.
how-open = Není co instalovat: přihlaste se v prohlížeči svou adresou.
