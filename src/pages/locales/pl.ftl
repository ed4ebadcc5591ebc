language-label = Język
footer-contact = Poproś o pomoc
footer-terms = Regulamin
footer-privacy = Prywatność
back = Wróć do zaproszenia
about-chat = Rozmawiaj z osobami tutaj i na innych serwerach, w wybranej przez siebie aplikacji i bez numeru telefonu.

month = { $month ->
    [1] stycznia
    [2] lutego
    [3] marca
    [4] kwietnia
    [5] maja
    [6] czerwca
    [7] lipca
    [8] sierpnia
    [9] września
    [10] października
    [11] listopada
   *[12] grudnia
}
moment = { $day } { month } { $year } r., { $hour }:{ $minute } UTC

landing-title = Masz zaproszenie do rozmów w { $site }
landing-title-by = { $inviter } zaprasza Cię do rozmów w { $site }
landing-title-contact = { $inviter } zaprasza Cię do wspólnych rozmów
landing-title-reset = Nowe hasło do { $site }
landing-preview = Otwórz to zaproszenie, aby założyć konto w { $site }.
landing-preview-reset = Otwórz ten link, aby wybrać nowe hasło.
landing-username = Twój adres będzie brzmiał
until-days = Zaproszenie jest ważne jeszcze { $count ->
    [one] jeden dzień
    [few] { $count } dni
    [many] { $count } dni
   *[other] { $count } dnia
}, do { $moment }.
until-hours = Zaproszenie jest ważne jeszcze { $count ->
    [0] niecałą godzinę
    [one] jedną godzinę
    [few] { $count } godziny
    [many] { $count } godzin
   *[other] { $count } godziny
}, do { $moment }.
uses-left = { $count ->
    [one] Wystarczy jeszcze dla jednej osoby.
    [few] Wystarczy jeszcze dla { $count } osób.
    [many] Wystarczy jeszcze dla { $count } osób.
   *[other] Wystarczy jeszcze dla { $count } osoby.
}
have-title = Mam już konto
have-text = Dodaj { $contact } do kontaktów w aplikacji, której używasz.
have-button = Dodaj kontakt
new-title = Jestem tu po raz pierwszy
web-button = Załóż konto w przeglądarce
web-text = Na razie bez aplikacji: wybierz nazwę i hasło, a potem aplikację.
web-text-chat = Bez aplikacji: wybierz nazwę i hasło i rozmawiaj w przeglądarce.
web-away = W tej chwili nie można tu zakładać kont. Spróbuj ponownie za kilka minut.
uri-button = Mam już aplikację XMPP
way-open = Otwórz zaproszenie w aplikacji: założy ona Twoje konto.
more-title = Inne aplikacje i urządzenia
apps-device = Aplikacje na { $platform }
apps-choose = Wybierz aplikację
apps-other = Aplikacje na inne urządzenia
apps-web = przeglądarka
list-separator = { ", " }
phone-title = Kontynuuj na telefonie
phone-text = Zeskanuj ten kod aparatem drugiego urządzenia.
phone-alt = Kod QR tego zaproszenia
paper-text = Zeskanuj ten kod aparatem telefonu.
code-title = Na innym urządzeniu
code-text = Wpisz ten kod na stronie { $address }:
copy-button = Kopiuj
copy-done = Skopiowano

mail-button = Otwórz zaproszenie
mail-button-reset = Wybierz nowe hasło
mail-until = Link działa do { $moment }.
mail-help = Masz pytania? Zapytaj tutaj: { $contact }
mail-why = Otrzymujesz tę wiadomość, bo ktoś podał Twój adres w { $site }. Jeśli nie jest dla Ciebie, możesz ją zignorować.

news-joined = Z Twojego zaproszenia powstało konto { $address }.
news-joined-more = Z Twoich zaproszeń powstało konto { $address } i { $count ->
    [one] jeszcze jedno
    [few] jeszcze { $count } inne
    [many] jeszcze { $count } innych
   *[other] jeszcze { $count } innego
}.
news-expiring = Twoje zaproszenie (utworzone: { $created }) działa już tylko do { $moment }.
news-expiring-more = { $count ->
    [one] Wkrótce wygaśnie jedno z Twoich zaproszeń: { $moment }.
    [few] Wkrótce wygasną { $count } Twoje zaproszenia, pierwsze: { $moment }.
    [many] Wkrótce wygaśnie { $count } Twoich zaproszeń, pierwsze: { $moment }.
   *[other] Wkrótce wygaśnie { $count } Twojego zaproszenia, pierwsze: { $moment }.
}

gone-unknown-title = Nie znamy tego zaproszenia
gone-unknown-text = Być może link został ucięty przy przesyłaniu albo zaproszenie dawno wygasło.
gone-redeemed-title = To zaproszenie zostało wykorzystane
gone-redeemed-text = Każde zaproszenie działa tylko określoną liczbę razy. Jeśli zostało użyte przez Ciebie, otwórz aplikację i zaloguj się.
gone-expired-title = To zaproszenie wygasło
gone-expired-text = Zaproszenia są ważne przez ograniczony czas.
gone-revoked-title = To zaproszenie zostało cofnięte
gone-revoked-text = Już nie działa.
gone-over-title = To zaproszenie jest nieaktualne
gone-over-text = Usługi, do której prowadzi, już tu nie ma.
gone-ask = Poproś o nowy link osobę, od której masz ten.
gone-enter = Wpisz inny kod

enter-title = Wpisz kod zaproszenia
enter-label = Kod zaproszenia
enter-hint = Wielkość liter i odstępy nie mają znaczenia. Możesz też wkleić cały link.
enter-button = Dalej
enter-error-unknown = Nie ma zaproszenia z tym kodem. Porównaj go znak po znaku.
enter-error-empty = Wpisz kod swojego zaproszenia.
enter-error-wait = Zbyt wiele błędnych kodów. Poczekaj minutę.

setup-title = Zacznij z { $app }
setup-get = Pobierz { $app }
setup-get-text = Zainstaluj aplikację na urządzeniu i wróć na tę stronę.
setup-get-web = Działa w przeglądarce. Otwórz ją obok tej strony.
setup-site = Strona { $app }
setup-elsewhere = Gdzie indziej:
setup-open = Otwórz zaproszenie
setup-open-text = Gdy aplikacja { $app } będzie zainstalowana, otwórz w niej zaproszenie. Poprowadzi Cię ona dalej.
setup-open-button = Otwórz w { $app }
setup-magic-button = Pobierz { $app } z zaproszeniem
setup-asks = Aplikacja { $app } zapyta potem po kolei:
setup-account = Załóż konto
setup-account-text = { $app } potrzebuje istniejącego konta. Załóż je tutaj, a potem zaloguj się w aplikacji.
setup-account-none = { $app } potrzebuje istniejącego konta. Załóż je najpierw w innej aplikacji, a potem zaloguj się w tej.
setup-login = Zaloguj się
setup-login-text = Otwórz { $app } i zaloguj się swoim adresem i hasłem.

register-title = Załóż konto w { $site }
register-username = Nazwa użytkownika
register-username-hint = Litery, cyfry i . _ - bez odstępów. Twój adres to nazwa@{ $host }.
register-password = Hasło
register-password-hint = { $count ->
    [one] Co najmniej jeden znak.
    [few] Co najmniej { $count } znaki.
    [many] Co najmniej { $count } znaków.
   *[other] Co najmniej { $count } znaku.
} Kilka słów z rzędu łatwo zapamiętać, a trudno odgadnąć.
register-show = Pokaż
register-hide = Ukryj
register-generate = Zaproponuj hasło
register-generated = Zanim przejdziesz dalej, zapisz to hasło: nie zostanie ponownie pokazane.
register-button = Załóż konto
register-terms = Zakładając konto, akceptujesz [regulamin].
error-summary = Coś jeszcze się nie zgadza
error-username-empty = Wybierz nazwę użytkownika.
error-username-invalid = To nie może być nazwa użytkownika: użyj liter takich jak a–z, cyfr i . _ - bez odstępów.
error-username-address = Wpisz tylko to, co stoi przed znakiem @; reszta jest stała.
error-username-reserved = Ta nazwa jest zastrzeżona. Wybierz inną.
error-username-taken = Ktoś już ma tę nazwę. Wybierz inną.
error-username-other = To zaproszenie jest dla innej nazwy.
error-username-long = Ta nazwa jest za długa. Wybierz krótszą.
error-username-bound = Ta nazwa nie jest już dostępna, a zaproszenie nie dotyczy żadnej innej. Poproś o nowe zaproszenie osobę, która Cię zaprosiła.
error-username-bound-by = Ta nazwa nie jest już dostępna, a zaproszenie nie dotyczy żadnej innej. Poproś o nowe zaproszenie osobę, która Cię zaprosiła: { $inviter }.
error-username-proposal = Może { $name }?
error-password-empty = Wybierz hasło.
error-password-short = { $count ->
    [one] Hasło musi mieć co najmniej jeden znak.
    [few] Hasło musi mieć co najmniej { $count } znaki.
    [many] Hasło musi mieć co najmniej { $count } znaków.
   *[other] Hasło musi mieć co najmniej { $count } znaku.
}
error-password-long = Hasło może mieć najwyżej { $count } znaków.
error-password-weak = To hasło zbyt łatwo odgadnąć. Użyj więcej słów albo rzadszych.
error-password-refused = Serwer nie przyjmuje tego hasła. Wybierz inne.
error-form = Formularz był otwarty zbyt długo albo przeglądarka nie wysyła ciasteczek. Wyślij go jeszcze raz.
error-away = Serwer jest w tej chwili nieosiągalny. Zaproszenie nie przepadnie; spróbuj ponownie za kilka minut.
error-not-allowed = Serwer nie pozwala na założenie tego konta. Wybierz inną nazwę albo poproś o pomoc.
closed-title = Tutaj nie zakłada się kont
closed-text = Otwórz zaproszenie w aplikacji.
closed-nowhere = Zapytaj osobę, która Cię zaprosiła, jak je otrzymać.
closed-reset-title = Tutaj nie ustawia się haseł
closed-reset-text = Na tej stronie nie można ustawić hasła. Zapytaj osobę, od której masz ten link, co dalej.

done-title = Twoje konto jest gotowe
done-address = Twój adres
done-login = Zaloguj się w { $app }
done-apps = Teraz wybierz aplikację i zaloguj się swoim adresem i hasłem.
done-webchat = Rozmawiaj w przeglądarce
done-keep = Dobrze przechowuj hasło; nie zostanie ponownie pokazane.

manage-title = Zaproszenia
manage-sign-in = Zaloguj się
manage-sign-out = Wyloguj się
manage-signed-in = Zalogowano: { $who }
manage-address = Twój adres
manage-address-hint = Z kontem w { $hosts }.
manage-key-title = Kluczem API
manage-key = Klucz API
manage-key-hint = Cały klucz, tak jak go otrzymano.
manage-refused = To się nie zgadza. Sprawdź, co wpisano.
manage-wait = Zbyt wiele nieudanych prób. Spróbuj ponownie później.
manage-away = Serwer jest w tej chwili nieosiągalny. Spróbuj ponownie za kilka minut.
manage-new = Nowe zaproszenie
manage-create = Utwórz zaproszenie
manage-kind = Do czego służy
manage-kind-account = Konto
manage-kind-contact = Konto i kontakt
manage-kind-reset = Nowe hasło
manage-host = Serwer
manage-name-hint = Zaproszenie jest tylko dla tej nazwy. Zostaw puste pole, aby można było ją wybrać; do nowego hasła jest potrzebna.
manage-contact = Kontakt
manage-contact-hint = Adres osoby w { $host }, która stanie się kontaktem nowego konta.
manage-uses = Ile osób może z niego skorzystać
manage-uses-hint = Liczba całkowita, najwyżej { $most }.
manage-ttl = Jak długo jest ważne
manage-ttl-hint = Na przykład 12h to godziny, a 7d to dni; najwyżej { $most }.
manage-groups = Grupy
manage-groups-hint = Oddzielone przecinkami; nowe konto zostanie do nich dodane.
manage-mail = Wyślij pocztą na adres
manage-mail-hint = Adres e-mail, jeśli link ma zostać wysłany; w przeciwnym razie pozostaw puste.
manage-note = Notatka
manage-note-hint = Dla zarządzających zaproszeniami; osoba zaproszona jej nie widzi.
manage-error-text = To jest za długie albo zawiera znaki, których nie można tu użyć.
manage-error-nobody = Nie ma konta o tej nazwie.
manage-error-mail = Podaj jeden adres e-mail, na przykład juliet@example.com.
manage-error-mails = Na ten adres wysłano na razie tyle wiadomości, ile można. Przekaż link samodzielnie.
manage-error-limit = Masz teraz tyle zaproszeń, ile możesz mieć. Spróbuj ponownie później.
manage-error-scope = Nie masz do tego prawa: { $scopes }.
manage-status = Stan
manage-all = Wszystkie
manage-pending = Otwarte
manage-redeemed = Wykorzystane
manage-expired = Wygasłe
manage-revoked = Cofnięte
manage-filter = Pokaż
manage-none = Nie ma takich zaproszeń.
manage-newest = Najnowsze zaproszenia
manage-older = Starsze zaproszenia
manage-until = Ważne do
manage-by = Kto utworzył
manage-used-by = Kto wykorzystał
manage-tree = Kto kogo zaprosił
manage-tree-none = Nikogo jeszcze nie zaproszono.
manage-tree-more = Więcej kont
manage-invited-by = Zaprasza
manage-link = Przekaż ten link:
manage-card = Karta do druku
manage-revoke = Cofnij zaproszenie
manage-restore = Przywróć ważność
manage-extend = Przedłuż

reset-title = Wybierz nowe hasło
reset-address = Dla konta
reset-password = Nowe hasło
reset-button = Ustaw hasło
reset-done-title = Nowe hasło jest ustawione
reset-done-text = Zaloguj się nim we wszystkich swoich aplikacjach.

problem-not-found = Tu nic nie ma
problem-not-found-text = Sprawdź adres.
problem-too-many = Zbyt wiele żądań
problem-too-many-text = Poczekaj minutę i spróbuj ponownie.
problem-too-large = Zbyt dużo danych
problem-too-large-text = Formularz jest większy, niż przyjmujemy.
problem-later = Spróbuj później
problem-later-text = W tej chwili to nie działa; nic się nie zmieniło.
problem-unsure-text = Odpowiedź nie przyszła na czas; być może mimo to się udało. Otwórz link ponownie za kilka minut.
problem-other = To się nie udało
problem-other-text = Przeglądarka wysłała coś, czego nie rozumiemy.
problem-internal = Coś poszło tu nie tak
problem-internal-text = To nie Twoja wina. Spróbuj później.
problem-request = Żądanie { $id }

app-conversations = Prosta aplikacja z połączeniami i szyfrowanymi czatami.
app-cheogram = Krewna Conversations, która łączy się też z siecią telefoniczną.
app-monocles = Krewna Conversations z wieloma ustawieniami.
app-monal = Komunikator na urządzenia Apple, z szyfrowanymi czatami.
app-siskin = Lekka aplikacja na iPhone’a i iPada.
app-beagle = Lekka aplikacja na Maca.
app-dino = Nowoczesna, przejrzysta aplikacja na komputer.
app-gajim = Rozbudowana aplikacja na komputer.
app-kaidan = Przyjazna aplikacja od społeczności KDE.
app-psi = Aplikacja na komputer, w której wszystko da się ustawić.
app-psi-plus = Psi z najnowszymi funkcjami.
app-profanity = Czat w terminalu, obsługiwany samą klawiaturą.
app-movim = Czaty i sieć społecznościowa w przeglądarce.
app-converse = Czat w przeglądarce, bez instalowania.

how-play = Aplikacja { $app } z Google Play sama otworzy zaproszenie. W innym wypadku wróć tutaj i je otwórz.
how-name = Twoja nazwa: będzie pierwszą częścią Twojego adresu.
how-password = Hasło: wybierz długie i dobrze je przechowuj.
how-picture = Twoje zdjęcie: możesz to pominąć.
how-notifications = Powiadomienia: zezwól na nie, inaczej późno zobaczysz wiadomości.
how-app-store = App Store nie przekazuje zaproszenia: wróć tutaj i otwórz je w { $app }.
how-log-in = Przy pierwszym uruchomieniu wybierz logowanie, a nie zakładanie konta.
how-terminal = W { $app } wpisz /connect i swój adres, a potem hasło.
how-site = Wybierz stronę, która udostępnia { $app }, i zaloguj się tam swoim adresem.
how-open = Niczego nie trzeba instalować: zaloguj się w przeglądarce swoim adresem.
