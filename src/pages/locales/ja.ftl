language-label = 言語
footer-contact = 問い合わせ
footer-terms = 利用規約
footer-privacy = プライバシー
back = 招待に戻る
about-chat = ここや、ほかのサーバーの人たちと、好きなアプリでチャットできます。電話番号は必要ありません。

month = { $month ->
    [1] 1月
    [2] 2月
    [3] 3月
    [4] 4月
    [5] 5月
    [6] 6月
    [7] 7月
    [8] 8月
    [9] 9月
    [10] 10月
    [11] 11月
   *[12] 12月
}
moment = { $year }年{ month }{ $day }日 { $hour }:{ $minute } UTC

landing-title = { $site } でのチャットに招待されています
landing-title-by = { $inviter } さんから { $site } でのチャットへの招待です
landing-title-contact = { $inviter } さんとのチャットに招待されています
landing-title-reset = { $site } の新しいパスワード
landing-preview = この招待を開くと、{ $site } のアカウントを作れます。
landing-preview-reset = このリンクを開いて、新しいパスワードを決めてください。
landing-username = あなたのアドレス：
until-days = この招待の有効期間は残り { $count ->
   *[other] { $count } 日
}です（{ $moment } まで）。
until-hours = この招待の有効期間は残り { $count ->
    [0] 1 時間未満
   *[other] { $count } 時間
}です（{ $moment } まで）。
uses-left = { $count ->
   *[other] あと { $count } 人が使えます。
}
have-title = アカウントを持っています
have-text = お使いのアプリで { $contact } を連絡先に追加してください。
have-button = 連絡先に追加
new-title = はじめてです
web-button = ブラウザーでアカウントを作成
web-text = アプリはまだ必要ありません。名前とパスワードを決めて、アプリはそのあとで選べます。
web-text-chat = アプリは必要ありません。名前とパスワードを決めて、ブラウザーでチャットできます。
web-away = 現在、このページではアカウントを作成できません。数分後にもう一度お試しください。
uri-button = XMPP のアプリを持っています
way-open = アプリで招待を開くと、アカウントが作成されます。
more-title = ほかのアプリと端末
apps-device = { $platform } 用のアプリ
apps-choose = アプリを選ぶ
apps-other = ほかの端末用のアプリ
apps-web = ウェブブラウザー
list-separator = 、
phone-title = スマートフォンで続ける
phone-text = もう一方の端末のカメラでこのコードを読み取ってください。
phone-alt = この招待の QR コード
paper-text = スマートフォンのカメラでこのコードを読み取ってください。
code-title = ほかの端末で使う
code-text = { $address } でこのコードを入力してください：
copy-button = コピー
copy-done = コピーしました

mail-button = 招待を開く
mail-button-reset = 新しいパスワードを決める
mail-until = このリンクは { $moment } まで有効です。
mail-help = ご質問はこちらへ：{ $contact }
mail-why = このメッセージは、{ $site } であなたのアドレスが入力されたため届いています。お心当たりがない場合は、無視してください。

news-joined = { $address } さんがあなたの招待で参加しました。
news-joined-more = { $address } さんと、{ $count ->
   *[other] ほか { $count } 人
}があなたの招待で参加しました。
news-expiring = あなたの招待（作成：{ $created }）は { $moment } で期限が切れます。
news-expiring-more = { $count ->
   *[other] あなたの招待 { $count } 件の期限が近づいています。最初の期限：{ $moment }
}

gone-unknown-title = この招待は見つかりません
gone-unknown-text = リンクが途中で切れているか、招待の期限がかなり前に切れた可能性があります。
gone-redeemed-title = この招待は使用済みです
gone-redeemed-text = 招待を使える回数には限りがあります。使ったのがご自身の場合は、アプリを開いてログインしてください。
gone-expired-title = この招待は期限切れです
gone-expired-text = 招待には有効期限があります。
gone-revoked-title = この招待は取り消されました
gone-revoked-text = もう使えません。
gone-over-title = この招待はもう使えません
gone-over-text = 招待先のサービスは、もうここにはありません。
gone-ask = このリンクをくれた人に、新しいリンクを頼んでください。
gone-enter = 別のコードを入力

enter-title = 招待コードを入力
enter-label = 招待コード
enter-hint = 大文字と小文字は区別されません。空白はあってもかまいません。リンク全体を貼り付けることもできます。
enter-button = 続ける
enter-error-unknown = このコードの招待はありません。一文字ずつ見比べてください。
enter-error-empty = 招待のコードを入力してください。
enter-error-wait = 間違ったコードが多すぎました。1 分お待ちください。

setup-title = { $app } をはじめる
setup-get = { $app } を入手
setup-get-text = アプリを端末にインストールして、このページに戻ってきてください。
setup-get-web = ブラウザーで動きます。このページと並べて開いてください。
setup-site = { $app } のウェブサイト
setup-elsewhere = ほかの入手先：
setup-open = 招待を開く
setup-open-text = { $app } をインストールしたら、アプリで招待を開いてください。そのあとはアプリが案内します。
setup-open-button = { $app } で開く
setup-magic-button = 招待付きで { $app } を入手
setup-asks = 続いて { $app } が順にたずねること：
setup-account = アカウントを作成
setup-account-text = { $app } には作成済みのアカウントが必要です。ここで作成してから、アプリでログインしてください。
setup-account-none = { $app } には作成済みのアカウントが必要です。先にほかのアプリで作成してから、このアプリでログインしてください。
setup-login = ログイン
setup-login-text = { $app } を開いて、アドレスとパスワードでログインしてください。

register-title = { $site } のアカウントを作成
register-username = ユーザー名
register-username-hint = 文字、数字、. _ - が使えます。空白は使えません。アドレスは name@{ $host } になります。
register-password = パスワード
register-password-hint = { $count ->
   *[other] { $count } 文字以上。
}いくつかの単語を並べると、覚えやすく、推測されにくくなります。
register-show = 表示
register-hide = 隠す
register-generate = パスワードを提案
register-generated = 先に進む前に、このパスワードを書き留めるか保存してください。もう一度表示されることはありません。
register-button = アカウントを作成
register-terms = アカウントを作成すると、[利用規約]に同意したことになります。
error-summary = まだ正しくないところがあります
error-username-empty = ユーザー名を決めてください。
error-username-invalid = ユーザー名として使えません。a から z などの文字、数字、. _ - だけを使い、空白は入れないでください。
error-username-address = @ より前の部分だけを入力してください。残りは決まっています。
error-username-reserved = この名前は予約されています。別の名前にしてください。
error-username-taken = この名前はすでに使われています。別の名前にしてください。
error-username-other = この招待は別の名前のためのものです。
error-username-long = この名前は長すぎます。もっと短い名前にしてください。
error-username-bound = この名前はもう使えません。この招待はほかの名前には使えないので、招待してくれた人に新しい招待を頼んでください。
error-username-bound-by = この名前はもう使えません。この招待はほかの名前には使えないので、{ $inviter } さんに新しい招待を頼んでください。
error-username-proposal = { $name } はいかがですか？
error-password-empty = パスワードを決めてください。
error-password-short = { $count ->
   *[other] パスワードは { $count } 文字以上にしてください。
}
error-password-long = パスワードは { $count } 文字以下にしてください。
error-password-weak = このパスワードは簡単に推測できます。単語を増やすか、もっと珍しい単語を使ってください。
error-password-refused = サーバーがこのパスワードを受け付けません。別のパスワードにしてください。
error-form = フォームを開いたまま時間がたちすぎたか、ブラウザーが Cookie を送っていません。もう一度送信してください。
error-away = 現在、サーバーに接続できません。招待はなくなりません。数分後にもう一度お試しください。
error-not-allowed = サーバーがこのアカウントを許可していません。別の名前にするか、お問い合わせください。
closed-title = ここではアカウントを作成できません
closed-text = アプリで招待を開いてください。
closed-nowhere = アカウントの作り方は、招待してくれた人に聞いてください。
closed-reset-title = ここではパスワードを設定できません
closed-reset-text = このページではパスワードを設定できません。どうすればよいか、このリンクをくれた人に聞いてください。

done-title = アカウントができました
done-address = あなたのアドレス
done-login = { $app } でログイン
done-apps = アプリを選んで、アドレスとパスワードでログインしてください。
done-webchat = ブラウザーでチャット
done-keep = パスワードは大切に保管してください。もう一度表示されることはありません。

manage-title = 招待
manage-sign-in = サインイン
manage-sign-out = サインアウト
manage-signed-in = サインイン中：{ $who }
manage-address = あなたのアドレス
manage-address-hint = { $hosts } のアカウントを使います。
manage-key-title = API キーを使う
manage-key = API キー
manage-key-hint = 受け取ったとおりのキー全体です。
manage-refused = 正しくありません。入力した内容を確認してください。
manage-wait = 間違いが多すぎました。しばらくしてからもう一度お試しください。
manage-away = 現在、サーバーに接続できません。数分後にもう一度お試しください。
manage-new = 新しい招待
manage-create = 招待を作成
manage-kind = 何のための招待か
manage-kind-account = アカウント
manage-kind-contact = アカウントと連絡先
manage-kind-reset = 新しいパスワード
manage-host = サーバー
manage-name-hint = この名前だけの招待になります。本人に選んでもらうには空のままにします。新しいパスワードの場合は必要です。
manage-contact = 連絡先
manage-contact-hint = { $host } にいる人のアドレスです。新しいアカウントの連絡先になります。
manage-uses = 使える人数
manage-uses-hint = 整数で、最大 { $most } です。
manage-ttl = 有効期間
manage-ttl-hint = 時間は 12h、日数は 7d のように入力します。最長 { $most } です。
manage-groups = グループ
manage-groups-hint = コンマで区切ります。新しいアカウントはこれらに入ります。
manage-mail = メールの送り先
manage-mail-hint = リンクをメールで送る場合はメールアドレス。送らない場合は空のままにします。
manage-note = メモ
manage-note-hint = 招待を管理する人のためのものです。招待された人には見えません。
manage-error-text = 長すぎるか、ここでは使えない文字が含まれています。
manage-error-nobody = その名前のアカウントはありません。
manage-error-mail = メールアドレスを一つだけ入力してください。例: juliet@example.com
manage-error-mails = このアドレスには、今のところ送れるだけのメールを送りました。リンクはご自分でお渡しください。
manage-error-limit = 今のところ、作れる招待の数に達しています。しばらくしてからもう一度お試しください。
manage-error-scope = これは許可されていません：{ $scopes }。
manage-status = 状態
manage-all = すべて
manage-pending = 未使用
manage-redeemed = 使用済み
manage-expired = 期限切れ
manage-revoked = 取り消し済み
manage-filter = 表示
manage-none = 該当する招待はありません。
manage-newest = 最新の招待
manage-older = 以前の招待
manage-until = 有効期限
manage-by = 作成者
manage-used-by = 使った人
manage-tree = 誰が誰を招待したか
manage-tree-none = まだ誰も招待されていません。
manage-tree-more = さらにアカウントを表示
manage-invited-by = 招待者
manage-link = このリンクを渡してください。
manage-card = 印刷用のカード
manage-revoke = 招待を取り消す
manage-restore = もう一度有効にする
manage-extend = 延長

reset-title = 新しいパスワードを決める
reset-address = 対象のアカウント：
reset-password = 新しいパスワード
reset-button = パスワードを設定
reset-done-title = 新しいパスワードを設定しました
reset-done-text = お使いのすべてのアプリで、このパスワードを使ってログインしてください。

problem-not-found = ここには何もありません
problem-not-found-text = アドレスを確かめてください。
problem-too-many = リクエストが多すぎます
problem-too-many-text = 1 分待ってから、もう一度お試しください。
problem-too-large = データが大きすぎます
problem-too-large-text = フォームの内容が、受け付けられる大きさを超えています。
problem-later = あとでもう一度お試しください
problem-later-text = 現在、利用できません。何も変更されていません。
problem-unsure-text = 時間内に応答がなかったため、実際には成功している可能性があります。数分後にもう一度リンクを開いてください。
problem-other = うまくいきませんでした
problem-other-text = ブラウザーから、理解できない内容が送られてきました。
problem-internal = こちらで問題が発生しました
problem-internal-text = あなたのせいではありません。あとでもう一度お試しください。
problem-request = リクエスト { $id }

app-conversations = 通話と暗号化チャットができる、使いやすいアプリ。
app-cheogram = 電話網にもつながる、Conversations の仲間。
app-monocles = 設定が豊富な、Conversations の仲間。
app-monal = Apple 製品用のチャットアプリ。暗号化チャットに対応。
app-siskin = iPhone と iPad 用の軽いアプリ。
app-beagle = Mac 用の軽いアプリ。
app-dino = モダンですっきりしたパソコン用アプリ。
app-gajim = 多機能なパソコン用アプリ。
app-kaidan = KDE コミュニティーによる親しみやすいアプリ。
app-psi = 何でも調整できるパソコン用アプリ。
app-psi-plus = 最新機能を備えた Psi。
app-profanity = キーボードだけで使う、ターミナルのチャット。
app-movim = ブラウザーで使うチャットとソーシャルネットワーク。
app-converse = 何もインストールせず、ブラウザーでチャット。

how-play = Google Play から入れた { $app } は、自動的に招待を開きます。ほかから入れた場合は、ここに戻って招待を開いてください。
how-name = 名前：アドレスの最初の部分になります。
how-password = パスワード：長いものにして、大切に保管してください。
how-picture = あなたの画像：省略できます。
how-notifications = 通知：許可しないと、メッセージに気づくのが遅れます。
how-app-store = App Store は招待を引き継ぎません。ここに戻って、{ $app } で招待を開いてください。
how-log-in = 最初に起動したときは、アカウントの作成ではなくログインを選んでください。
how-terminal = { $app } で /connect とアドレスを入力し、続けてパスワードを入力してください。
how-site = { $app } を提供しているサイトを選び、アドレスでログインしてください。
how-open = インストールは不要です。ブラウザーで、アドレスを使ってログインしてください。
