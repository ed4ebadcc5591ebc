language-label = اللغة
footer-contact = طلب المساعدة
footer-terms = شروط الخدمة
footer-privacy = الخصوصية
back = العودة إلى الدعوة
about-chat = دردش مع أشخاص هنا وعلى خوادم أخرى، في تطبيق من اختيارك ودون رقم هاتف.

month = { $month ->
    [1] يناير
    [2] فبراير
    [3] مارس
    [4] أبريل
    [5] مايو
    [6] يونيو
    [7] يوليو
    [8] أغسطس
    [9] سبتمبر
    [10] أكتوبر
    [11] نوفمبر
   *[12] ديسمبر
}
moment = { $day } { month } { $year }، الساعة { $hour }:{ $minute } بالتوقيت العالمي (UTC)

landing-title = لديك دعوة إلى الدردشة على { $site }
landing-title-by = دعوة من { $inviter } إلى الدردشة على { $site }
landing-title-contact = لديك دعوة إلى الدردشة مع { $inviter }
landing-title-reset = كلمة مرور جديدة لحسابك على { $site }
landing-preview = افتح هذه الدعوة للحصول على حساب على { $site }.
landing-preview-reset = افتح هذا الرابط لاختيار كلمة مرور جديدة.
landing-username = سيكون عنوانك
until-days = تنتهي صلاحية الدعوة { $count ->
    [zero] اليوم
    [one] بعد يوم واحد
    [two] بعد يومين
    [few] بعد { $count } أيام
    [many] بعد { $count } يومًا
   *[other] بعد { $count } يوم
}، في { $moment }.
until-hours = تنتهي صلاحية الدعوة { $count ->
    [zero] خلال أقل من ساعة
    [one] بعد ساعة واحدة
    [two] بعد ساعتين
    [few] بعد { $count } ساعات
    [many] بعد { $count } ساعة
   *[other] بعد { $count } ساعة
}، في { $moment }.
uses-left = { $count ->
    [zero] لم يعد بإمكان أحد استخدامها.
    [one] ما زال بإمكان شخص واحد استخدامها.
    [two] ما زال بإمكان شخصين استخدامها.
    [few] ما زال بإمكان { $count } أشخاص استخدامها.
    [many] ما زال بإمكان { $count } شخصًا استخدامها.
   *[other] ما زال بإمكان { $count } شخص استخدامها.
}
have-title = لدي حساب
have-text = أضف { $contact } إلى جهات اتصالك في التطبيق الذي تستخدمه.
have-button = إضافة جهة الاتصال
new-title = هذه أول مرة لي هنا
web-button = أنشئ حسابًا في المتصفح
web-text = لا حاجة إلى تطبيق بعد: اختر اسمًا وكلمة مرور، ثم اختر تطبيقًا لاحقًا.
web-text-chat = لا حاجة إلى تطبيق: اختر اسمًا وكلمة مرور، ودردش في المتصفح.
web-away = لا يمكن إنشاء حسابات على هذه الصفحة الآن. يرجى المحاولة مرة أخرى بعد بضع دقائق.
uri-button = لدي تطبيق XMPP
way-open = افتح الدعوة في التطبيق، وسينشئ حسابك.
more-title = تطبيقات وأجهزة أخرى
apps-device = تطبيقات { $platform }
apps-choose = اختر تطبيقًا
apps-other = تطبيقات لأجهزة أخرى
apps-web = متصفح الويب
list-separator = { "، " }
phone-title = المتابعة على هاتفك
phone-text = امسح هذا الرمز بكاميرا الجهاز الآخر.
phone-alt = رمز QR لهذه الدعوة
paper-text = امسح هذا الرمز بكاميرا هاتفك.
code-title = على جهاز آخر
code-text = أدخل هذا الرمز على { $address }:
copy-button = نسخ
copy-done = تم النسخ

mail-button = فتح الدعوة
mail-button-reset = اختيار كلمة مرور جديدة
mail-until = الرابط صالح حتى { $moment }.
mail-help = هل لديك سؤال؟ اطلب المساعدة هنا: { $contact }
mail-why = وصلتك هذه الرسالة لأن أحدهم أدخل عنوانك على { $site }. إن لم تكن موجّهة إليك فتجاهلها.

news-joined = انضم { $address } بدعوتك.
news-joined-more = انضم { $address } { $count ->
    [zero] وحده
    [one] وشخص آخر
    [two] وشخصان آخران
    [few] و{ $count } أشخاص آخرين
    [many] و{ $count } شخصًا آخر
   *[other] و{ $count } شخص آخر
} بدعواتك.
news-expiring = دعوتك (أُنشئت: { $created }) صالحة حتى { $moment } فقط.
news-expiring-more = { $count ->
    [zero] لن تنتهي أي دعوة لك قبل { $moment }.
    [one] تنتهي صلاحية إحدى دعواتك قريبًا: { $moment }.
    [two] تنتهي صلاحية دعوتين من دعواتك قريبًا، أولاهما: { $moment }.
    [few] تنتهي صلاحية { $count } دعوات من دعواتك قريبًا، أولاها: { $moment }.
    [many] تنتهي صلاحية { $count } دعوة من دعواتك قريبًا، أولاها: { $moment }.
   *[other] تنتهي صلاحية { $count } دعوة من دعواتك قريبًا، أولاها: { $moment }.
}

gone-unknown-title = هذه الدعوة غير معروفة
gone-unknown-text = ربما وصل الرابط ناقصًا، أو انتهت صلاحية الدعوة منذ زمن.
gone-redeemed-title = استُخدمت هذه الدعوة
gone-redeemed-text = تعمل كل دعوة عددًا محدودًا من المرات. إذا كنت أنت من استخدمها، فافتح تطبيقك وسجّل الدخول.
gone-expired-title = انتهت صلاحية هذه الدعوة
gone-expired-text = تعمل الدعوات لمدة محدودة.
gone-revoked-title = سُحبت هذه الدعوة
gone-revoked-text = لم تعد تعمل.
gone-over-title = لم تعد هذه الدعوة تعمل
gone-over-text = الخدمة التي تؤدي إليها لم تعد موجودة هنا.
gone-ask = اطلب رابطًا جديدًا ممن أعطاك هذا الرابط.
gone-enter = إدخال رمز آخر

enter-title = أدخل رمز دعوتك
enter-label = رمز الدعوة
enter-hint = لا فرق بين الأحرف الكبيرة والصغيرة، ولا تهم المسافات. يمكنك أيضًا لصق الرابط كاملًا.
enter-button = متابعة
enter-error-unknown = لا توجد دعوة بهذا الرمز. يرجى مقارنته حرفًا حرفًا.
enter-error-empty = يرجى إدخال رمز دعوتك.
enter-error-wait = عدد الرموز الخاطئة كبير جدًا. يرجى الانتظار دقيقة.

setup-title = البدء مع { $app }
setup-get = الحصول على { $app }
setup-get-text = ثبّت التطبيق على جهازك ثم عد إلى هذه الصفحة.
setup-get-web = يعمل في المتصفح. افتحه بجانب هذه الصفحة.
setup-site = موقع { $app }
setup-elsewhere = من مكان آخر:
setup-open = فتح الدعوة
setup-open-text = بعد تثبيت { $app }، افتح الدعوة فيه، وسيرشدك التطبيق إلى الباقي.
setup-open-button = فتح في { $app }
setup-magic-button = الحصول على { $app } مع الدعوة
setup-asks = بعدها يطلب { $app } ما يلي بالترتيب:
setup-account = إنشاء حسابك
setup-account-text = يحتاج { $app } إلى حساب موجود. أنشئه هنا، ثم سجّل الدخول في التطبيق.
setup-account-none = يحتاج { $app } إلى حساب موجود. أنشئه أولًا بتطبيق آخر، ثم سجّل الدخول بهذا التطبيق.
setup-login = تسجيل الدخول
setup-login-text = افتح { $app } وسجّل الدخول بعنوانك وكلمة مرورك.

register-title = أنشئ حسابك على { $site }
register-username = اسم المستخدم
register-username-hint = أحرف وأرقام والرموز . _ - بلا مسافات. سيكون عنوانك { "\u2066" }name@{ $host }{ "\u2069" }.
register-password = كلمة المرور
register-password-hint = { $count ->
    [zero] أي عدد من الأحرف.
    [one] حرف واحد على الأقل.
    [two] حرفان على الأقل.
    [few] { $count } أحرف على الأقل.
    [many] { $count } حرفًا على الأقل.
   *[other] { $count } حرف على الأقل.
} بضع كلمات متتالية سهلة التذكر وصعبة التخمين.
register-show = إظهار
register-hide = إخفاء
register-generate = اقتراح كلمة مرور
register-generated = دوّن كلمة المرور هذه أو احفظها قبل المتابعة؛ فلن تُعرض مرة أخرى.
register-button = إنشاء الحساب
register-terms = بإنشاء حساب فإنك توافق على [شروط الخدمة].
error-summary = ما زال هناك ما يجب تصحيحه
error-username-empty = يرجى اختيار اسم مستخدم.
error-username-invalid = لا يصلح هذا اسمَ مستخدم: استخدم أحرفًا مثل { "\u2066" }a-z{ "\u2069" } وأرقامًا والرموز . _ - بلا مسافات.
error-username-address = أدخل فقط ما يأتي قبل علامة @؛ الباقي ثابت.
error-username-reserved = هذا الاسم محجوز. يرجى اختيار اسم آخر.
error-username-taken = هناك من يستخدم هذا الاسم. يرجى اختيار اسم آخر.
error-username-other = هذه الدعوة لاسم آخر.
error-username-long = هذا الاسم طويل جدًا. يرجى اختيار اسم أقصر.
error-username-bound = لم يعد هذا الاسم متاحًا، والدعوة ليست لأي اسم آخر. اطلب دعوة جديدة ممن دعاك.
error-username-bound-by = لم يعد هذا الاسم متاحًا، والدعوة ليست لأي اسم آخر. اطلب دعوة جديدة من { $inviter }.
error-username-proposal = ما رأيك في { $name }؟
error-password-empty = يرجى اختيار كلمة مرور.
error-password-short = { $count ->
    [zero] يجب أن تتكون كلمة المرور من أحرف.
    [one] يجب أن تتكون كلمة المرور من حرف واحد على الأقل.
    [two] يجب أن تتكون كلمة المرور من حرفين على الأقل.
    [few] يجب أن تتكون كلمة المرور من { $count } أحرف على الأقل.
    [many] يجب أن تتكون كلمة المرور من { $count } حرفًا على الأقل.
   *[other] يجب أن تتكون كلمة المرور من { $count } حرف على الأقل.
}
error-password-long = يمكن أن تتكون كلمة المرور من { $count } حرف على الأكثر.
error-password-weak = من السهل جدًا تخمين كلمة المرور هذه. استخدم كلمات أكثر، أو كلمات أقل شيوعًا.
error-password-refused = لا يقبل الخادم كلمة المرور هذه. يرجى اختيار كلمة مرور أخرى.
error-form = بقي النموذج مفتوحًا مدة طويلة، أو أن متصفحك لا يرسل ملفات تعريف الارتباط. يرجى إرساله مرة أخرى.
error-away = لا يمكن الوصول إلى الخادم الآن. لن تضيع دعوتك؛ يرجى المحاولة مرة أخرى بعد بضع دقائق.
error-not-allowed = لا يسمح الخادم بهذا الحساب. يرجى اختيار اسم آخر أو طلب المساعدة.
closed-title = لا تُنشأ الحسابات هنا
closed-text = يرجى فتح الدعوة في تطبيق.
closed-nowhere = اسأل من دعاك كيف تحصل على حساب.
closed-reset-title = لا تُعيَّن كلمات المرور هنا
closed-reset-text = لا يمكن تعيين كلمة المرور على هذه الصفحة. اسأل من أعطاك هذا الرابط كيف تتابع.

done-title = حسابك جاهز
done-address = عنوانك
done-login = تسجيل الدخول في { $app }
done-apps = اختر الآن تطبيقًا وسجّل الدخول بعنوانك وكلمة مرورك.
done-webchat = الدردشة في المتصفح
done-keep = احفظ كلمة مرورك جيدًا؛ فلن تُعرض مرة أخرى.

manage-title = الدعوات
manage-sign-in = تسجيل الدخول
manage-sign-out = تسجيل الخروج
manage-signed-in = تم تسجيل الدخول: { $who }
manage-address = عنوانك
manage-address-hint = بحساب على { $hosts }.
manage-key-title = بمفتاح API
manage-key = مفتاح API
manage-key-hint = المفتاح كاملًا كما حصلت عليه.
manage-refused = هذا غير صحيح. يرجى التحقق مما كتبته.
manage-wait = عدد المحاولات الخاطئة كبير جدًا. يرجى المحاولة مرة أخرى لاحقًا.
manage-away = لا يمكن الوصول إلى الخادم الآن. يرجى المحاولة مرة أخرى بعد بضع دقائق.
manage-new = دعوة جديدة
manage-create = إنشاء الدعوة
manage-kind = الغرض منها
manage-kind-account = حساب
manage-kind-contact = حساب وجهة اتصال
manage-kind-reset = كلمة مرور جديدة
manage-host = الخادم
manage-name-hint = الدعوة لهذا الاسم وحده. اترك الحقل فارغًا ليختار المدعو اسمه؛ وهو مطلوب لكلمة مرور جديدة.
manage-contact = جهة الاتصال
manage-contact-hint = عنوان شخص على { $host } يصبح جهة اتصال للحساب الجديد.
manage-uses = عدد من يمكنهم استخدامها
manage-uses-hint = عدد صحيح، لا يزيد على { $most }.
manage-ttl = مدة صلاحيتها
manage-ttl-hint = مثل ⁦12h⁩ للساعات أو ⁦7d⁩ للأيام، ولا تزيد على { $most }.
manage-groups = المجموعات
manage-groups-hint = تفصل بينها فواصل؛ ويضاف الحساب الجديد إليها.
manage-mail = إرسالها بالبريد إلى
manage-mail-hint = عنوان بريد إذا كان يجب إرسال الرابط؛ وإلا فاتركه فارغًا.
manage-note = ملاحظة
manage-note-hint = لمن يديرون الدعوات؛ ولا يراها المدعو.
manage-error-text = هذا طويل جدًا، أو فيه حروف لا يمكن استخدامها هنا.
manage-error-nobody = لا يوجد حساب بهذا الاسم.
manage-error-mail = أدخل عنوان بريد واحدًا، مثل juliet@example.com.
manage-error-mails = أُرسل إلى هذا العنوان حاليًا أكبر عدد مسموح به من الرسائل. يرجى تمرير الرابط بنفسك.
manage-error-limit = لديك الآن أكبر عدد مسموح به من الدعوات. يرجى المحاولة مرة أخرى لاحقًا.
manage-error-scope = ليس لديك إذن بهذا: { $scopes }.
manage-status = الحالة
manage-all = الكل
manage-pending = مفتوحة
manage-redeemed = مستخدمة
manage-expired = منتهية الصلاحية
manage-revoked = مسحوبة
manage-filter = عرض
manage-none = لا توجد دعوات كهذه.
manage-newest = أحدث الدعوات
manage-older = دعوات أقدم
manage-until = صالحة حتى
manage-by = أنشأها
manage-used-by = استخدمها
manage-tree = من دعا من
manage-tree-none = لم تتم دعوة أحد بعد.
manage-tree-more = المزيد من الحسابات
manage-invited-by = الداعي
manage-link = مرر هذا الرابط:
manage-card = بطاقة للطباعة
manage-revoke = سحب الدعوة
manage-restore = جعلها صالحة من جديد
manage-extend = تمديد

reset-title = اختر كلمة مرور جديدة
reset-address = للحساب
reset-password = كلمة المرور الجديدة
reset-button = تعيين كلمة المرور
reset-done-title = تم تعيين كلمة مرورك الجديدة
reset-done-text = سجّل الدخول بها في كل تطبيقاتك.

problem-not-found = لا يوجد شيء هنا
problem-not-found-text = يرجى التحقق من العنوان.
problem-too-many = طلبات كثيرة جدًا
problem-too-many-text = يرجى الانتظار دقيقة ثم المحاولة مرة أخرى.
problem-too-large = بيانات كثيرة جدًا
problem-too-large-text = النموذج أكبر مما نقبله.
problem-later = حاول لاحقًا
problem-later-text = هذا لا يعمل في الوقت الحالي؛ لم يتغير شيء.
problem-unsure-text = لم يصل رد في الوقت المناسب، وربما نجحت العملية رغم ذلك. يرجى فتح رابطك مرة أخرى بعد بضع دقائق.
problem-other = لم تنجح العملية
problem-other-text = أرسل متصفحك شيئًا لا نفهمه.
problem-internal = حدث خطأ هنا
problem-internal-text = هذا ليس خطأك. يرجى المحاولة لاحقًا.
problem-request = الطلب { $id }

app-conversations = تطبيق سهل فيه مكالمات ودردشة مشفّرة.
app-cheogram = تطبيق قريب من Conversations يصل أيضًا إلى شبكة الهاتف.
app-monocles = تطبيق قريب من Conversations فيه إعدادات كثيرة.
app-monal = تطبيق دردشة لأجهزة Apple، مع دردشة مشفّرة.
app-siskin = تطبيق خفيف لأجهزة iPhone وiPad.
app-beagle = تطبيق خفيف لأجهزة Mac.
app-dino = تطبيق حديث ومرتب لسطح المكتب.
app-gajim = تطبيق لسطح المكتب بميزات كثيرة.
app-kaidan = تطبيق ودود من مجتمع KDE.
app-psi = تطبيق لسطح المكتب يمكن ضبط كل شيء فيه.
app-psi-plus = تطبيق Psi بأحدث ميزاته.
app-profanity = دردشة في الطرفية بلوحة المفاتيح وحدها.
app-movim = دردشة وشبكة اجتماعية في المتصفح.
app-converse = دردشة في المتصفح دون تثبيت أي شيء.

how-play = من Google Play، يفتح { $app } الدعوة تلقائيًا. أما من غيره فعد إلى هنا وافتحها.
how-name = اسمك: يصبح الجزء الأول من عنوانك.
how-password = كلمة مرور: اختر كلمة طويلة واحفظها جيدًا.
how-picture = صورتك: يمكنك تخطي ذلك.
how-notifications = الإشعارات: اسمح بها، وإلا رأيت الرسائل متأخرة.
how-app-store = لا يمرر App Store الدعوة: عد إلى هنا وافتحها في { $app }.
how-log-in = عند التشغيل الأول، اختر تسجيل الدخول، لا إنشاء حساب.
how-terminal = في { $app }، اكتب { "\u2066" }/connect{ "\u2069" } وعنوانك، ثم كلمة مرورك.
how-site = اختر موقعًا يوفر { $app }، وسجّل الدخول فيه بعنوانك.
how-open = لا حاجة إلى التثبيت: سجّل الدخول بعنوانك في المتصفح.
