language-label = שפה
footer-contact = בקשת עזרה
footer-terms = תנאי השימוש
footer-privacy = פרטיות
back = חזרה להזמנה
about-chat = שוחחו עם אנשים כאן ובשרתים אחרים, באפליקציה לבחירתכם ובלי מספר טלפון.

month = { $month ->
    [1] בינואר
    [2] בפברואר
    [3] במרץ
    [4] באפריל
    [5] במאי
    [6] ביוני
    [7] ביולי
    [8] באוגוסט
    [9] בספטמבר
    [10] באוקטובר
    [11] בנובמבר
   *[12] בדצמבר
}
moment = { $day } { month } { $year } בשעה { $hour }:{ $minute } לפי UTC

landing-title = קיבלתם הזמנה לשוחח באתר { $site }
landing-title-by = הזמנה מאת { $inviter } לשוחח באתר { $site }
landing-title-contact = קיבלתם הזמנה לשוחח עם { $inviter }
landing-title-reset = סיסמה חדשה עבור { $site }
landing-preview = פתחו את ההזמנה כדי לקבל חשבון באתר { $site }.
landing-preview-reset = פתחו את הקישור כדי לבחור סיסמה חדשה.
landing-username = הכתובת שלכם תהיה
until-days = ההזמנה תקפה לעוד { $count ->
    [one] יום אחד
    [two] יומיים
   *[other] { $count } ימים
}, עד { $moment }.
until-hours = ההזמנה תקפה לעוד { $count ->
    [0] פחות משעה
    [one] שעה אחת
    [two] שעתיים
   *[other] { $count } שעות
}, עד { $moment }.
uses-left = { $count ->
    [one] היא תקפה לעוד אדם אחד.
    [two] היא תקפה לעוד שני אנשים.
   *[other] היא תקפה לעוד { $count } אנשים.
}
have-title = יש לי חשבון
have-text = הוסיפו את { $contact } לאנשי הקשר באפליקציה שלכם.
have-button = הוספת איש קשר
new-title = זו הפעם הראשונה שלי כאן
web-button = יצירת חשבון בדפדפן
web-text = עוד לא צריך אפליקציה: בחרו שם וסיסמה, ואת האפליקציה אחר כך.
web-text-chat = לא צריך אפליקציה: בחרו שם וסיסמה, ושוחחו בדפדפן.
web-away = כרגע אי אפשר ליצור חשבונות בדף הזה. נסו שוב בעוד כמה דקות.
uri-button = יש לי אפליקציה ל־XMPP
way-open = פתחו את ההזמנה באפליקציה, והיא תיצור את החשבון שלכם.
more-title = אפליקציות ומכשירים אחרים
apps-device = אפליקציות ל־{ $platform }
apps-choose = בחירת אפליקציה
apps-other = אפליקציות למכשירים אחרים
apps-web = דפדפן
list-separator = { ", " }
phone-title = המשך בטלפון
phone-text = סרקו את הקוד במצלמה של המכשיר השני.
phone-alt = קוד QR של ההזמנה
paper-text = סרקו את הקוד במצלמת הטלפון.
code-title = במכשיר אחר
code-text = הזינו את הקוד הזה בכתובת { $address }:
copy-button = העתקה
copy-done = הועתק

mail-button = פתיחת ההזמנה
mail-button-reset = בחירת סיסמה חדשה
mail-until = הקישור תקף עד { $moment }.
mail-help = יש שאלות? אפשר לשאול כאן: { $contact }
mail-why = ההודעה נשלחה אליכם כי מישהו הזין את כתובתכם באתר { $site }. אם היא אינה מיועדת לכם, אפשר להתעלם ממנה.

news-joined = החשבון { $address } נוצר בעזרת ההזמנה שלכם.
news-joined-more = בעזרת ההזמנות שלכם נוצרו החשבון { $address } { $count ->
    [one] ועוד חשבון אחד
    [two] ועוד שני חשבונות
   *[other] ועוד { $count } חשבונות
}.
news-expiring = ההזמנה שלכם (נוצרה: { $created }) תקפה רק עד { $moment }.
news-expiring-more = { $count ->
    [one] תוקף אחת ההזמנות שלכם יפוג בקרוב: { $moment }.
    [two] תוקפן של שתי הזמנות שלכם יפוג בקרוב, הראשונה: { $moment }.
   *[other] תוקפן של { $count } הזמנות שלכם יפוג בקרוב, הראשונה: { $moment }.
}

gone-unknown-title = ההזמנה הזאת אינה מוכרת
gone-unknown-text = אולי הקישור נקטע בדרך, או שתוקף ההזמנה פג מזמן.
gone-redeemed-title = ההזמנה הזאת כבר נוצלה
gone-redeemed-text = אפשר להשתמש בכל הזמנה מספר מוגבל של פעמים. אם אתם השתמשתם בה, פתחו את האפליקציה והתחברו.
gone-expired-title = תוקף ההזמנה פג
gone-expired-text = הזמנות תקפות לזמן מוגבל.
gone-revoked-title = ההזמנה הזאת בוטלה
gone-revoked-text = היא אינה תקפה עוד.
gone-over-title = ההזמנה הזאת אינה תקפה עוד
gone-over-text = השירות שהיא מובילה אליו אינו נמצא כאן עוד.
gone-ask = בקשו קישור חדש ממי שנתן לכם את הקישור הזה.
gone-enter = הזנת קוד אחר

enter-title = הזינו את קוד ההזמנה
enter-label = קוד ההזמנה
enter-hint = אין הבדל בין אותיות גדולות לקטנות, ורווחים אינם חשובים. אפשר גם להדביק את הקישור המלא.
enter-button = המשך
enter-error-unknown = אין הזמנה עם הקוד הזה. השוו אותו תו אחר תו.
enter-error-empty = הזינו את קוד ההזמנה שלכם.
enter-error-wait = יותר מדי קודים שגויים. חכו דקה.

setup-title = מתחילים עם { $app }
setup-get = הורדת { $app }
setup-get-text = התקינו את האפליקציה במכשיר וחזרו לדף הזה.
setup-get-web = היא פועלת בדפדפן. פתחו אותה לצד הדף הזה.
setup-site = האתר של { $app }
setup-elsewhere = במקומות אחרים:
setup-open = פתיחת ההזמנה
setup-open-text = אחרי התקנת { $app }, פתחו בה את ההזמנה. משם האפליקציה תדריך אתכם.
setup-open-button = פתיחה ב־{ $app }
setup-magic-button = הורדת { $app } עם ההזמנה
setup-asks = לאחר מכן האפליקציה { $app } תבקש, לפי הסדר:
setup-account = יצירת חשבון
setup-account-text = האפליקציה { $app } דורשת חשבון קיים. צרו אותו כאן, ואז התחברו באפליקציה.
setup-account-none = האפליקציה { $app } דורשת חשבון קיים. צרו אותו קודם באפליקציה אחרת, ואז התחברו בזאת.
setup-login = התחברות
setup-login-text = פתחו את { $app } והתחברו עם הכתובת והסיסמה שלכם.

register-title = יצירת חשבון באתר { $site }
register-username = שם משתמש
register-username-hint = אותיות, ספרות והסימנים . _ - ללא רווחים. הכתובת שלכם תהיה { "\u2066" }name@{ $host }{ "\u2069" }.
register-password = סיסמה
register-password-hint = { $count ->
    [one] לפחות תו אחד.
    [two] לפחות שני תווים.
   *[other] לפחות { $count } תווים.
} כמה מילים ברצף קל לזכור וקשה לנחש.
register-show = הצגה
register-hide = הסתרה
register-generate = הצעת סיסמה
register-generated = רשמו או שמרו את הסיסמה הזאת לפני שתמשיכו; היא לא תוצג שוב.
register-button = יצירת חשבון
register-terms = ביצירת חשבון אתם מסכימים ל[תנאי השימוש].
error-summary = משהו עוד לא בסדר
error-username-empty = בחרו שם משתמש.
error-username-invalid = זה לא יכול להיות שם משתמש: השתמשו באותיות כמו { "\u2066" }a-z{ "\u2069" }, בספרות ובסימנים . _ - ללא רווחים.
error-username-address = הזינו רק את מה שלפני הסימן @; השאר קבוע.
error-username-reserved = השם הזה שמור. בחרו שם אחר.
error-username-taken = השם הזה כבר תפוס. בחרו שם אחר.
error-username-other = ההזמנה הזאת מיועדת לשם אחר.
error-username-long = השם הזה ארוך מדי. בחרו שם קצר יותר.
error-username-bound = השם הזה כבר אינו זמין, וההזמנה אינה מיועדת לשם אחר. בקשו הזמנה חדשה ממי שהזמין אתכם.
error-username-bound-by = השם הזה כבר אינו זמין, וההזמנה אינה מיועדת לשם אחר. בקשו הזמנה חדשה ממי שהזמין אתכם: { $inviter }.
error-username-proposal = מה דעתכם על { $name }?
error-password-empty = בחרו סיסמה.
error-password-short = { $count ->
    [one] הסיסמה צריכה לכלול לפחות תו אחד.
    [two] הסיסמה צריכה לכלול לפחות שני תווים.
   *[other] הסיסמה צריכה לכלול לפחות { $count } תווים.
}
error-password-long = סיסמה יכולה לכלול לכל היותר { $count } תווים.
error-password-weak = קל מדי לנחש את הסיסמה הזאת. השתמשו ביותר מילים, או במילים נדירות יותר.
error-password-refused = השרת אינו מקבל את הסיסמה הזאת. בחרו סיסמה אחרת.
error-form = הטופס היה פתוח זמן רב מדי, או שהדפדפן אינו שולח עוגיות. שלחו אותו שוב.
error-away = כרגע אי אפשר להגיע לשרת. ההזמנה שלכם לא תאבד; נסו שוב בעוד כמה דקות.
error-not-allowed = השרת אינו מאשר את החשבון הזה. בחרו שם אחר, או בקשו עזרה.
closed-title = כאן לא יוצרים חשבונות
closed-text = פתחו את ההזמנה באפליקציה.
closed-nowhere = שאלו את מי שהזמין אתכם איך מקבלים חשבון.
closed-reset-title = כאן לא קובעים סיסמאות
closed-reset-text = אי אפשר לקבוע את הסיסמה בדף הזה. שאלו את מי שנתן לכם את הקישור איך להמשיך.

done-title = החשבון שלכם מוכן
done-address = הכתובת שלכם
done-login = התחברות עם { $app }
done-apps = עכשיו בחרו אפליקציה והתחברו עם הכתובת והסיסמה שלכם.
done-webchat = צ׳אט בדפדפן
done-keep = שמרו היטב על הסיסמה; היא לא תוצג שוב.

manage-title = הזמנות
manage-sign-in = כניסה
manage-sign-out = יציאה
manage-signed-in = מחובר: { $who }
manage-address = הכתובת שלכם
manage-address-hint = עם חשבון בשרת { $hosts }.
manage-key-title = עם מפתח API
manage-key = מפתח API
manage-key-hint = המפתח כולו, כפי שקיבלתם אותו.
manage-refused = זה לא נכון. בדקו מה הקלדתם.
manage-wait = יותר מדי ניסיונות שגויים. נסו שוב מאוחר יותר.
manage-away = כרגע אי אפשר להגיע לשרת. נסו שוב בעוד כמה דקות.
manage-new = הזמנה חדשה
manage-create = יצירת ההזמנה
manage-kind = למה היא מיועדת
manage-kind-account = חשבון
manage-kind-contact = חשבון ואיש קשר
manage-kind-reset = סיסמה חדשה
manage-host = שרת
manage-name-hint = ההזמנה היא רק לשם הזה. השאירו את השדה ריק כדי שאפשר יהיה לבחור שם; לסיסמה חדשה הוא נחוץ.
manage-contact = איש קשר
manage-contact-hint = הכתובת של מישהו בשרת { $host }, שיהיה איש קשר של החשבון החדש.
manage-uses = כמה אנשים יכולים להשתמש בה
manage-uses-hint = מספר שלם, לכל היותר { $most }.
manage-ttl = לכמה זמן היא תקפה
manage-ttl-hint = למשל ⁦12h⁩ לשעות או ⁦7d⁩ לימים, לכל היותר { $most }.
manage-groups = קבוצות
manage-groups-hint = מופרדות בפסיקים; החשבון החדש יצורף אליהן.
manage-mail = שליחה בדואר אל
manage-mail-hint = כתובת דואר, אם צריך לשלוח את הקישור; אחרת יש להשאיר ריק.
manage-note = הערה
manage-note-hint = למי שמנהלים הזמנות; המוזמנים לא רואים אותה.
manage-error-text = זה ארוך מדי, או שיש בו תווים שאי אפשר להשתמש בהם כאן.
manage-error-nobody = אין חשבון בשם הזה.
manage-error-mail = יש להזין כתובת דואר אחת, למשל juliet@example.com.
manage-error-mails = לכתובת הזאת נשלחו כרגע כל ההודעות שמותר לשלוח. יש להעביר את הקישור בעצמכם.
manage-error-limit = כרגע יש לכם כל ההזמנות שמותר לכם. נסו שוב מאוחר יותר.
manage-error-scope = אין לכם הרשאה לזה: { $scopes }.
manage-status = מצב
manage-all = הכול
manage-pending = פתוחה
manage-redeemed = נוצלה
manage-expired = פג תוקפה
manage-revoked = בוטלה
manage-filter = הצגה
manage-none = אין הזמנות כאלה.
manage-newest = ההזמנות החדשות ביותר
manage-older = הזמנות ישנות יותר
manage-until = בתוקף עד
manage-by = נוצרה על ידי
manage-used-by = בשימוש של
manage-tree = מי הזמין את מי
manage-tree-none = עדיין לא הוזמן איש.
manage-tree-more = חשבונות נוספים
manage-invited-by = ההזמנה מאת
manage-link = העבירו את הקישור הזה:
manage-card = כרטיס להדפסה
manage-revoke = ביטול ההזמנה
manage-restore = להחזיר לתוקף
manage-extend = הארכה

reset-title = בחירת סיסמה חדשה
reset-address = עבור החשבון
reset-password = סיסמה חדשה
reset-button = קביעת הסיסמה
reset-done-title = הסיסמה החדשה שלכם נקבעה
reset-done-text = התחברו איתה בכל האפליקציות שלכם.

problem-not-found = אין כאן כלום
problem-not-found-text = בדקו את הכתובת.
problem-too-many = יותר מדי בקשות
problem-too-many-text = חכו דקה ונסו שוב.
problem-too-large = יותר מדי נתונים
problem-too-large-text = הטופס גדול ממה שאנחנו מקבלים.
problem-later = נסו שוב מאוחר יותר
problem-later-text = זה לא עובד כרגע; שום דבר לא השתנה.
problem-unsure-text = לא הגיעה תשובה בזמן, וייתכן שזה הצליח בכל זאת. פתחו שוב את הקישור בעוד כמה דקות.
problem-other = זה לא הצליח
problem-other-text = הדפדפן שלח משהו שאיננו מבינים.
problem-internal = משהו השתבש כאן
problem-internal-text = זו לא אשמתכם. נסו שוב מאוחר יותר.
problem-request = בקשה { $id }

app-conversations = אפליקציה נוחה עם שיחות וצ׳אט מוצפן.
app-cheogram = קרובת משפחה של Conversations שמגיעה גם לרשת הטלפון.
app-monocles = קרובת משפחה של Conversations עם הגדרות רבות.
app-monal = אפליקציית צ׳אט למכשירי Apple, עם צ׳אט מוצפן.
app-siskin = אפליקציה קלה ל־iPhone ול־iPad.
app-beagle = אפליקציה קלה ל־Mac.
app-dino = אפליקציה מודרנית ומסודרת למחשב.
app-gajim = אפליקציה למחשב עם יכולות רבות.
app-kaidan = אפליקציה ידידותית מקהילת KDE.
app-psi = אפליקציה למחשב שאפשר להתאים בה הכול.
app-psi-plus = האפליקציה Psi עם היכולות החדשות ביותר.
app-profanity = צ׳אט במסוף, במקלדת בלבד.
app-movim = צ׳אט ורשת חברתית בדפדפן.
app-converse = צ׳אט בדפדפן, בלי להתקין דבר.

how-play = אם { $app } הותקנה מ־Google Play, היא תפתח את ההזמנה בעצמה. אחרת, חזרו לכאן ופתחו אותה.
how-name = השם שלכם: הוא יהיה החלק הראשון של הכתובת שלכם.
how-password = סיסמה: בחרו סיסמה ארוכה ושמרו עליה היטב.
how-picture = תמונה שלכם: אפשר לדלג על זה.
how-notifications = התראות: אשרו אותן, אחרת תראו הודעות באיחור.
how-app-store = החנות App Store אינה מעבירה את ההזמנה: חזרו לכאן ופתחו אותה ב־{ $app }.
how-log-in = בהפעלה הראשונה בחרו להתחבר, לא ליצור חשבון.
how-terminal = ב־{ $app }, הקלידו { "\u2066" }/connect{ "\u2069" } ואת הכתובת שלכם, ואז את הסיסמה.
how-site = בחרו אתר שמציע את { $app }, והתחברו שם עם הכתובת שלכם.
how-open = אין מה להתקין: התחברו בדפדפן עם הכתובת שלכם.
