language-label = Dil
footer-contact = Yardım iste
footer-terms = Kullanım koşulları
footer-privacy = Gizlilik
back = Davete geri dön
about-chat = Buradaki ve başka sunuculardaki kişilerle, istediğiniz uygulamada ve telefon numarası olmadan sohbet edin.

month = { $month ->
    [1] Ocak
    [2] Şubat
    [3] Mart
    [4] Nisan
    [5] Mayıs
    [6] Haziran
    [7] Temmuz
    [8] Ağustos
    [9] Eylül
    [10] Ekim
    [11] Kasım
   *[12] Aralık
}
moment = { $day } { month } { $year }, { $hour }:{ $minute } UTC

landing-title = { $site } sitesinde sohbet etmeye davetlisiniz
landing-title-by = { $inviter } sizi { $site } sitesinde sohbet etmeye davet ediyor
landing-title-contact = { $inviter } sizinle sohbet etmek istiyor
landing-title-reset = { $site } için yeni bir parola
landing-preview = { $site } hesabı almak için bu daveti açın.
landing-preview-reset = Yeni bir parola seçmek için bu bağlantıyı açın.
landing-username = Adresiniz şöyle olacak:
until-days = Davet { $count ->
    [one] bir gün
   *[other] { $count } gün
} daha geçerli; bitiş: { $moment }.
until-hours = Davet { $count ->
    [0] bir saatten az bir süre
    [one] bir saat
   *[other] { $count } saat
} daha geçerli; bitiş: { $moment }.
uses-left = { $count ->
    [one] Bir kişi daha kullanabilir.
   *[other] { $count } kişi daha kullanabilir.
}
have-title = Hesabım var
have-text = Kullandığınız uygulamada { $contact } adresini kişilerinize ekleyin.
have-button = Kişiyi ekle
new-title = Burada yeniyim
web-button = Tarayıcıda hesap oluşturun
web-text = Şimdilik uygulama gerekmez: bir ad ve parola seçin, uygulamayı sonra seçersiniz.
web-text-chat = Uygulama gerekmez: bir ad ve parola seçin, tarayıcıda sohbet edin.
web-away = Şu anda bu sayfada hesap oluşturulamıyor. Lütfen birkaç dakika sonra yeniden deneyin.
uri-button = XMPP için bir uygulamam var
way-open = Daveti uygulamada açın; hesabınızı uygulama oluşturur.
more-title = Başka uygulamalar ve cihazlar
apps-device = { $platform } için uygulamalar
apps-choose = Bir uygulama seçin
apps-other = Başka cihazlar için uygulamalar
apps-web = web tarayıcısı
list-separator = { ", " }
phone-title = Telefonunuzda devam edin
phone-text = Bu kodu diğer cihazın kamerasıyla tarayın.
phone-alt = Bu davetin QR kodu
paper-text = Bu kodu telefonunuzun kamerasıyla tarayın.
code-title = Başka bir cihazda
code-text = Bu kodu { $address } adresinde girin:
copy-button = Kopyala
copy-done = Kopyalandı

mail-button = Daveti aç
mail-button-reset = Yeni bir parola seç
mail-until = Bağlantı şu zamana kadar geçerlidir: { $moment }.
mail-help = Sorunuz mu var? Buradan sorun: { $contact }
mail-why = Bu iletiyi, birisi { $site } sitesinde adresinizi girdiği için alıyorsunuz. Size yönelik değilse dikkate almayabilirsiniz.

news-joined = { $address } davetinizle katıldı.
news-joined-more = { $address } ve { $count ->
    [one] bir kişi daha
   *[other] { $count } kişi daha
} davetlerinizle katıldı.
news-expiring = Davetiniz (oluşturulma: { $created }) yalnızca şu zamana kadar geçerlidir: { $moment }.
news-expiring-more = { $count ->
    [one] Davetlerinizden birinin süresi yakında doluyor: { $moment }.
   *[other] { $count } davetinizin süresi yakında doluyor, ilki: { $moment }.
}

gone-unknown-title = Bu davet bilinmiyor
gone-unknown-text = Bağlantı yolda kesilmiş olabilir ya da davetin süresi çoktan dolmuştur.
gone-redeemed-title = Bu davet kullanılmış
gone-redeemed-text = Her davet belli sayıda kullanılabilir. Kullanan sizseniz uygulamanızı açıp giriş yapın.
gone-expired-title = Bu davetin süresi dolmuş
gone-expired-text = Davetler sınırlı bir süre için geçerlidir.
gone-revoked-title = Bu davet geri alındı
gone-revoked-text = Artık geçerli değil.
gone-over-title = Bu davet artık geçerli değil
gone-over-text = Davetin götürdüğü hizmet artık burada değil.
gone-ask = Bu bağlantıyı size veren kişiden yenisini isteyin.
gone-enter = Başka bir kod gir

enter-title = Davet kodunuzu girin
enter-label = Davet kodu
enter-hint = Büyük küçük harf ve boşluklar önemsizdir. Bağlantının tamamını da yapıştırabilirsiniz.
enter-button = Devam et
enter-error-unknown = Bu kodla bir davet yok. Lütfen kodu harf harf karşılaştırın.
enter-error-empty = Lütfen davetinizin kodunu girin.
enter-error-wait = Çok fazla yanlış kod girildi. Lütfen bir dakika bekleyin.

setup-title = { $app } ile başlayın
setup-get = { $app } uygulamasını edinin
setup-get-text = Uygulamayı cihazınıza kurun ve bu sayfaya geri dönün.
setup-get-web = Tarayıcınızda çalışır. Bu sayfanın yanında açın.
setup-site = { $app } web sitesi
setup-elsewhere = Başka yerlerde:
setup-open = Daveti açın
setup-open-text = { $app } kurulunca daveti onda açın. Gerisini uygulama gösterir.
setup-open-button = { $app } ile aç
setup-magic-button = { $app } uygulamasını davetle edin
setup-asks = Ardından { $app } sırayla şunları sorar:
setup-account = Hesabınızı oluşturun
setup-account-text = { $app } var olan bir hesap ister. Hesabı burada oluşturun, sonra uygulamada giriş yapın.
setup-account-none = { $app } var olan bir hesap ister. Hesabı önce başka bir uygulamayla oluşturun, sonra bununla giriş yapın.
setup-login = Giriş yapın
setup-login-text = { $app } uygulamasını açın, adresiniz ve parolanızla giriş yapın.

register-title = { $site } hesabınızı oluşturun
register-username = Kullanıcı adı
register-username-hint = Harfler, rakamlar ve . _ - kullanın, boşluk bırakmayın. Adresiniz ad@{ $host } olacak.
register-password = Parola
register-password-hint = { $count ->
    [one] En az bir karakter.
   *[other] En az { $count } karakter.
} Art arda birkaç sözcüğü hatırlamak kolay, tahmin etmek zordur.
register-show = Göster
register-hide = Gizle
register-generate = Parola öner
register-generated = Devam etmeden önce bu parolayı not edin ya da kaydedin: bir daha gösterilmez.
register-button = Hesap oluştur
register-terms = Hesap oluşturarak [kullanım koşullarını] kabul edersiniz.
error-summary = Henüz düzeltilmesi gereken bir şey var
error-username-empty = Lütfen bir kullanıcı adı seçin.
error-username-invalid = Bu bir kullanıcı adı olamaz: a–z gibi harfler, rakam ve . _ - kullanın, boşluk bırakmayın.
error-username-address = Yalnızca @ işaretinden öncesini girin; gerisi bellidir.
error-username-reserved = Bu ad ayrılmış. Lütfen başka bir ad seçin.
error-username-taken = Bu adı biri almış. Lütfen başka bir ad seçin.
error-username-other = Bu davet başka bir ad için.
error-username-long = Bu ad çok uzun. Lütfen daha kısa bir ad seçin.
error-username-bound = Bu ad artık alınamıyor ve davet başka bir ad için geçerli değil. Lütfen sizi davet eden kişiden yeni bir davet isteyin.
error-username-bound-by = Bu ad artık alınamıyor ve davet başka bir ad için geçerli değil. Lütfen sizi davet eden kişiden ({ $inviter }) yeni bir davet isteyin.
error-username-proposal = { $name } nasıl?
error-password-empty = Lütfen bir parola seçin.
error-password-short = { $count ->
    [one] Parola en az bir karakter olmalı.
   *[other] Parola en az { $count } karakter olmalı.
}
error-password-long = Bir parola en fazla { $count } karakter olabilir.
error-password-weak = Bu parolayı tahmin etmek çok kolay. Lütfen daha çok ya da daha seyrek kullanılan sözcükler seçin.
error-password-refused = Sunucu bu parolayı kabul etmiyor. Lütfen başka bir parola seçin.
error-form = Form çok uzun süre açık kalmış ya da tarayıcınız çerez göndermiyor. Lütfen yeniden gönderin.
error-away = Sunucuya şu anda ulaşılamıyor. Davetiniz kaybolmaz; lütfen birkaç dakika sonra yeniden deneyin.
error-not-allowed = Sunucu bu hesaba izin vermiyor. Lütfen başka bir ad seçin ya da yardım isteyin.
closed-title = Burada hesap oluşturulmuyor
closed-text = Lütfen daveti bir uygulamada açın.
closed-nowhere = Nasıl hesap alacağınızı sizi davet eden kişiye sorun.
closed-reset-title = Burada parola belirlenmiyor
closed-reset-text = Parola bu sayfada belirlenemez. Nasıl devam edeceğinizi bu bağlantıyı size veren kişiye sorun.

done-title = Hesabınız hazır
done-address = Adresiniz
done-login = { $app } ile giriş yapın
done-apps = Şimdi bir uygulama seçin; adresiniz ve parolanızla giriş yapın.
done-webchat = Tarayıcıda sohbet et
done-keep = Parolanızı iyi saklayın; bir daha gösterilmez.

manage-title = Davetler
manage-sign-in = Giriş yap
manage-sign-out = Çıkış yap
manage-signed-in = Giriş yapıldı: { $who }
manage-address = Adresiniz
manage-address-hint = { $hosts } üzerindeki bir hesapla.
manage-key-title = API anahtarıyla
manage-key = API anahtarı
manage-key-hint = Size verildiği hâliyle anahtarın tamamı.
manage-refused = Bu doğru değil. Lütfen yazdığınızı denetleyin.
manage-wait = Çok fazla hatalı deneme yapıldı. Lütfen daha sonra yeniden deneyin.
manage-away = Sunucuya şu anda ulaşılamıyor. Lütfen birkaç dakika sonra yeniden deneyin.
manage-new = Yeni davet
manage-create = Daveti oluştur
manage-kind = Ne için olduğu
manage-kind-account = Bir hesap
manage-kind-contact = Bir hesap ve bir kişi
manage-kind-reset = Yeni bir parola
manage-host = Sunucu
manage-name-hint = Davet yalnızca bu ad içindir. Adı kendilerinin seçmesi için boş bırakın; yeni bir parola için gereklidir.
manage-contact = Kişi
manage-contact-hint = { $host } üzerinde, yeni hesabın kişilerine eklenecek birinin adresi.
manage-uses = Kaç kişinin kullanabileceği
manage-uses-hint = Bir tam sayı, en çok { $most }.
manage-ttl = Ne kadar geçerli olduğu
manage-ttl-hint = Örneğin saat için 12h, gün için 7d; en çok { $most }.
manage-groups = Gruplar
manage-groups-hint = Virgülle ayrılır; yeni hesap bunlara eklenir.
manage-mail = E-postayla şu adrese gönder
manage-mail-hint = Bağlantı postalanacaksa bir e-posta adresi; yoksa boş bırakın.
manage-note = Not
manage-note-hint = Davetleri yönetenler içindir; davet edilen kişi görmez.
manage-error-text = Bu çok uzun ya da burada kullanılamayan karakterler içeriyor.
manage-error-nobody = Bu adda bir hesap yok.
manage-error-mail = Tek bir e-posta adresi girin, örneğin juliet@example.com.
manage-error-mails = Bu adrese şimdilik gönderilebilecek kadar e-posta gönderildi. Bağlantıyı lütfen kendiniz iletin.
manage-error-limit = Şimdilik olabilecek kadar davetiniz var. Lütfen daha sonra yeniden deneyin.
manage-error-scope = Buna izniniz yok: { $scopes }.
manage-status = Durum
manage-all = Hepsi
manage-pending = Açık
manage-redeemed = Kullanılmış
manage-expired = Süresi dolmuş
manage-revoked = Geri alınmış
manage-filter = Göster
manage-none = Böyle davet yok.
manage-newest = En yeni davetler
manage-older = Daha eski davetler
manage-until = Son geçerlilik
manage-by = Oluşturan
manage-used-by = Kullanan
manage-tree = Kim kimi davet etti
manage-tree-none = Henüz kimse davet edilmedi.
manage-tree-more = Daha fazla hesap
manage-invited-by = Davet eden
manage-link = Bu bağlantıyı iletin:
manage-card = Yazdırılacak kart
manage-revoke = Daveti geri al
manage-restore = Yeniden geçerli kıl
manage-extend = Uzat

reset-title = Yeni bir parola seçin
reset-address = Hesap:
reset-password = Yeni parola
reset-button = Parolayı kaydet
reset-done-title = Yeni parolanız kaydedildi
reset-done-text = Bütün uygulamalarınızda bu parolayla giriş yapın.

problem-not-found = Burada bir şey yok
problem-not-found-text = Lütfen adresi kontrol edin.
problem-too-many = Çok fazla istek
problem-too-many-text = Lütfen bir dakika bekleyip yeniden deneyin.
problem-too-large = Çok fazla veri
problem-too-large-text = Form, kabul ettiğimizden büyük.
problem-later = Daha sonra yeniden deneyin
problem-later-text = Bu şu anda çalışmıyor; hiçbir şey değişmedi.
problem-unsure-text = Zamanında yanıt gelmedi; yine de olmuş olabilir. Lütfen bağlantınızı birkaç dakika sonra yeniden açın.
problem-other = Olmadı
problem-other-text = Tarayıcınız anlamadığımız bir şey gönderdi.
problem-internal = Burada bir şeyler ters gitti
problem-internal-text = Sizin hatanız değil. Lütfen daha sonra yeniden deneyin.
problem-request = İstek { $id }

app-conversations = Aramaları ve şifreli sohbetleri olan kolay bir uygulama.
app-cheogram = Telefon şebekesine de ulaşan bir Conversations akrabası.
app-monocles = Çok ayarı olan bir Conversations akrabası.
app-monal = Apple cihazları için, sohbetleri şifreli bir uygulama.
app-siskin = iPhone ve iPad için hafif bir uygulama.
app-beagle = Mac için hafif bir uygulama.
app-dino = Bilgisayar için modern, derli toplu bir uygulama.
app-gajim = Bilgisayar için çok özellikli bir uygulama.
app-kaidan = KDE topluluğundan dost canlısı bir uygulama.
app-psi = Her şeyi ayarlanabilen bir bilgisayar uygulaması.
app-psi-plus = En yeni özellikleriyle Psi.
app-profanity = Terminalde, yalnızca klavyeyle sohbet.
app-movim = Tarayıcıda sohbet ve sosyal ağ.
app-converse = Hiçbir şey kurmadan tarayıcıda sohbet.

how-play = { $app } Google Play’den kurulursa daveti kendisi açar. Başka yerden kurulursa buraya dönüp daveti açın.
how-name = Adınız: adresinizin ilk bölümü olur.
how-password = Parola: uzun bir parola seçin ve iyi saklayın.
how-picture = Resminiz: bunu atlayabilirsiniz.
how-notifications = Bildirimler: izin verin, yoksa iletileri geç görürsünüz.
how-app-store = App Store daveti iletmez: buraya dönün ve daveti { $app } ile açın.
how-log-in = İlk açılışta hesap oluşturmayı değil, giriş yapmayı seçin.
how-terminal = { $app } içinde /connect ve adresinizi, ardından parolanızı yazın.
how-site = { $app } sunan bir site seçin ve orada adresinizle giriş yapın.
how-open = Kurulacak bir şey yok: tarayıcıda adresinizle giriş yapın.
