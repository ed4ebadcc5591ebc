language-label = Bahasa
footer-contact = Minta bantuan
footer-terms = Ketentuan layanan
footer-privacy = Privasi
back = Kembali ke undangan
about-chat = Mengobrollah dengan orang di sini dan di server lain, lewat aplikasi pilihan Anda dan tanpa nomor telepon.

month = { $month ->
    [1] Januari
    [2] Februari
    [3] Maret
    [4] April
    [5] Mei
    [6] Juni
    [7] Juli
    [8] Agustus
    [9] September
    [10] Oktober
    [11] November
   *[12] Desember
}
moment = { $day } { month } { $year } pukul { $hour }.{ $minute } UTC

landing-title = Anda diundang mengobrol di { $site }
landing-title-by = { $inviter } mengundang Anda mengobrol di { $site }
landing-title-contact = Anda diundang mengobrol dengan { $inviter }
landing-title-reset = Kata sandi baru untuk { $site }
landing-preview = Buka undangan ini untuk mendapatkan akun di { $site }.
landing-preview-reset = Buka tautan ini untuk memilih kata sandi baru.
landing-username = Alamat Anda akan menjadi
until-days = Undangan ini masih berlaku { $count ->
   *[other] { $count } hari
} lagi, sampai { $moment }.
until-hours = Undangan ini masih berlaku { $count ->
    [0] kurang dari satu jam
   *[other] { $count } jam
} lagi, sampai { $moment }.
uses-left = { $count ->
   *[other] Masih bisa dipakai { $count } orang.
}
have-title = Saya sudah punya akun
have-text = Tambahkan { $contact } ke kontak di aplikasi yang Anda pakai.
have-button = Tambahkan kontak
new-title = Saya baru di sini
web-button = Buat akun di peramban
web-text = Belum perlu aplikasi: pilih nama dan kata sandi, lalu pilih aplikasi sesudahnya.
web-text-chat = Tanpa aplikasi: pilih nama dan kata sandi, lalu mengobrol di peramban.
web-away = Saat ini akun tidak bisa dibuat di halaman ini. Silakan coba lagi dalam beberapa menit.
uri-button = Saya sudah punya aplikasi XMPP
way-open = Buka undangan di aplikasi; akun Anda dibuat di sana.
more-title = Aplikasi dan perangkat lain
apps-device = Aplikasi untuk { $platform }
apps-choose = Pilih aplikasi
apps-other = Aplikasi untuk perangkat lain
apps-web = peramban web
list-separator = { ", " }
phone-title = Lanjutkan di ponsel Anda
phone-text = Pindai kode ini dengan kamera perangkat lain itu.
phone-alt = Kode QR undangan ini
paper-text = Pindai kode ini dengan kamera ponsel Anda.
code-title = Di perangkat lain
code-text = Masukkan kode ini di { $address }:
copy-button = Salin
copy-done = Tersalin

mail-button = Buka undangan
mail-button-reset = Pilih kata sandi baru
mail-until = Tautan ini berlaku sampai { $moment }.
mail-help = Ada pertanyaan? Tanyakan di sini: { $contact }
mail-why = Anda menerima pesan ini karena seseorang memasukkan alamat Anda di { $site }. Jika bukan untuk Anda, abaikan saja.

news-joined = { $address } telah bergabung lewat undangan Anda.
news-joined-more = { $address } dan { $count ->
   *[other] { $count } orang lain
} telah bergabung lewat undangan Anda.
news-expiring = Undangan Anda (dibuat: { $created }) hanya berlaku sampai { $moment }.
news-expiring-more = { $count ->
   *[other] { $count } undangan Anda akan segera kedaluwarsa, yang pertama: { $moment }.
}

gone-unknown-title = Undangan ini tidak dikenal
gone-unknown-text = Mungkin tautannya terpotong di jalan, atau undangannya sudah lama berakhir.
gone-redeemed-title = Undangan ini sudah dipakai
gone-redeemed-text = Setiap undangan hanya bisa dipakai beberapa kali. Jika Anda yang memakainya, buka aplikasi Anda lalu masuk.
gone-expired-title = Undangan ini sudah kedaluwarsa
gone-expired-text = Undangan berlaku untuk waktu terbatas.
gone-revoked-title = Undangan ini ditarik kembali
gone-revoked-text = Undangan ini tidak berlaku lagi.
gone-over-title = Undangan ini tidak berlaku lagi
gone-over-text = Layanan yang dituju tidak ada lagi di sini.
gone-ask = Minta tautan baru kepada orang yang memberi Anda tautan ini.
gone-enter = Masukkan kode lain

enter-title = Masukkan kode undangan Anda
enter-label = Kode undangan
enter-hint = Huruf besar dan kecil dianggap sama, spasi tidak berpengaruh. Anda juga bisa menempelkan seluruh tautan.
enter-button = Lanjutkan
enter-error-unknown = Tidak ada undangan dengan kode ini. Silakan bandingkan huruf demi huruf.
enter-error-empty = Masukkan kode undangan Anda.
enter-error-wait = Terlalu banyak kode yang salah. Silakan tunggu satu menit.

setup-title = Mulai dengan { $app }
setup-get = Dapatkan { $app }
setup-get-text = Pasang aplikasi di perangkat Anda, lalu kembali ke halaman ini.
setup-get-web = Aplikasi ini berjalan di peramban. Buka di samping halaman ini.
setup-site = Situs web { $app }
setup-elsewhere = Di tempat lain:
setup-open = Buka undangan
setup-open-text = Setelah { $app } terpasang, buka undangan di dalamnya. Selanjutnya aplikasi akan memandu Anda.
setup-open-button = Buka di { $app }
setup-magic-button = Dapatkan { $app } beserta undangan
setup-asks = Setelah itu { $app } menanyakan, secara berurutan:
setup-account = Buat akun Anda
setup-account-text = { $app } memerlukan akun yang sudah ada. Buat akunnya di sini, lalu masuk lewat aplikasi.
setup-account-none = { $app } memerlukan akun yang sudah ada. Buat dahulu dengan aplikasi lain, lalu masuk dengan aplikasi ini.
setup-login = Masuk
setup-login-text = Buka { $app } dan masuk dengan alamat serta kata sandi Anda.

register-title = Buat akun Anda di { $site }
register-username = Nama pengguna
register-username-hint = Huruf, angka, dan . _ - tanpa spasi. Alamat Anda akan menjadi nama@{ $host }.
register-password = Kata sandi
register-password-hint = { $count ->
   *[other] Paling sedikit { $count } karakter.
} Beberapa kata berurutan mudah diingat dan sulit ditebak.
register-show = Tampilkan
register-hide = Sembunyikan
register-generate = Sarankan kata sandi
register-generated = Catat atau simpan kata sandi ini sebelum melanjutkan: tidak akan ditampilkan lagi.
register-button = Buat akun
register-terms = Dengan membuat akun, Anda menyetujui [ketentuan layanan].
error-summary = Masih ada yang belum benar
error-username-empty = Silakan pilih nama pengguna.
error-username-invalid = Ini tidak bisa menjadi nama pengguna: gunakan huruf seperti a sampai z, angka, dan . _ - tanpa spasi.
error-username-address = Masukkan hanya bagian sebelum @; sisanya sudah tetap.
error-username-reserved = Nama ini dicadangkan. Silakan pilih nama lain.
error-username-taken = Nama ini sudah dipakai orang lain. Silakan pilih nama lain.
error-username-other = Undangan ini untuk nama lain.
error-username-long = Nama ini terlalu panjang. Silakan pilih yang lebih pendek.
error-username-bound = Nama ini tidak bisa didapatkan lagi, dan undangan ini tidak berlaku untuk nama lain. Mintalah undangan baru kepada orang yang mengundang Anda.
error-username-bound-by = Nama ini tidak bisa didapatkan lagi, dan undangan ini tidak berlaku untuk nama lain. Mintalah undangan baru kepada { $inviter }.
error-username-proposal = Bagaimana dengan { $name }?
error-password-empty = Silakan pilih kata sandi.
error-password-short = { $count ->
   *[other] Kata sandi harus memiliki paling sedikit { $count } karakter.
}
error-password-long = Kata sandi paling banyak { $count } karakter.
error-password-weak = Kata sandi ini terlalu mudah ditebak. Gunakan lebih banyak kata, atau kata yang lebih jarang.
error-password-refused = Server tidak menerima kata sandi ini. Silakan pilih yang lain.
error-form = Formulir terbuka terlalu lama, atau peramban Anda tidak mengirim kuki. Silakan kirim sekali lagi.
error-away = Server tidak bisa dihubungi saat ini. Undangan Anda tidak hilang; silakan coba lagi dalam beberapa menit.
error-not-allowed = Server tidak mengizinkan akun ini. Silakan pilih nama lain, atau minta bantuan.
closed-title = Akun tidak dibuat di sini
closed-text = Silakan buka undangan di aplikasi.
closed-nowhere = Tanyakan kepada orang yang mengundang Anda bagaimana cara mendapatkannya.
closed-reset-title = Kata sandi tidak diatur di sini
closed-reset-text = Kata sandi tidak bisa diatur di halaman ini. Tanyakan kelanjutannya kepada orang yang memberi Anda tautan ini.

done-title = Akun Anda sudah siap
done-address = Alamat Anda
done-login = Masuk dengan { $app }
done-apps = Sekarang pilih aplikasi dan masuk dengan alamat serta kata sandi Anda.
done-webchat = Mengobrol di peramban
done-keep = Simpan kata sandi Anda baik-baik; tidak akan ditampilkan lagi.

manage-title = Undangan
manage-sign-in = Masuk
manage-sign-out = Keluar
manage-signed-in = Masuk sebagai { $who }
manage-address = Alamat Anda
manage-address-hint = Dengan akun di { $hosts }.
manage-key-title = Dengan kunci API
manage-key = Kunci API
manage-key-hint = Seluruh kunci, seperti yang Anda terima.
manage-refused = Itu tidak benar. Silakan periksa yang Anda ketik.
manage-wait = Terlalu banyak percobaan yang salah. Silakan coba lagi nanti.
manage-away = Server tidak bisa dihubungi saat ini. Silakan coba lagi dalam beberapa menit.
manage-new = Undangan baru
manage-create = Buat undangan
manage-kind = Kegunaannya
manage-kind-account = Akun
manage-kind-contact = Akun dan kontak
manage-kind-reset = Kata sandi baru
manage-host = Server
manage-name-hint = Undangan ini hanya untuk nama ini. Kosongkan agar namanya bisa dipilih; untuk kata sandi baru, nama ini diperlukan.
manage-contact = Kontak
manage-contact-hint = Alamat seseorang di { $host } yang menjadi kontak akun baru.
manage-uses = Berapa orang yang bisa memakainya
manage-uses-hint = Bilangan bulat, paling banyak { $most }.
manage-ttl = Berapa lama berlaku
manage-ttl-hint = Misalnya 12h untuk jam atau 7d untuk hari, paling lama { $most }.
manage-groups = Grup
manage-groups-hint = Dipisahkan dengan koma; akun baru dimasukkan ke dalamnya.
manage-mail = Kirim lewat surel ke
manage-mail-hint = Alamat surel, jika tautannya hendak dikirim; jika tidak, kosongkan.
manage-note = Catatan
manage-note-hint = Untuk mereka yang mengelola undangan; yang diundang tidak melihatnya.
manage-error-text = Ini terlalu panjang atau memuat karakter yang tidak bisa dipakai di sini.
manage-error-nobody = Tidak ada akun dengan nama itu.
manage-error-mail = Masukkan satu alamat surel, misalnya juliet@example.com.
manage-error-mails = Untuk saat ini surel ke alamat ini sudah sebanyak yang diizinkan. Silakan teruskan sendiri tautannya.
manage-error-limit = Untuk saat ini jumlah undangan Anda sudah sebanyak yang diizinkan. Silakan coba lagi nanti.
manage-error-scope = Anda tidak diizinkan untuk ini: { $scopes }.
manage-status = Status
manage-all = Semua
manage-pending = Terbuka
manage-redeemed = Terpakai
manage-expired = Kedaluwarsa
manage-revoked = Ditarik kembali
manage-filter = Tampilkan
manage-none = Tidak ada undangan seperti itu.
manage-newest = Undangan terbaru
manage-older = Undangan yang lebih lama
manage-until = Berlaku sampai
manage-by = Dibuat oleh
manage-used-by = Dipakai oleh
manage-tree = Siapa mengundang siapa
manage-tree-none = Belum ada yang diundang.
manage-tree-more = Akun lainnya
manage-invited-by = Diundang oleh
manage-link = Teruskan tautan ini:
manage-card = Kartu untuk dicetak
manage-revoke = Tarik kembali undangan
manage-restore = Berlakukan lagi
manage-extend = Perpanjang

reset-title = Pilih kata sandi baru
reset-address = Untuk akun
reset-password = Kata sandi baru
reset-button = Simpan kata sandi
reset-done-title = Kata sandi baru Anda sudah disimpan
reset-done-text = Masuklah dengan kata sandi itu di semua aplikasi Anda.

problem-not-found = Tidak ada apa-apa di sini
problem-not-found-text = Silakan periksa alamatnya.
problem-too-many = Terlalu banyak permintaan
problem-too-many-text = Silakan tunggu satu menit, lalu coba lagi.
problem-too-large = Terlalu banyak data
problem-too-large-text = Formulir ini lebih besar daripada yang kami terima.
problem-later = Coba lagi nanti
problem-later-text = Ini sedang tidak berfungsi; tidak ada yang berubah.
problem-unsure-text = Tidak ada jawaban tepat waktu, jadi mungkin saja sudah berhasil. Silakan buka lagi tautan Anda dalam beberapa menit.
problem-other = Ini tidak berhasil
problem-other-text = Peramban Anda mengirim sesuatu yang tidak kami pahami.
problem-internal = Ada yang salah di sini
problem-internal-text = Ini bukan kesalahan Anda. Silakan coba lagi nanti.
problem-request = Permintaan { $id }

app-conversations = Aplikasi mudah dengan panggilan dan obrolan terenkripsi.
app-cheogram = Kerabat Conversations yang juga menjangkau jaringan telepon.
app-monocles = Kerabat Conversations dengan banyak pengaturan.
app-monal = Aplikasi obrolan untuk perangkat Apple, dengan obrolan terenkripsi.
app-siskin = Aplikasi ringan untuk iPhone dan iPad.
app-beagle = Aplikasi ringan untuk Mac.
app-dino = Aplikasi komputer yang modern dan rapi.
app-gajim = Aplikasi komputer dengan banyak fitur.
app-kaidan = Aplikasi ramah dari komunitas KDE.
app-psi = Aplikasi komputer yang semuanya bisa diatur.
app-psi-plus = Psi dengan fitur-fitur terbarunya.
app-profanity = Mengobrol di terminal, cukup dengan papan ketik.
app-movim = Obrolan dan jejaring sosial di peramban.
app-converse = Mengobrol di peramban, tanpa memasang apa pun.

how-play = Dari Google Play, { $app } membuka undangan dengan sendirinya. Dari tempat lain, kembalilah ke sini dan buka undangannya.
how-name = Nama Anda: nama ini menjadi bagian pertama alamat Anda.
how-password = Kata sandi: pilih yang panjang, dan simpan baik-baik.
how-picture = Foto Anda: ini boleh dilewati.
how-notifications = Notifikasi: izinkan, agar pesan tidak terlambat Anda lihat.
how-app-store = App Store tidak meneruskan undangan: kembalilah ke sini, lalu buka di { $app }.
how-log-in = Saat pertama dibuka, pilih masuk, bukan membuat akun.
how-terminal = Di { $app }, ketik /connect dan alamat Anda, lalu kata sandi Anda.
how-site = Pilih situs yang menyediakan { $app }, lalu masuk di sana dengan alamat Anda.
how-open = Tidak perlu memasang apa pun: masuk dengan alamat Anda di peramban.
