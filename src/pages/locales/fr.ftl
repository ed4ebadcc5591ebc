language-label = Langue
footer-contact = Demander de l’aide
footer-terms = Conditions d’utilisation
footer-privacy = Confidentialité
back = Retour à l’invitation
about-chat = Discutez avec des personnes d’ici et d’autres serveurs, dans l’application de votre choix et sans numéro de téléphone.

month = { $month ->
    [1] janvier
    [2] février
    [3] mars
    [4] avril
    [5] mai
    [6] juin
    [7] juillet
    [8] août
    [9] septembre
    [10] octobre
    [11] novembre
   *[12] décembre
}
moment = { $day ->
    [1] 1er
   *[other] { $day }
} { month } { $year } à { $hour }:{ $minute } UTC

landing-title = Vous êtes invité·e à discuter sur { $site }
landing-title-by = { $inviter } vous invite à discuter sur { $site }
landing-title-contact = Vous êtes invité·e à discuter avec { $inviter }
landing-title-reset = Un nouveau mot de passe pour { $site }
landing-preview = Ouvrez cette invitation pour obtenir un compte sur { $site }.
landing-preview-reset = Ouvrez ce lien pour choisir un nouveau mot de passe.
landing-username = Votre adresse sera
until-days = L’invitation est valable encore { $count ->
    [one] un jour
   *[other] { $count } jours
}, jusqu’au { $moment }.
until-hours = L’invitation est valable encore { $count ->
    [0] moins d’une heure
    [one] une heure
   *[other] { $count } heures
}, jusqu’au { $moment }.
uses-left = { $count ->
    [one] Elle vaut encore pour une personne.
   *[other] Elle vaut encore pour { $count } personnes.
}
have-title = J’ai déjà un compte
have-text = Ajoutez { $contact } à vos contacts dans l’application que vous utilisez.
have-button = Ajouter le contact
new-title = Je n’ai pas encore de compte
web-button = Créer un compte dans le navigateur
web-text = Sans application pour l’instant : choisissez un nom et un mot de passe, puis une application.
web-text-chat = Sans application : choisissez un nom et un mot de passe, et discutez dans le navigateur.
web-away = Il n’est pas possible de créer un compte sur cette page en ce moment. Réessayez dans quelques minutes.
uri-button = J’ai déjà une application XMPP
way-open = Ouvrez l’invitation dans l’application : elle crée votre compte.
more-title = Autres applications et appareils
apps-device = Applications pour { $platform }
apps-choose = Choisissez une application
apps-other = Applications pour d’autres appareils
apps-web = navigateur web
list-separator = { ", " }
phone-title = Continuer sur votre téléphone
phone-text = Scannez ce code avec l’appareil photo de l’autre appareil.
phone-alt = Code QR de cette invitation
paper-text = Scannez ce code avec l’appareil photo de votre téléphone.
code-title = Sur un autre appareil
code-text = Saisissez ce code sur { $address } :
copy-button = Copier
copy-done = Copié

mail-button = Ouvrir l’invitation
mail-button-reset = Choisir un nouveau mot de passe
mail-until = Le lien est valable jusqu’au { $moment }.
mail-help = Des questions ? Écrivez ici : { $contact }
mail-why = Vous recevez ce message parce que quelqu’un a indiqué votre adresse sur { $site }. S’il ne vous est pas destiné, vous pouvez l’ignorer.

news-joined = { $address } a créé un compte avec votre invitation.
news-joined-more = { $address } et { $count ->
    [one] une autre personne
   *[other] { $count } autres personnes
} ont créé un compte avec vos invitations.
news-expiring = Votre invitation (créée : { $created }) n’est plus valable que jusqu’au { $moment }.
news-expiring-more = { $count ->
    [one] Une de vos invitations expire bientôt : { $moment }.
   *[other] { $count } de vos invitations expirent bientôt, la première : { $moment }.
}

gone-unknown-title = Cette invitation est inconnue
gone-unknown-text = Le lien a peut-être été coupé, ou l’invitation a expiré depuis longtemps.
gone-redeemed-title = Cette invitation a été utilisée
gone-redeemed-text = Chaque invitation ne sert qu’un certain nombre de fois. Si c’était vous, ouvrez votre application et connectez-vous.
gone-expired-title = Cette invitation a expiré
gone-expired-text = Les invitations sont valables pour un temps limité.
gone-revoked-title = Cette invitation a été retirée
gone-revoked-text = Elle n’est plus valable.
gone-over-title = Cette invitation n’est plus valable
gone-over-text = Le service auquel elle mène n’est plus ici.
gone-ask = Demandez un nouveau lien à la personne qui vous l’a donné.
gone-enter = Saisir un autre code

enter-title = Saisissez votre code d’invitation
enter-label = Code d’invitation
enter-hint = Majuscules, minuscules et espaces n’ont pas d’importance. Vous pouvez aussi coller le lien entier.
enter-button = Continuer
enter-error-unknown = Aucune invitation n’a ce code. Comparez-le caractère par caractère.
enter-error-empty = Saisissez le code de votre invitation.
enter-error-wait = Trop de codes erronés. Attendez une minute.

setup-title = Commencer avec { $app }
setup-get = Obtenir { $app }
setup-get-text = Installez l’application sur votre appareil, puis revenez à cette page.
setup-get-web = Elle fonctionne dans le navigateur. Ouvrez-la à côté de cette page.
setup-site = Site de { $app }
setup-elsewhere = Ailleurs :
setup-open = Ouvrir l’invitation
setup-open-text = Une fois l’application { $app } installée, ouvrez-y l’invitation. Elle vous guide ensuite.
setup-open-button = Ouvrir dans { $app }
setup-magic-button = Obtenir { $app } avec l’invitation
setup-asks = { $app } demande ensuite, dans l’ordre :
setup-account = Créer votre compte
setup-account-text = { $app } demande un compte existant. Créez-le ici, puis connectez-vous dans l’application.
setup-account-none = { $app } demande un compte existant. Créez-le d’abord avec une autre application, puis connectez-vous avec celle-ci.
setup-login = Se connecter
setup-login-text = Ouvrez { $app } et connectez-vous avec votre adresse et votre mot de passe.

register-title = Créez votre compte sur { $site }
register-username = Nom d’utilisateur
register-username-hint = Lettres, chiffres et . _ - sans espaces. Votre adresse sera nom@{ $host }.
register-password = Mot de passe
register-password-hint = { $count ->
    [one] Au moins un caractère.
   *[other] Au moins { $count } caractères.
} Quelques mots à la suite sont faciles à retenir et difficiles à deviner.
register-show = Afficher
register-hide = Masquer
register-generate = Proposer un mot de passe
register-generated = Notez ou enregistrez ce mot de passe avant de continuer : il ne sera plus affiché.
register-button = Créer le compte
register-terms = En créant un compte, vous acceptez les [conditions d’utilisation].
error-summary = Quelque chose ne va pas encore
error-username-empty = Choisissez un nom d’utilisateur.
error-username-invalid = Ce ne peut pas être un nom d’utilisateur : utilisez des lettres comme a à z, des chiffres et . _ - sans espaces.
error-username-address = Saisissez seulement ce qui précède le @ ; le reste est fixé.
error-username-reserved = Ce nom est réservé. Choisissez-en un autre.
error-username-taken = Ce nom est déjà pris. Choisissez-en un autre.
error-username-other = Cette invitation est pour un autre nom.
error-username-long = Ce nom est trop long. Choisissez-en un plus court.
error-username-bound = Ce nom n’est plus disponible, et l’invitation n’est valable pour aucun autre. Demandez une nouvelle invitation à la personne qui vous a invité·e.
error-username-bound-by = Ce nom n’est plus disponible, et l’invitation n’est valable pour aucun autre. Demandez une nouvelle invitation à { $inviter }.
error-username-proposal = Que diriez-vous de { $name } ?
error-password-empty = Choisissez un mot de passe.
error-password-short = { $count ->
    [one] Il faut au moins un caractère.
   *[other] Il faut au moins { $count } caractères.
}
error-password-long = Un mot de passe peut avoir au plus { $count } caractères.
error-password-weak = Ce mot de passe est trop facile à deviner. Utilisez plus de mots, ou des mots plus rares.
error-password-refused = Le serveur n’accepte pas ce mot de passe. Choisissez-en un autre.
error-form = Le formulaire est resté ouvert trop longtemps, ou votre navigateur n’envoie pas de cookies. Envoyez-le encore une fois.
error-away = Le serveur est injoignable en ce moment. Votre invitation n’est pas perdue ; réessayez dans quelques minutes.
error-not-allowed = Le serveur n’autorise pas ce compte. Choisissez un autre nom ou demandez de l’aide.
closed-title = La création de compte n’est pas possible ici
closed-text = Ouvrez l’invitation dans une application.
closed-nowhere = Demandez à la personne qui vous a invité·e comment en obtenir un.
closed-reset-title = Le mot de passe ne se définit pas ici
closed-reset-text = Le mot de passe ne peut pas être défini sur cette page. Demandez à la personne qui vous a donné ce lien comment continuer.

done-title = Votre compte est prêt
done-address = Votre adresse
done-login = Se connecter avec { $app }
done-apps = Choisissez maintenant une application et connectez-vous avec votre adresse et votre mot de passe.
done-webchat = Discuter dans le navigateur
done-keep = Conservez bien votre mot de passe ; il ne sera plus affiché.

manage-title = Invitations
manage-sign-in = Se connecter
manage-sign-out = Se déconnecter
manage-signed-in = Session ouverte : { $who }
manage-address = Votre adresse
manage-address-hint = Avec un compte sur { $hosts }.
manage-key-title = Avec une clé d’API
manage-key = Clé d’API
manage-key-hint = La clé entière, telle qu’elle vous a été donnée.
manage-refused = Ce n’est pas correct. Vérifiez ce que vous avez saisi.
manage-wait = Trop d’essais erronés. Réessayez plus tard.
manage-away = Le serveur est injoignable en ce moment. Réessayez dans quelques minutes.
manage-new = Nouvelle invitation
manage-create = Créer l’invitation
manage-kind = À quoi elle sert
manage-kind-account = Un compte
manage-kind-contact = Un compte et un contact
manage-kind-reset = Un nouveau mot de passe
manage-host = Serveur
manage-name-hint = L’invitation ne vaut que pour ce nom. Laissez le champ vide pour que la personne le choisisse ; il est nécessaire pour un nouveau mot de passe.
manage-contact = Contact
manage-contact-hint = L’adresse d’une personne de { $host }, qui devient un contact du nouveau compte.
manage-uses = Nombre de personnes qui peuvent l’utiliser
manage-uses-hint = Un nombre entier, au plus { $most }.
manage-ttl = Durée de validité
manage-ttl-hint = Par exemple 12h pour des heures ou 7d pour des jours, au plus { $most }.
manage-groups = Groupes
manage-groups-hint = Séparés par des virgules ; le nouveau compte y est ajouté.
manage-mail = Envoyer par e-mail à
manage-mail-hint = Une adresse e-mail si le lien doit être envoyé ; sinon, laissez vide.
manage-note = Note
manage-note-hint = Pour les personnes qui gèrent les invitations ; la personne invitée ne la voit pas.
manage-error-text = C’est trop long, ou il y a des caractères qui ne conviennent pas ici.
manage-error-nobody = Aucun compte ne porte ce nom.
manage-error-mail = Saisissez une seule adresse e-mail, par exemple juliet@example.com.
manage-error-mails = Cette adresse a déjà reçu autant d’e-mails que permis pour l’instant. Transmettez le lien vous-même.
manage-error-limit = Vous avez pour l’instant autant d’invitations que permis. Réessayez plus tard.
manage-error-scope = Vous n’y êtes pas autorisé·e : { $scopes }.
manage-status = État
manage-all = Toutes
manage-pending = Ouverte
manage-redeemed = Utilisée
manage-expired = Expirée
manage-revoked = Retirée
manage-filter = Afficher
manage-none = Il n’y a pas de telles invitations.
manage-newest = Invitations les plus récentes
manage-older = Invitations plus anciennes
manage-until = Valable jusqu’au
manage-by = Créée par
manage-used-by = Utilisée par
manage-tree = Qui a invité qui
manage-tree-none = Personne n’a encore été invité.
manage-tree-more = Plus de comptes
manage-invited-by = Invité par
manage-link = Transmettez ce lien :
manage-card = Carte à imprimer
manage-revoke = Retirer l’invitation
manage-restore = La rendre de nouveau valable
manage-extend = Prolonger

reset-title = Choisissez un nouveau mot de passe
reset-address = Pour le compte
reset-password = Nouveau mot de passe
reset-button = Définir le mot de passe
reset-done-title = Votre nouveau mot de passe est défini
reset-done-text = Utilisez-le pour vous connecter dans toutes vos applications.

problem-not-found = Il n’y a rien ici
problem-not-found-text = Vérifiez l’adresse.
problem-too-many = Trop de requêtes
problem-too-many-text = Attendez une minute et réessayez.
problem-too-large = C’est trop volumineux
problem-too-large-text = Le formulaire est plus grand que ce que nous acceptons.
problem-later = Réessayez plus tard
problem-later-text = Cela ne marche pas en ce moment ; rien n’a changé.
problem-unsure-text = Aucune réponse n’est arrivée à temps ; cela a peut-être marché quand même. Rouvrez votre lien dans quelques minutes.
problem-other = Cela n’a pas marché
problem-other-text = Votre navigateur a envoyé quelque chose que nous ne comprenons pas.
problem-internal = Quelque chose s’est mal passé ici
problem-internal-text = Ce n’est pas votre faute. Réessayez plus tard.
problem-request = Requête { $id }

app-conversations = Une application simple, avec appels et discussions chiffrées.
app-cheogram = Une cousine de Conversations qui joint aussi le réseau téléphonique.
app-monocles = Une cousine de Conversations avec de nombreux réglages.
app-monal = Une messagerie pour les appareils Apple, avec discussions chiffrées.
app-siskin = Une application légère pour iPhone et iPad.
app-beagle = Une application légère pour Mac.
app-dino = Une application moderne et claire pour ordinateur.
app-gajim = Une application très complète pour ordinateur.
app-kaidan = Une application conviviale de la communauté KDE.
app-psi = Une application pour ordinateur où tout se règle.
app-psi-plus = Psi avec ses fonctions les plus récentes.
app-profanity = Discuter dans le terminal, au clavier.
app-movim = Discussions et réseau social dans le navigateur.
app-converse = Discuter dans le navigateur, sans rien installer.

how-play = Installée depuis Google Play, { $app } ouvre l’invitation d’elle-même. Sinon, revenez ici et ouvrez-la.
how-name = Votre nom : il devient la première partie de votre adresse.
how-password = Un mot de passe : choisissez-en un long et conservez-le bien.
how-picture = Une photo de vous : vous pouvez passer cette étape.
how-notifications = Les notifications : autorisez-les, sinon vous verrez les messages en retard.
how-app-store = L’App Store ne transmet pas l’invitation : revenez ici et ouvrez-la dans { $app }.
how-log-in = Au premier démarrage, choisissez de vous connecter, et non de créer un compte.
how-terminal = Dans { $app }, saisissez /connect et votre adresse, puis votre mot de passe.
how-site = Choisissez un site qui propose { $app } et connectez-vous-y avec votre adresse.
how-open = Rien à installer : connectez-vous dans le navigateur avec votre adresse.
