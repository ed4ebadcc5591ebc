# The texts of the pages. tests in src/pages/language.rs hold all languages to the messages and variables of this one.
language-label = Language
footer-contact = Ask for help
footer-terms = Terms of service
footer-privacy = Privacy
back = Back to the invite
about-chat = Chat with people here and on other servers, in an app of your choice and without a phone number.

# A date, in the form that it has in a sentence. What is between { } is put in by the program; see docs/languages.md.
month = { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
}
moment = { $day } { month } { $year }, { $hour }:{ $minute } UTC

# The page that a link opens. $site is what the site calls itself, $inviter an address or a name, $contact an address.
landing-title = You are invited to chat on { $site }
landing-title-by = { $inviter } invites you to chat on { $site }
landing-title-contact = You are invited to chat with { $inviter }
landing-title-reset = A new password for { $site }
landing-preview = Open this invite to get an account on { $site }.
landing-preview-reset = Open this link to choose a new password.
landing-username = Your address will be
until-days = The invite is good for { $count ->
    [one] one more day
   *[other] { $count } more days
}, until { $moment }.
until-hours = The invite is good for { $count ->
    [0] less than an hour
    [one] one more hour
   *[other] { $count } more hours
}, until { $moment }.
uses-left = { $count ->
    [one] It works for one more person.
   *[other] It works for { $count } more people.
}
have-title = I have an account
have-text = Add { $contact } to your contacts in the app that you use.
have-button = Add the contact
new-title = I am new here
web-button = Create an account in the browser
web-text = No app needed yet: choose a name and a password, and pick an app afterwards.
web-text-chat = No app needed: choose a name and a password, and chat in the browser.
web-away = Accounts cannot be created on this page right now. Please try again in a few minutes.
uri-button = I have an app for XMPP
way-open = Open the invite in the app: it creates your account.
more-title = Other apps and devices
apps-device = Apps for { $platform }
apps-choose = Choose an app
apps-other = Apps for other devices
apps-web = web browser
list-separator = { ", " }
phone-title = Continue on your phone
phone-text = Scan this code with the camera of the other device.
phone-alt = QR code of this invite
paper-text = Scan this code with the camera of your phone.
code-title = On another device
code-text = Enter this code at { $address }:
copy-button = Copy
copy-done = Copied

# An invite by mail. The subject is the title of its page; $contact is a mail address or a link.
mail-button = Open the invite
mail-button-reset = Choose a new password
mail-until = The link works until { $moment }.
mail-help = Questions? Ask here: { $contact }
mail-why = You get this message because somebody entered your address on { $site }. If it is not meant for you, you can ignore it.

# Messages to a user about invites that they had created. $address is the new account, $created and $moment are points in time.
news-joined = { $address } has joined with your invite.
news-joined-more = { $address } and { $count ->
    [one] one more person
   *[other] { $count } more people
} have joined with your invites.
news-expiring = Your invite (created: { $created }) works only until { $moment }.
news-expiring-more = { $count ->
    [one] One of your invites expires soon: { $moment }.
   *[other] { $count } of your invites expire soon, the first: { $moment }.
}

# The page of a link that opens nothing any more: its title, and the sentence below.
gone-unknown-title = This invite is not known
gone-unknown-text = Maybe the link was cut off on its way, or the invite ended long ago.
gone-redeemed-title = This invite has been used
gone-redeemed-text = Each invite works only so many times. If it was you who used it, open your app and log in.
gone-expired-title = This invite has expired
gone-expired-text = Invites work for a limited time.
gone-revoked-title = This invite was taken back
gone-revoked-text = It does not work any more.
gone-over-title = This invite no longer works
gone-over-text = The service that it leads to is no longer here.
gone-ask = Ask whoever gave you this link for a new one.
gone-enter = Enter another code

# The page on which a code is typed.
enter-title = Enter your invite code
enter-label = Invite code
enter-hint = Capital and small letters are the same here, and blanks do not matter. You can also paste the whole link.
enter-button = Continue
enter-error-unknown = There is no invite with this code. Please compare it letter by letter.
enter-error-empty = Please enter the code of your invite.
enter-error-wait = Those were too many wrong codes. Please wait a minute.

# The page about one app. $app is its name; to get it is to install it.
setup-title = Get started with { $app }
setup-get = Get { $app }
setup-get-text = Install the app on your device and come back to this page.
setup-get-web = It runs in your browser. Open it beside this page.
setup-site = Website of { $app }
setup-elsewhere = Elsewhere:
setup-open = Open the invite
setup-open-text = When { $app } is installed, open the invite in it. The app guides you from there.
setup-open-button = Open in { $app }
setup-magic-button = Get { $app } with the invite
setup-asks = { $app } then asks, one after the other:
setup-account = Create your account
setup-account-text = { $app } needs an existing account. Create it here, then log in with the app.
setup-account-none = { $app } needs an existing account. Create one with another app first, then log in with this one.
setup-login = Log in
setup-login-text = Open { $app } and log in with your address and your password.

# The form for an account. An address is username@host, as of mail; what is wrong stands beside the field.
register-title = Create your account on { $site }
register-username = User name
register-username-hint = Letters, digits and . _ - without blanks. Your address will be name@{ $host }.
register-password = Password
register-password-hint = { $count ->
    [one] At least one character.
   *[other] At least { $count } characters.
} A few words in a row are easy to remember and hard to guess.
register-show = Show
register-hide = Hide
register-generate = Suggest a password
register-generated = Write this password down or save it before you go on: it is not shown again.
register-button = Create account
register-terms = By creating an account you accept the [terms of service].
error-summary = Something is not right yet
error-username-empty = Please choose a user name.
error-username-invalid = That cannot be a user name: use letters such as a to z, digits and . _ - without blanks.
error-username-address = Enter only what comes before the @; the rest is fixed.
error-username-reserved = This name is reserved. Please choose another one.
error-username-taken = Somebody has this name already. Please choose another one.
error-username-other = This invite is for another name.
error-username-long = This name is too long. Please choose a shorter one.
error-username-bound = This name cannot be had any more, and the invite is for no other one. Please ask whoever invited you for a new invite.
error-username-bound-by = This name cannot be had any more, and the invite is for no other one. Please ask { $inviter } for a new invite.
error-username-proposal = How about { $name }?
error-password-empty = Please choose a password.
error-password-short = { $count ->
    [one] The password needs at least one character.
   *[other] The password needs at least { $count } characters.
}
error-password-long = A password can have at most { $count } characters.
error-password-weak = This password is too easy to guess. Please use more words, or rarer ones.
error-password-refused = The server does not accept this password. Please choose another one.
error-form = The form was open for too long, or your browser sends no cookies. Please send it again.
error-away = The server cannot be reached right now. Your invite is not lost; please try again in a few minutes.
error-not-allowed = The server does not allow this account. Please choose another name, or ask for help.
closed-title = Accounts are not created here
closed-text = Please open the invite in an app.
closed-nowhere = Ask whoever invited you how to get one.
closed-reset-title = Passwords are not set here
closed-reset-text = The password cannot be set on this page. Ask whoever gave you this link how to go on.

# The page after the form.
done-title = Your account is ready
done-address = Your address
done-login = Log in with { $app }
done-apps = Now choose an app and log in with your address and your password.
done-webchat = Chat in the browser
done-keep = Keep your password well; it is not shown again.

# The form for a new password. The account's address follows reset-address.
reset-title = Choose a new password
reset-address = For the account
reset-password = New password
reset-button = Set the password
reset-done-title = Your new password is set
reset-done-text = Log in with it in all your apps.

# The pages on which people who are no admins of the machine manage invites. A key is a long secret that an admin gave them; $most is
# a number, or a length of time such as 7d, and $scopes are words of the API.
manage-title = Invites
manage-sign-in = Sign in
manage-sign-out = Sign out
manage-signed-in = Signed in: { $who }
manage-address = Your address
manage-address-hint = With an account at { $hosts }.
manage-key-title = With an API key
manage-key = API key
manage-key-hint = The whole key, as you were given it.
manage-refused = That is not right. Please check what you typed.
manage-wait = Those were too many wrong tries. Please try again later.
manage-away = The server cannot be reached right now. Please try again in a few minutes.
manage-new = New invite
manage-create = Create the invite
manage-kind = What it is for
manage-kind-account = An account
manage-kind-contact = An account and a contact
manage-kind-reset = A new password
manage-host = Server
manage-name-hint = The invite is for this name alone. Leave it empty to let them choose; for a new password it is needed.
manage-contact = Contact
manage-contact-hint = The address of somebody at { $host }, who becomes a contact of the new account.
manage-uses = How many people can use it
manage-uses-hint = A whole number, at most { $most }.
manage-ttl = How long it is valid
manage-ttl-hint = Such as 12h for hours or 7d for days, at most { $most }.
manage-groups = Groups
manage-groups-hint = Separated by commas; the new account is put into them.
manage-mail = Send it by mail to
manage-mail-hint = A mail address, if the link is to be mailed; otherwise leave it empty.
manage-note = Note
manage-note-hint = For those who manage invites; whoever is invited does not see it.
manage-error-text = This is too long, or has characters that cannot be used here.
manage-error-nobody = There is no account of that name.
manage-error-mail = Enter one mail address, such as juliet@example.com.
manage-error-mails = This address has been sent as many mails as may be for now. Please pass the link on yourself.
manage-error-limit = You have as many invites as you may have for now. Please try again later.
manage-error-scope = This is not given to you: { $scopes }.
manage-status = State
manage-all = All
manage-pending = Open
manage-redeemed = Used
manage-expired = Expired
manage-revoked = Taken back
manage-filter = Show
manage-none = There are no such invites.
manage-newest = Newest invites
manage-older = Older invites
manage-until = Valid until
manage-by = Created by
manage-used-by = Used by
manage-tree = Who invited whom
manage-tree-none = Nobody was invited yet.
manage-tree-more = More accounts
manage-invited-by = Invited by
manage-link = Pass this link on:
manage-card = Card to print
manage-revoke = Take the invite back
manage-restore = Make it valid again
manage-extend = Extend

# What went wrong, in a title and a sentence.
problem-not-found = There is nothing here
problem-not-found-text = Please check the address.
problem-too-many = Too many requests
problem-too-many-text = Please wait a minute and try again.
problem-too-large = Too much data
problem-too-large-text = The form is larger than we accept.
problem-later = Try again later
problem-later-text = This does not work at the moment; nothing has changed.
problem-unsure-text = No answer came in time, so it may have worked all the same. Please open your link again in a few minutes.
problem-other = This did not work
problem-other-text = Your browser sent something that we do not understand.
problem-internal = Something went wrong here
problem-internal-text = It is not your fault. Please try again later.
problem-request = Request { $id }

# What an app is, in half a line.
app-conversations = An easy app with calls and encrypted chats.
app-cheogram = A relative of Conversations that also reaches the telephone network.
app-monocles = A relative of Conversations with many settings.
app-monal = A chat app for Apple’s devices, with encrypted chats.
app-siskin = A light app for iPhone and iPad.
app-beagle = A light app for the Mac.
app-dino = A modern, tidy app for the desktop.
app-gajim = A desktop app with many features.
app-kaidan = A friendly app from the KDE community.
app-psi = A desktop app in which everything can be adjusted.
app-psi-plus = Psi with its newest features.
app-profanity = Chats in the terminal, by keyboard alone.
app-movim = Chats and a social network in the browser.
app-converse = Chats in the browser, without installing anything.

# How to go on once the app is there.
how-play = From Google Play, { $app } opens the invite by itself. From elsewhere, come back here and open it.
how-name = Your name: it becomes the first part of your address.
how-password = A password: choose a long one, and keep it well.
how-picture = A picture of you: you can skip that.
how-notifications = Notifications: allow them, or you see messages late.
how-app-store = The App Store does not pass the invite on: come back here, and open it in { $app }.
how-log-in = At the first start, choose to log in, not to create an account.
how-terminal = In { $app }, type /connect and your address, then your password.
how-site = Choose a site that offers { $app }, and log in there with your address.
how-open = There is nothing to install: log in with your address in the browser.
