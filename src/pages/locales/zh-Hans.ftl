language-label = 语言
footer-contact = 寻求帮助
footer-terms = 服务条款
footer-privacy = 隐私
back = 返回邀请
about-chat = 使用您喜欢的应用，与这里和其他服务器上的人聊天，无需电话号码。

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

landing-title = 您已受邀在 { $site } 聊天
landing-title-by = { $inviter } 邀请您在 { $site } 聊天
landing-title-contact = { $inviter } 邀请您一起聊天
landing-title-reset = 为 { $site } 设置新密码
landing-preview = 打开此邀请，即可在 { $site } 获得账号。
landing-preview-reset = 打开此链接，设置新密码。
landing-username = 您的地址将是
until-days = 此邀请还有 { $count ->
   *[other] { $count } 天
}有效（至 { $moment }）。
until-hours = 此邀请还有 { $count ->
    [0] 不到 1 小时
   *[other] { $count } 小时
}有效（至 { $moment }）。
uses-left = { $count ->
   *[other] 还可供 { $count } 人使用。
}
have-title = 我已有账号
have-text = 请在您使用的应用中将 { $contact } 添加为联系人。
have-button = 添加联系人
new-title = 我是新用户
web-button = 在浏览器中创建账号
web-text = 暂时不需要应用：先设置用户名和密码，之后再选择应用。
web-text-chat = 无需应用：设置用户名和密码，即可在浏览器中聊天。
web-away = 此页面目前无法创建账号。请过几分钟再试。
uri-button = 我已有 XMPP 应用
way-open = 在应用中打开邀请，应用会为您创建账号。
more-title = 其他应用和设备
apps-device = { $platform } 应用
apps-choose = 选择应用
apps-other = 其他设备的应用
apps-web = 网页浏览器
list-separator = 、
phone-title = 在手机上继续
phone-text = 用另一台设备的相机扫描此二维码。
phone-alt = 此邀请的二维码
paper-text = 用手机相机扫描此二维码。
code-title = 在其他设备上
code-text = 在 { $address } 输入此邀请码：
copy-button = 复制
copy-done = 已复制

mail-button = 打开邀请
mail-button-reset = 设置新密码
mail-until = 此链接在 { $moment } 之前有效。
mail-help = 有疑问？请在此处询问：{ $contact }
mail-why = 您收到此邮件，是因为有人在 { $site } 填写了您的地址。如果与您无关，请忽略。

news-joined = { $address } 已通过您的邀请加入。
news-joined-more = { $address } 和{ $count ->
   *[other] 另外 { $count } 人
}已通过您的邀请加入。
news-expiring = 您的邀请（创建于 { $created }）仅在 { $moment } 之前有效。
news-expiring-more = { $count ->
   *[other] 您有 { $count } 个邀请即将过期，最早的时间：{ $moment }。
}

gone-unknown-title = 找不到此邀请
gone-unknown-text = 链接可能不完整，或邀请早已过期。
gone-redeemed-title = 此邀请已被使用
gone-redeemed-text = 每个邀请只能使用有限的次数。如果是您本人用过，请打开应用并登录。
gone-expired-title = 此邀请已过期
gone-expired-text = 邀请只在有限的时间内有效。
gone-revoked-title = 此邀请已被撤回
gone-revoked-text = 它已失效。
gone-over-title = 此邀请已失效
gone-over-text = 它所指向的服务已不在此处。
gone-ask = 请向给您此链接的人索取新链接。
gone-enter = 输入其他邀请码

enter-title = 输入您的邀请码
enter-label = 邀请码
enter-hint = 不区分大小写，空格无影响。您也可以粘贴整个链接。
enter-button = 继续
enter-error-unknown = 没有使用此邀请码的邀请。请逐字核对。
enter-error-empty = 请输入您的邀请码。
enter-error-wait = 错误的邀请码过多。请等待一分钟。

setup-title = 开始使用 { $app }
setup-get = 获取 { $app }
setup-get-text = 在您的设备上安装应用，然后返回此页面。
setup-get-web = 它在浏览器中运行。请在此页面旁边打开它。
setup-site = { $app } 的网站
setup-elsewhere = 其他途径：
setup-open = 打开邀请
setup-open-text = 安装 { $app } 后，在其中打开邀请。接下来应用会引导您。
setup-open-button = 在 { $app } 中打开
setup-magic-button = 获取附带邀请的 { $app }
setup-asks = 然后 { $app } 会依次询问：
setup-account = 创建账号
setup-account-text = { $app } 需要已有的账号。请先在此创建，然后在应用中登录。
setup-account-none = { $app } 需要已有的账号。请先用其他应用创建，然后用此应用登录。
setup-login = 登录
setup-login-text = 打开 { $app }，用您的地址和密码登录。

register-title = 在 { $site } 创建账号
register-username = 用户名
register-username-hint = 可用字母、数字和 . _ -，不能有空格。您的地址将是 name@{ $host }。
register-password = 密码
register-password-hint = { $count ->
   *[other] 至少 { $count } 个字符。
}几个词连在一起，好记又难猜。
register-show = 显示
register-hide = 隐藏
register-generate = 建议一个密码
register-generated = 继续之前请先记下或保存此密码；它不会再次显示。
register-button = 创建账号
register-terms = 创建账号即表示您接受[服务条款]。
error-summary = 还有内容需要修改
error-username-empty = 请选择用户名。
error-username-invalid = 这不能用作用户名：请使用 a 到 z 之类的字母、数字和 . _ -，不要有空格。
error-username-address = 只需输入 @ 之前的部分；其余部分是固定的。
error-username-reserved = 此名称已保留。请另选一个。
error-username-taken = 此名称已有人使用。请另选一个。
error-username-other = 此邀请是给另一个名称的。
error-username-long = 此名称太长。请选择短一些的名称。
error-username-bound = 此名称已无法使用，而此邀请不适用于其他名称。请向邀请您的人索取新的邀请。
error-username-bound-by = 此名称已无法使用，而此邀请不适用于其他名称。请向 { $inviter } 索取新的邀请。
error-username-proposal = { $name } 怎么样？
error-password-empty = 请选择密码。
error-password-short = { $count ->
   *[other] 密码至少需要 { $count } 个字符。
}
error-password-long = 密码最多 { $count } 个字符。
error-password-weak = 此密码太容易被猜到。请使用更多或更少见的词。
error-password-refused = 服务器不接受此密码。请另选一个。
error-form = 表单打开的时间过长，或您的浏览器没有发送 Cookie。请再次提交。
error-away = 目前无法连接服务器。您的邀请不会丢失；请过几分钟再试。
error-not-allowed = 服务器不允许此账号。请另选一个名称，或寻求帮助。
closed-title = 此处不能创建账号
closed-text = 请在应用中打开邀请。
closed-nowhere = 请询问邀请您的人如何获得账号。
closed-reset-title = 此处不能设置密码
closed-reset-text = 无法在此页面设置密码。请询问给您此链接的人该怎么做。

done-title = 您的账号已就绪
done-address = 您的地址
done-login = 用 { $app } 登录
done-apps = 现在请选择应用，并用您的地址和密码登录。
done-webchat = 在浏览器中聊天
done-keep = 请妥善保管密码；它不会再次显示。

manage-title = 邀请
manage-sign-in = 登录
manage-sign-out = 退出登录
manage-signed-in = 已登录：{ $who }
manage-address = 您的地址
manage-address-hint = 使用 { $hosts } 上的账号。
manage-key-title = 使用 API 密钥
manage-key = API 密钥
manage-key-hint = 完整的密钥，与您收到的一致。
manage-refused = 不正确。请检查您输入的内容。
manage-wait = 错误的尝试过多。请稍后再试。
manage-away = 目前无法连接服务器。请过几分钟再试。
manage-new = 新邀请
manage-create = 创建邀请
manage-kind = 用途
manage-kind-account = 一个账号
manage-kind-contact = 一个账号和一位联系人
manage-kind-reset = 新密码
manage-host = 服务器
manage-name-hint = 此邀请仅供此用户名使用。留空则由对方自选；设置新密码时必须填写。
manage-contact = 联系人
manage-contact-hint = { $host } 上某人的地址，此人将成为新账号的联系人。
manage-uses = 可供多少人使用
manage-uses-hint = 一个整数，最多 { $most }。
manage-ttl = 有效时长
manage-ttl-hint = 例如 12h 表示小时，7d 表示天，最长 { $most }。
manage-groups = 群组
manage-groups-hint = 用逗号分隔；新账号会加入这些群组。
manage-mail = 通过邮件发送至
manage-mail-hint = 如需邮寄链接，请填写一个邮箱地址；否则留空。
manage-note = 备注
manage-note-hint = 供管理邀请的人查看；受邀者看不到。
manage-error-text = 内容过长，或含有此处不能使用的字符。
manage-error-nobody = 没有使用该名称的账号。
manage-error-mail = 请填写一个邮箱地址，例如 juliet@example.com。
manage-error-mails = 目前发往此地址的邮件已达上限。请自行转交链接。
manage-error-limit = 您目前的邀请数量已达上限。请稍后再试。
manage-error-scope = 您没有此权限：{ $scopes }。
manage-status = 状态
manage-all = 全部
manage-pending = 未使用
manage-redeemed = 已使用
manage-expired = 已过期
manage-revoked = 已撤回
manage-filter = 显示
manage-none = 没有这样的邀请。
manage-newest = 最新的邀请
manage-older = 更早的邀请
manage-until = 有效期至
manage-by = 创建者
manage-used-by = 使用者
manage-tree = 谁邀请了谁
manage-tree-none = 还没有人受邀。
manage-tree-more = 更多账号
manage-invited-by = 邀请人
manage-link = 请将此链接转发给对方：
manage-card = 可打印的卡片
manage-revoke = 撤回邀请
manage-restore = 恢复有效
manage-extend = 延长

reset-title = 设置新密码
reset-address = 账号：
reset-password = 新密码
reset-button = 设置密码
reset-done-title = 新密码已设置
reset-done-text = 请在您的所有应用中用新密码登录。

problem-not-found = 这里什么也没有
problem-not-found-text = 请检查地址。
problem-too-many = 请求过多
problem-too-many-text = 请等待一分钟后再试。
problem-too-large = 数据过多
problem-too-large-text = 表单超出了允许的大小。
problem-later = 请稍后再试
problem-later-text = 目前无法使用；没有任何更改。
problem-unsure-text = 没有及时收到响应，但操作可能已经成功。请过几分钟再次打开您的链接。
problem-other = 未能成功
problem-other-text = 您的浏览器发送了我们无法理解的内容。
problem-internal = 这里出了问题
problem-internal-text = 这不是您的错。请稍后再试。
problem-request = 请求 { $id }

app-conversations = 简单易用，支持通话和加密聊天。
app-cheogram = Conversations 的衍生应用，还能接通电话网络。
app-monocles = Conversations 的衍生应用，设置丰富。
app-monal = 适用于 Apple 设备的聊天应用，支持加密聊天。
app-siskin = 适用于 iPhone 和 iPad 的轻量应用。
app-beagle = 适用于 Mac 的轻量应用。
app-dino = 现代、简洁的桌面应用。
app-gajim = 功能丰富的桌面应用。
app-kaidan = 来自 KDE 社区的友好应用。
app-psi = 一切皆可调整的桌面应用。
app-psi-plus = 拥有最新功能的 Psi。
app-profanity = 在终端中聊天，只用键盘。
app-movim = 浏览器中的聊天和社交网络。
app-converse = 在浏览器中聊天，无需安装。

how-play = 从 Google Play 安装的 { $app } 会自动打开邀请。从其他途径安装的，请返回此处打开邀请。
how-name = 您的用户名：它将成为您地址的第一部分。
how-password = 密码：请设置较长的密码并妥善保管。
how-picture = 您的头像：可以跳过。
how-notifications = 通知：请允许，否则您会晚些才看到消息。
how-app-store = App Store 不会传递邀请：请返回此处，在 { $app } 中打开邀请。
how-log-in = 首次启动时，请选择登录，而不是创建账号。
how-terminal = 在 { $app } 中输入 /connect 和您的地址，然后输入密码。
how-site = 选择一个提供 { $app } 的网站，用您的地址在那里登录。
how-open = 无需安装：在浏览器中用您的地址登录即可。
