language-label = زبان
footer-contact = درخواست کمک
footer-terms = شرایط استفاده
footer-privacy = حریم خصوصی
back = بازگشت به دعوت‌نامه
about-chat = با افراد اینجا و روی سرورهای دیگر گفتگو کنید؛ در برنامه‌ای به انتخاب خودتان و بدون شمارهٔ تلفن.

month = { $month ->
    [1] فروردین
    [2] اردیبهشت
    [3] خرداد
    [4] تیر
    [5] مرداد
    [6] شهریور
    [7] مهر
    [8] آبان
    [9] آذر
    [10] دی
    [11] بهمن
   *[12] اسفند
}
moment = { $day } { month } { $year }، ساعت { $hour }:{ $minute } به وقت جهانی (UTC)

landing-title = شما به گفتگو در { $site } دعوت شده‌اید
landing-title-by = { $inviter } شما را به گفتگو در { $site } دعوت می‌کند
landing-title-contact = شما به گفتگو با { $inviter } دعوت شده‌اید
landing-title-reset = گذرواژهٔ تازه برای { $site }
landing-preview = برای گرفتن حساب در { $site } این دعوت‌نامه را باز کنید.
landing-preview-reset = برای انتخاب گذرواژهٔ تازه این پیوند را باز کنید.
landing-username = نشانی شما این خواهد بود:
until-days = این دعوت‌نامه { $count ->
    [one] { $count } روز
   *[other] { $count } روز
} دیگر اعتبار دارد، تا { $moment }.
until-hours = این دعوت‌نامه { $count ->
    [0] کمتر از یک ساعت
    [one] یک ساعت
   *[other] { $count } ساعت
} دیگر اعتبار دارد، تا { $moment }.
uses-left = { $count ->
    [one] { $count } نفر دیگر هم می‌تواند از آن استفاده کند.
   *[other] { $count } نفر دیگر هم می‌توانند از آن استفاده کنند.
}
have-title = حساب دارم
have-text = در برنامه‌ای که استفاده می‌کنید، { $contact } را به مخاطبانتان اضافه کنید.
have-button = افزودن مخاطب
new-title = تازه‌وارد هستم
web-button = ساختن حساب در مرورگر
web-text = فعلاً به برنامه نیازی نیست: نام و گذرواژه‌ای انتخاب کنید و بعد برنامه‌ای برگزینید.
web-text-chat = به برنامه نیازی نیست: نام و گذرواژه‌ای انتخاب کنید و در مرورگر گفتگو کنید.
web-away = فعلاً در این صفحه نمی‌توان حساب ساخت. لطفاً چند دقیقهٔ دیگر دوباره تلاش کنید.
uri-button = برنامه‌ای برای XMPP دارم
way-open = دعوت‌نامه را در برنامه باز کنید؛ برنامه حسابتان را می‌سازد.
more-title = برنامه‌ها و دستگاه‌های دیگر
apps-device = برنامه‌های { $platform }
apps-choose = برنامه‌ای انتخاب کنید
apps-other = برنامه‌های دستگاه‌های دیگر
apps-web = مرورگر وب
list-separator = { "، " }
phone-title = ادامه در گوشی
phone-text = این کد را با دوربین دستگاه دیگر اسکن کنید.
phone-alt = کد QR این دعوت‌نامه
paper-text = این کد را با دوربین گوشی‌تان اسکن کنید.
code-title = در دستگاهی دیگر
code-text = این کد را در { $address } وارد کنید:
copy-button = کپی
copy-done = کپی شد

mail-button = باز کردن دعوت‌نامه
mail-button-reset = انتخاب گذرواژهٔ تازه
mail-until = این پیوند تا { $moment } کار می‌کند.
mail-help = پرسشی دارید؟ اینجا بپرسید: { $contact }
mail-why = این پیام را دریافت می‌کنید چون کسی نشانی شما را در { $site } وارد کرده است. اگر برای شما نیست، آن را نادیده بگیرید.

news-joined = { $address } با دعوت‌نامه‌ی شما عضو شد.
news-joined-more = { $address } و { $count ->
    [one] { $count } نفر دیگر
   *[other] { $count } نفر دیگر
} با دعوت‌نامه‌های شما عضو شدند.
news-expiring = دعوت‌نامه‌ی شما (ساخته‌شده: { $created }) فقط تا { $moment } کار می‌کند.
news-expiring-more = { $count ->
    [one] اعتبار یکی از دعوت‌نامه‌های شما به‌زودی تمام می‌شود: { $moment }.
   *[other] اعتبار { $count } دعوت‌نامه‌ی شما به‌زودی تمام می‌شود، نخستین: { $moment }.
}

gone-unknown-title = این دعوت‌نامه پیدا نشد
gone-unknown-text = شاید پیوند در راه ناقص شده یا اعتبار دعوت‌نامه مدت‌ها پیش تمام شده است.
gone-redeemed-title = این دعوت‌نامه استفاده شده است
gone-redeemed-text = هر دعوت‌نامه تنها چند بار کار می‌کند. اگر خودتان از آن استفاده کرده‌اید، برنامه‌تان را باز کنید و وارد شوید.
gone-expired-title = اعتبار این دعوت‌نامه تمام شده است
gone-expired-text = دعوت‌نامه‌ها مدت محدودی اعتبار دارند.
gone-revoked-title = این دعوت‌نامه پس گرفته شده است
gone-revoked-text = دیگر کار نمی‌کند.
gone-over-title = این دعوت‌نامه دیگر کار نمی‌کند
gone-over-text = سرویسی که دعوت‌نامه به آن می‌برد دیگر اینجا نیست.
gone-ask = از کسی که این پیوند را به شما داده پیوند تازه‌ای بخواهید.
gone-enter = وارد کردن کدی دیگر

enter-title = کد دعوتتان را وارد کنید
enter-label = کد دعوت
enter-hint = حروف بزرگ و کوچک فرقی ندارند و فاصله‌ها مهم نیستند. می‌توانید کل پیوند را هم بچسبانید.
enter-button = ادامه
enter-error-unknown = دعوت‌نامه‌ای با این کد نیست. لطفاً آن را حرف به حرف مقایسه کنید.
enter-error-empty = لطفاً کد دعوت‌نامه‌تان را وارد کنید.
enter-error-wait = کدهای نادرست زیادی وارد شد. لطفاً یک دقیقه صبر کنید.

setup-title = شروع کار با { $app }
setup-get = دریافت { $app }
setup-get-text = برنامه را روی دستگاهتان نصب کنید و به این صفحه برگردید.
setup-get-web = در مرورگر اجرا می‌شود. آن را کنار این صفحه باز کنید.
setup-site = وب‌سایت { $app }
setup-elsewhere = جاهای دیگر:
setup-open = باز کردن دعوت‌نامه
setup-open-text = پس از نصب { $app }، دعوت‌نامه را در آن باز کنید. از آنجا برنامه شما را راهنمایی می‌کند.
setup-open-button = باز کردن در { $app }
setup-magic-button = دریافت { $app } همراه دعوت‌نامه
setup-asks = سپس { $app } به ترتیب این‌ها را می‌پرسد:
setup-account = ساختن حساب
setup-account-text = { $app } به حسابی نیاز دارد که از پیش ساخته شده باشد. آن را همین‌جا بسازید و بعد در برنامه وارد شوید.
setup-account-none = { $app } به حسابی نیاز دارد که از پیش ساخته شده باشد. نخست آن را با برنامهٔ دیگری بسازید و بعد با این یکی وارد شوید.
setup-login = ورود
setup-login-text = { $app } را باز کنید و با نشانی و گذرواژه‌تان وارد شوید.

register-title = حسابتان را در { $site } بسازید
register-username = نام کاربری
register-username-hint = حروف، رقم‌ها و نشانه‌های . _ - بدون فاصله. نشانی شما { "\u2066" }name@{ $host }{ "\u2069" } خواهد بود.
register-password = گذرواژه
register-password-hint = { $count ->
    [one] دست‌کم { $count } نویسه.
   *[other] دست‌کم { $count } نویسه.
} به یاد سپردن چند واژهٔ پشت سر هم آسان و حدس زدنشان دشوار است.
register-show = نمایش
register-hide = پنهان کردن
register-generate = پیشنهاد گذرواژه
register-generated = پیش از ادامه این گذرواژه را یادداشت یا ذخیره کنید؛ دوباره نمایش داده نمی‌شود.
register-button = ساختن حساب
register-terms = با ساختن حساب، [شرایط استفاده] را می‌پذیرید.
error-summary = هنوز مواردی هست که باید اصلاح شود
error-username-empty = لطفاً نام کاربری انتخاب کنید.
error-username-invalid = این نمی‌تواند نام کاربری باشد: از حروفی مانند { "\u2066" }a-z{ "\u2069" }، رقم‌ها و نشانه‌های . _ - بدون فاصله استفاده کنید.
error-username-address = فقط آنچه پیش از @ می‌آید را وارد کنید؛ بقیه ثابت است.
error-username-reserved = این نام رزرو شده است. لطفاً نام دیگری انتخاب کنید.
error-username-taken = کس دیگری این نام را دارد. لطفاً نام دیگری انتخاب کنید.
error-username-other = این دعوت‌نامه برای نام دیگری است.
error-username-long = این نام خیلی بلند است. لطفاً نام کوتاه‌تری انتخاب کنید.
error-username-bound = این نام دیگر در دسترس نیست و دعوت برای نام دیگری نیست. لطفاً از کسی که دعوتتان کرده دعوت تازه‌ای بخواهید.
error-username-bound-by = این نام دیگر در دسترس نیست و دعوت برای نام دیگری نیست. لطفاً از { $inviter } دعوت تازه‌ای بخواهید.
error-username-proposal = { $name } چطور است؟
error-password-empty = لطفاً گذرواژه‌ای انتخاب کنید.
error-password-short = { $count ->
    [one] گذرواژه باید دست‌کم { $count } نویسه داشته باشد.
   *[other] گذرواژه باید دست‌کم { $count } نویسه داشته باشد.
}
error-password-long = گذرواژه می‌تواند حداکثر { $count } نویسه داشته باشد.
error-password-weak = حدس زدن این گذرواژه خیلی آسان است. از واژه‌های بیشتر یا کم‌کاربردتر استفاده کنید.
error-password-refused = سرور این گذرواژه را نمی‌پذیرد. لطفاً گذرواژهٔ دیگری انتخاب کنید.
error-form = فرم مدت زیادی باز بوده یا مرورگرتان کوکی نمی‌فرستد. لطفاً آن را دوباره بفرستید.
error-away = فعلاً نمی‌توان به سرور دسترسی یافت. دعوت‌نامه‌تان از بین نمی‌رود؛ لطفاً چند دقیقهٔ دیگر دوباره تلاش کنید.
error-not-allowed = سرور این حساب را مجاز نمی‌داند. لطفاً نام دیگری انتخاب کنید یا کمک بخواهید.
closed-title = اینجا حساب ساخته نمی‌شود
closed-text = لطفاً دعوت‌نامه را در برنامه‌ای باز کنید.
closed-nowhere = از کسی که دعوتتان کرده بپرسید چگونه حساب بگیرید.
closed-reset-title = اینجا گذرواژه تعیین نمی‌شود
closed-reset-text = در این صفحه نمی‌توان گذرواژه را تعیین کرد. از کسی که این پیوند را به شما داده بپرسید چه کنید.

done-title = حسابتان آماده است
done-address = نشانی شما
done-login = ورود با { $app }
done-apps = اکنون برنامه‌ای انتخاب کنید و با نشانی و گذرواژه‌تان وارد شوید.
done-webchat = گفتگو در مرورگر
done-keep = از گذرواژه‌تان خوب نگهداری کنید؛ دوباره نمایش داده نمی‌شود.

manage-title = دعوت‌نامه‌ها
manage-sign-in = ورود
manage-sign-out = خروج
manage-signed-in = وارد شده: { $who }
manage-address = نشانی شما
manage-address-hint = با حسابی در { $hosts }.
manage-key-title = با کلید API
manage-key = کلید API
manage-key-hint = همهٔ کلید، همان‌طور که به شما داده شده است.
manage-refused = این درست نیست. لطفاً آنچه را نوشته‌اید بررسی کنید.
manage-wait = تلاش‌های نادرست زیادی انجام شد. لطفاً بعداً دوباره تلاش کنید.
manage-away = فعلاً نمی‌توان به سرور دسترسی یافت. لطفاً چند دقیقهٔ دیگر دوباره تلاش کنید.
manage-new = دعوت‌نامهٔ تازه
manage-create = ساختن دعوت‌نامه
manage-kind = برای چه کاری
manage-kind-account = یک حساب
manage-kind-contact = یک حساب و یک مخاطب
manage-kind-reset = یک گذرواژهٔ تازه
manage-host = سرور
manage-name-hint = دعوت‌نامه فقط برای این نام است. برای اینکه خودش نام را انتخاب کند، خالی بگذارید؛ برای گذرواژهٔ تازه لازم است.
manage-contact = مخاطب
manage-contact-hint = نشانی کسی در { $host } که مخاطب حساب تازه می‌شود.
manage-uses = چند نفر می‌توانند از آن استفاده کنند
manage-uses-hint = یک عدد صحیح، حداکثر { $most }.
manage-ttl = مدت اعتبار
manage-ttl-hint = مانند ⁦12h⁩ برای ساعت یا ⁦7d⁩ برای روز، حداکثر { $most }.
manage-groups = گروه‌ها
manage-groups-hint = با ویرگول جدا شده؛ حساب تازه به آن‌ها افزوده می‌شود.
manage-mail = فرستادن با ایمیل به
manage-mail-hint = یک نشانی ایمیل، اگر پیوند باید فرستاده شود؛ وگرنه خالی بگذارید.
manage-note = یادداشت
manage-note-hint = برای کسانی که دعوت‌نامه‌ها را مدیریت می‌کنند؛ کسی که دعوت می‌شود آن را نمی‌بیند.
manage-error-text = این بیش از حد بلند است، یا نویسه‌هایی دارد که اینجا نمی‌توان به کار برد.
manage-error-nobody = حسابی با این نام وجود ندارد.
manage-error-mail = یک نشانی ایمیل بنویسید، برای نمونه juliet@example.com.
manage-error-mails = فعلاً به این نشانی بیشترین تعداد مجاز ایمیل فرستاده شده است. لطفاً پیوند را خودتان برسانید.
manage-error-limit = فعلاً بیشترین تعداد مجاز دعوت‌نامه را دارید. لطفاً بعداً دوباره تلاش کنید.
manage-error-scope = این کار برای شما مجاز نیست: { $scopes }.
manage-status = وضعیت
manage-all = همه
manage-pending = باز
manage-redeemed = استفاده‌شده
manage-expired = منقضی‌شده
manage-revoked = پس گرفته‌شده
manage-filter = نمایش
manage-none = چنین دعوت‌نامه‌ای وجود ندارد.
manage-newest = تازه‌ترین دعوت‌نامه‌ها
manage-older = دعوت‌نامه‌های قدیمی‌تر
manage-until = معتبر تا
manage-by = سازنده
manage-used-by = استفاده‌کننده
manage-tree = چه کسی چه کسی را دعوت کرده است
manage-tree-none = هنوز کسی دعوت نشده است.
manage-tree-more = حساب‌های بیشتر
manage-invited-by = دعوت‌کننده
manage-link = این پیوند را بفرستید:
manage-card = کارت برای چاپ
manage-revoke = پس گرفتن دعوت‌نامه
manage-restore = دوباره معتبر کردن
manage-extend = تمدید

reset-title = گذرواژهٔ تازه‌ای انتخاب کنید
reset-address = برای حساب
reset-password = گذرواژهٔ تازه
reset-button = تعیین گذرواژه
reset-done-title = گذرواژهٔ تازه‌تان تعیین شد
reset-done-text = در همهٔ برنامه‌هایتان با آن وارد شوید.

problem-not-found = اینجا چیزی نیست
problem-not-found-text = لطفاً نشانی را بررسی کنید.
problem-too-many = درخواست‌های بیش از اندازه
problem-too-many-text = لطفاً یک دقیقه صبر کنید و دوباره تلاش کنید.
problem-too-large = دادهٔ بیش از اندازه
problem-too-large-text = فرم بزرگ‌تر از آن است که می‌پذیریم.
problem-later = بعداً دوباره تلاش کنید
problem-later-text = فعلاً کار نمی‌کند؛ چیزی تغییر نکرده است.
problem-unsure-text = پاسخی به‌موقع نرسید، ولی شاید با این حال انجام شده باشد. لطفاً چند دقیقهٔ دیگر پیوندتان را دوباره باز کنید.
problem-other = انجام نشد
problem-other-text = مرورگرتان چیزی فرستاد که نمی‌فهمیم.
problem-internal = اینجا مشکلی پیش آمد
problem-internal-text = تقصیر شما نیست. لطفاً بعداً دوباره تلاش کنید.
problem-request = درخواست { $id }

app-conversations = برنامه‌ای آسان با تماس و گفتگوی رمزنگاری‌شده.
app-cheogram = خویشاوند Conversations که به شبکهٔ تلفن هم وصل می‌شود.
app-monocles = خویشاوند Conversations با تنظیمات فراوان.
app-monal = برنامهٔ گفتگو برای دستگاه‌های Apple، با گفتگوی رمزنگاری‌شده.
app-siskin = برنامه‌ای سبک برای iPhone و iPad.
app-beagle = برنامه‌ای سبک برای Mac.
app-dino = برنامه‌ای امروزی و مرتب برای رایانه.
app-gajim = برنامه‌ای پرامکانات برای رایانه.
app-kaidan = برنامه‌ای صمیمی از جامعهٔ KDE.
app-psi = برنامه‌ای برای رایانه که همه‌چیزش تنظیم‌شدنی است.
app-psi-plus = برنامهٔ Psi با تازه‌ترین امکاناتش.
app-profanity = گفتگو در پایانه، تنها با صفحه‌کلید.
app-movim = گفتگو و شبکهٔ اجتماعی در مرورگر.
app-converse = گفتگو در مرورگر، بدون نصب.

how-play = اگر { $app } از Google Play نصب شود، دعوت‌نامه را خودش باز می‌کند. وگرنه به اینجا برگردید و آن را باز کنید.
how-name = نام شما: بخش نخست نشانی‌تان می‌شود.
how-password = گذرواژه: گذرواژه‌ای بلند انتخاب کنید و از آن خوب نگهداری کنید.
how-picture = تصویر شما: می‌توانید از آن بگذرید.
how-notifications = اعلان‌ها: اجازه دهید، وگرنه پیام‌ها را دیر می‌بینید.
how-app-store = App Store دعوت‌نامه را منتقل نمی‌کند: به اینجا برگردید و آن را در { $app } باز کنید.
how-log-in = در نخستین اجرا، ورود را انتخاب کنید، نه ساختن حساب را.
how-terminal = در { $app }، دستور { "\u2066" }/connect{ "\u2069" } و نشانی‌تان و سپس گذرواژه‌تان را بنویسید.
how-site = وب‌سایتی را انتخاب کنید که { $app } دارد و آنجا با نشانی‌تان وارد شوید.
how-open = چیزی برای نصب نیست: در مرورگر با نشانی‌تان وارد شوید.
